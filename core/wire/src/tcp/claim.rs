//! The claim of a new connection to addresses and ports that are in use, until it is believed or contradicted.
//!
//! Anyone can send a SYN for a connection that is open. Its receiver answers with the numbers of the open connection
//! (RFC 5961 section 4), so both are kept until one side takes up the numbers of the other: the client those of a
//! SYN-ACK, or the server those of a SYN. If one direction is not captured, the other is enough. Data with numbers of
//! its own, whose SYN was perhaps missed, is kept in the same way until the other side uses its numbers, or the old ones
//! go on.

use std::collections::VecDeque;

use super::connection::Packet;
use super::handshakes::{Noted, each};
use super::held::COST;
use super::sequence::{ACK, FAR, after};
use super::stream::{Both, Direction, Stream};
use crate::health::Budget;
use crate::key::Key;

/// Maximum segments kept until the SYN before them is answered; servers acknowledge earlier than that.
const MOST_POSTPONED: usize = 16;

/// A segment that is kept.
#[derive(Debug)]
pub(crate) struct Postponed {
    pub(crate) key: Key,
    time: f64,
    seq: u32,
    ack: u32,
    flags: u8,
    payload: Vec<u8>,
    cut: usize,
}

impl Postponed {
    fn new(key: Key, packet: &Packet<'_>) -> Self {
        let Packet { time, seq, ack, flags, payload, cut, .. } = *packet;
        Self { key, time, seq, ack, flags, payload: payload.to_vec(), cut }
    }

    /// Return the segment as it was captured, without its header.
    pub(crate) fn packet(&self) -> Packet<'_> {
        let Self { time, seq, ack, flags, cut, .. } = *self;
        Packet { time, seq, ack, flags, head: &[], payload: &self.payload, cut }
    }

    /// Return its memory in bytes while it is kept.
    fn cost(&self) -> usize {
        self.payload.len() + COST
    }
}

/// The segments that follow an unanswered SYN, or one that was missed.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    postponed: VecDeque<Postponed>,
}

impl Claim {
    /// Keep a segment; return whether there was room for all.
    pub(crate) fn postpone(&mut self, budget: &mut Budget, key: Key, packet: &Packet<'_>) -> bool {
        let postponed = Postponed::new(key, packet);
        budget.used += postponed.cost();
        self.postponed.push_back(postponed);
        if self.postponed.len() <= MOST_POSTPONED && budget.used <= budget.limit {
            return true;
        }
        if let Some(oldest) = self.postponed.pop_front() {
            budget.used -= oldest.cost();
        }
        false
    }

    /// Return whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.postponed.is_empty()
    }

    /// Return whether another segment would displace the first.
    pub(crate) fn is_full(&self) -> bool {
        self.postponed.len() >= MOST_POSTPONED
    }

    /// Return all segments, which no longer count as kept.
    pub(crate) fn take(self, budget: &mut Budget) -> VecDeque<Postponed> {
        budget.used -= self.held();
        self.postponed
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.postponed.iter().map(Postponed::cost).sum()
    }

    /// Return whether a segment follows those that are kept in its direction, rather than its stream.
    pub(crate) fn goes_on(&self, view: &View<'_>, key: Key) -> bool {
        let acknowledged = |held: &Postponed| (held.flags & ACK != 0).then_some(held.ack);
        self.postponed.iter().any(|held| held.key == key && view.nearer(held.seq, acknowledged(held)))
    }

    /// Return whether a segment shows that both sides use the numbers of the new connection.
    ///
    /// `own` and `other` are the SYNs in the direction of the segment and in the other one.
    pub(crate) fn believed(&self, view: &View<'_>, key: Key, own: Option<&Noted>, other: Option<&Noted>) -> bool {
        let takes_up =
            each(other).any(|shake| shake.ack.is_some_and(|ack| view.nearer(ack, Some(shake.seq.wrapping_add(1)))));
        let answers = each(own).any(|shake| {
            shake.ack.is_some_and(|ack| {
                (view.alone || each(other).any(|one| one.starts(ack)))
                    && view.nearer(shake.seq.wrapping_add(1), Some(ack))
            })
        });
        let acknowledges = self
            .postponed
            .iter()
            .any(|held| held.key != key && held.flags & ACK != 0 && view.nearer(held.ack, Some(held.seq)));
        takes_up || answers || acknowledges
    }
}

/// A segment, and the streams of the open connection that it seems to belong to.
pub(crate) struct View<'a> {
    pub(crate) streams: &'a Both<Stream>,
    pub(crate) direction: Direction,
    pub(crate) packet: &'a Packet<'a>,
    /// Whether nothing was captured from the other side.
    pub(crate) alone: bool,
}

impl View<'_> {
    /// Return whether the segment follows a SYN in its own direction that no one has answered, rather than its stream.
    pub(crate) fn follows_call(&self, own: Option<&Noted>) -> bool {
        each(own).any(|shake| shake.ack.is_none() && self.nearer(shake.seq.wrapping_add(1), None))
    }

    /// Return whether the segment is nearer to these numbers than to the next ones of its stream.
    ///
    /// Numbers that are unknown on one side are compared on neither.
    fn nearer(&self, seq: u32, ack: Option<u32>) -> bool {
        let (mut here, mut there) = (0, 0);
        if let Some(next) = self.streams.of(self.direction).reached() {
            here += after(self.packet.seq, next).abs();
            there += after(self.packet.seq, seq).abs();
        }
        let acknowledged = (self.packet.flags & ACK != 0).then_some(self.packet.ack);
        if let (Some(next), Some(expected), Some(ack)) =
            (self.streams.of(self.direction.reversed()).reached(), ack, acknowledged)
        {
            here += after(ack, next).abs();
            there += after(ack, expected).abs();
        }
        there < here.min(FAR)
    }
}
