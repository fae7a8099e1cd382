//! Connections that have sent no data: just the sequence numbers of their SYNs and FINs are kept.
//!
//! So a SYN flood costs little, and a connection is followed from its first byte. Anyone can send a SYN, and a server
//! that kept no note of the first (SYN cookies, SYN proxies) answers the second with another number. So the first one
//! is kept besides the latest, until the other side's numbers choose.

use super::sequence::{FAR, after};
use crate::aged::Aged;
use crate::context::Context;
use crate::key::Key;

/// The SYN of one direction (RFC 9293 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Handshake {
    pub(crate) time: f64,
    /// Initial sequence number.
    pub(crate) seq: u32,
    /// Acknowledgment number: the peer's initial sequence number plus one. None if there is none (the client's SYN).
    pub(crate) ack: Option<u32>,
    /// Sequence number of the FIN captured before any data of the connection.
    pub(crate) fin: Option<u32>,
    /// Bits by which the sender shifts its later windows (RFC 7323 section 2).
    pub(crate) scale: Option<u8>,
}

impl Handshake {
    /// Return whether the first byte after this SYN has this number.
    pub(crate) fn starts(&self, number: u32) -> bool {
        self.seq.wrapping_add(1) == number
    }

    /// Return whether the first byte after this SYN has this number; a number that is unknown starts nothing.
    fn starts_known(&self, number: Option<u32>) -> bool {
        number.is_some_and(|number| self.starts(number))
    }

    /// Return whether a byte with this number may soon follow this SYN, or take its number (generated captures).
    fn leads_to(&self, number: u32) -> bool {
        (0..FAR).contains(&after(number, self.seq))
    }
}

/// The SYNs of one direction with different numbers, of which at most one is genuine: the latest, and the first.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    latest: Handshake,
    first: Option<Box<Handshake>>,
}

impl Noted {
    fn iter(&self) -> impl Iterator<Item = &Handshake> {
        std::iter::once(&self.latest).chain(self.first.as_deref())
    }
}

/// Return the SYNs of one direction, the latest first.
pub(crate) fn each(noted: Option<&Noted>) -> impl Iterator<Item = &Handshake> {
    noted.into_iter().flat_map(Noted::iter)
}

/// SYNs by packet key, oldest first. Their number and their time are limited.
#[derive(Debug)]
pub(crate) struct Handshakes {
    noted: Aged<Key, Noted>,
}

impl Handshakes {
    pub(crate) fn new() -> Self {
        Self { noted: Aged::new() }
    }

    /// Remember a SYN; return whether its number is new.
    pub(crate) fn note(&mut self, cx: &mut Context<'_>, key: Key, mut handshake: Handshake) -> bool {
        let known = self.noted.remove(&key);
        let same = each(known.as_ref()).find(|one| one.seq == handshake.seq).copied();
        if let Some(same) = same {
            handshake.fin = same.fin;
        }
        if self.noted.len() >= 2 * cx.limits.connections {
            self.noted.pop_front();
            cx.ledger.health.evicted += 1;
        }
        let first = each(known.as_ref()).filter(|one| one.seq != handshake.seq).last();
        let noted = Noted { latest: handshake, first: first.copied().map(Box::new) };
        self.noted.insert(key, noted);
        same.is_none()
    }

    /// Remember the sequence number of a FIN, if a SYN with this key is known.
    pub(crate) fn end(&mut self, key: Key, fin: u32) {
        if let Some(noted) = self.noted.get_mut(&key) {
            noted.latest.fin = Some(fin);
        }
    }

    /// Return the SYNs with this key.
    pub(crate) fn noted(&self, key: Key) -> Option<&Noted> {
        self.noted.get(&key)
    }

    /// Remove and return the SYNs with this key.
    pub(crate) fn take(&mut self, key: Key) -> Option<Noted> {
        self.noted.remove(&key)
    }

    /// Forget SYNs that no data followed in time.
    pub(crate) fn expire(&mut self, timeout: f64, now: f64) {
        while self.noted.pop_front_if(|_, noted| noted.latest.time + timeout <= now).is_some() {}
    }
}

/// Return the SYNs of both directions that agree with the first bytes of a connection.
///
/// Those bytes come from the `own` direction, with these sequence and acknowledgment numbers.
pub(crate) fn chosen(
    own: Option<&Noted>,
    other: Option<&Noted>,
    seq: u32,
    ack: Option<u32>,
) -> (Option<Handshake>, Option<Handshake>) {
    let mine = each(own).find(|one| one.starts(seq));
    let its = each(other).find(|one| one.starts_known(ack));
    let mine = mine.or_else(|| partner(own, its));
    let its = its.or_else(|| partner(other, mine));
    if mine.is_some() || its.is_some() {
        return (mine.copied(), its.copied());
    }
    let mine = each(own).find(|one| one.leads_to(seq));
    let its = each(other).find(|one| ack.is_none_or(|ack| one.leads_to(ack)));
    (mine.copied(), its.copied())
}

/// Return the SYN that another one answers, or that answers it.
fn partner<'a>(noted: Option<&'a Noted>, other: Option<&Handshake>) -> Option<&'a Handshake> {
    let other = other?;
    each(noted).find(|one| one.starts_known(other.ack) || other.starts_known(one.ack))
}
