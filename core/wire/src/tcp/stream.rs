//! One direction of a TCP connection.

use std::collections::VecDeque;

use super::held::Held;
use super::sequence::after;

/// Bytes of a segment that are kept for a while, to notice another that says something else.
const RECENT: usize = 256;

/// Which way bytes go: forth from the client, as far as it is known, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forth,
    Back,
}

impl Direction {
    /// The other way.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Forth => Self::Back,
            Self::Back => Self::Forth,
        }
    }
}

/// One of each direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Both<T> {
    pub(crate) forth: T,
    pub(crate) back: T,
}

impl<T> Both<T> {
    pub(crate) fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::Forth => &self.forth,
            Direction::Back => &self.back,
        }
    }

    pub(crate) fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Forth => &mut self.forth,
            Direction::Back => &mut self.back,
        }
    }
}

/// Where bytes are: capture time, sequence number of the first, and what their segment acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) time: f64,
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
}

impl Place {
    /// The place `size` bytes further on in the same segment.
    pub(crate) fn further(self, size: usize) -> Self {
        Self { seq: super::sequence::advanced(self.seq, size), ..self }
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Sequence number of the next byte; None while it is not known where the stream starts.
    pub(crate) next: Option<u32>,
    /// Initial sequence number; None when no SYN was seen.
    pub(crate) origin: Option<u32>,
    /// What the other side acknowledged last.
    pub(crate) acknowledged: Option<u32>,
    /// What the peer acknowledged before anything of this stream was seen.
    pub(crate) expected: Option<u32>,
    /// Up to here missing bytes have been waited for long enough.
    pub(crate) lost_to: Option<u32>,
    pub(crate) held: VecDeque<Held>,
    pub(crate) held_bytes: usize,
    pub(crate) ended: bool,
    /// The bytes before the next one, as far as they came in one segment: the last `RECENT` of them.
    pub(crate) recent: Vec<u8>,
}

impl Stream {
    /// Its initial sequence number becomes known (RFC 9293 section 3.5): a SYN has it, or acknowledges it.
    pub(crate) fn start(&mut self, origin: u32) {
        if self.origin.is_none() && self.next.is_none() {
            self.origin = Some(origin);
            self.next = Some(origin.wrapping_add(1));
        }
    }

    /// Missing bytes from the next one on that are waited for no longer; 0 when it went on since.
    pub(crate) fn given_up(&self) -> usize {
        match (self.lost_to, self.next) {
            (Some(lost_to), Some(next)) => after(lost_to, next).max(0) as usize,
            _ => 0,
        }
    }

    /// Keep the last bytes of a segment that was delivered.
    pub(crate) fn remember(&mut self, bytes: &[u8]) {
        self.recent.clear();
        self.recent.extend_from_slice(bytes.get(bytes.len().saturating_sub(RECENT)..).unwrap_or(bytes));
    }
}
