//! Connections that ended lately: their numbers tell stragglers from a new connection between the same ports.
//!
//! A segment whose bytes were seen before is a straggler: a copy from another capture point, or sent again. A segment
//! with other numbers starts a connection whose SYN was missed. A sender that did not get a RST sends its bytes again
//! for minutes, at growing intervals (RFC 6298 section 5.5), so connections that ended by RST are remembered for longer.

use crate::aged::Aged;
use crate::key::Key;
use crate::limits::Limits;
use crate::tcp::sequence::{FAR, after};
use crate::tcp::{Both, Direction, Stream};

/// How far one direction of a closed connection got.
#[derive(Clone, Copy, Debug)]
struct Reached {
    /// Initial sequence number; None if unknown.
    origin: Option<u32>,
    /// The sequence number after its last byte; None if nothing was seen.
    next: Option<u32>,
}

impl Reached {
    fn of(stream: &Stream) -> Self {
        Self { origin: stream.origin, next: stream.next }
    }

    /// Return whether a sequence number was in use.
    fn includes(self, seq: u32) -> bool {
        self.next.is_some_and(|next| {
            let sent = |origin: u32| seq.wrapping_sub(origin) <= next.wrapping_sub(origin);
            (1..=FAR).contains(&after(next, seq)) && self.origin.is_none_or(sent)
        })
    }
}

/// A connection that ended.
#[derive(Debug)]
struct Past {
    /// Capture time of its last packet.
    time: f64,
    /// Packet key of direction `Forth`.
    key: Key,
    reached: Both<Reached>,
}

impl Past {
    fn of(&self, key: Key) -> Reached {
        *self.reached.of(if key == self.key { Direction::Forth } else { Direction::Back })
    }
}

/// Closed connections by canonical key, oldest first. Their number and their time are limited.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    closed: Aged<Key, Past>,
    /// Those that ended by RST.
    reset: Aged<Key, Past>,
}

impl Closed {
    /// Remember a connection that ended, by a RST (`reset`) or otherwise; `key` is that of direction `Forth`.
    pub(crate) fn note(&mut self, key: Key, streams: &Both<Stream>, now: f64, reset: bool) {
        let reached = Both { forth: Reached::of(&streams.forth), back: Reached::of(&streams.back) };
        let table = if reset { &mut self.reset } else { &mut self.closed };
        table.insert(key.canonical().0, Past { time: now, key, reached });
    }

    /// Forget a connection, because a new one uses its ports.
    pub(crate) fn forget(&mut self, key: Key) {
        let (key, _) = key.canonical();
        self.closed.remove(&key);
        self.reset.remove(&key);
    }

    fn find(&self, key: Key) -> Option<&Past> {
        let (key, _) = key.canonical();
        self.closed.get(&key).or_else(|| self.reset.get(&key))
    }

    /// Return whether a data segment with this number belongs to a closed connection.
    pub(crate) fn straggles(&self, limits: &Limits, key: Key, seq: u32, now: f64) -> bool {
        let Some(past) = self.find(key) else {
            return false;
        };
        let reached = past.of(key);
        if now < past.time + limits.closed_timeout {
            return reached.next.is_none() || reached.includes(seq);
        }
        let reset = self.reset.contains(&key.canonical().0);
        reset && now < past.time + limits.connection_timeout && reached.includes(seq)
    }

    /// Return whether a SYN with this number is a copy of that of a closed connection.
    ///
    /// The number 0 proves nothing: it is that of generated segments.
    pub(crate) fn repeats(&self, limits: &Limits, key: Key, seq: u32, now: f64) -> bool {
        self.find(key)
            .is_some_and(|past| seq != 0 && past.of(key).origin == Some(seq) && now < past.time + limits.closed_timeout)
    }

    /// Forget what ended long enough ago, and the oldest if there are too many.
    pub(crate) fn expire(&mut self, limits: &Limits, now: f64) {
        let (short, long) = (limits.closed_timeout, limits.connection_timeout);
        while self.closed.pop_front_if(|_, past| past.time + short <= now).is_some() {}
        while self.reset.pop_front_if(|_, past| past.time + long <= now).is_some() {}
        while self.closed.len() + self.reset.len() > limits.connections {
            if self.closed.pop_front().is_none() {
                self.reset.pop_front();
            }
        }
    }
}
