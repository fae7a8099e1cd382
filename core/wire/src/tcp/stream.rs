//! One direction of a TCP connection.

use std::collections::VecDeque;

use super::held::Held;
use super::sequence::{CONTROL, FIN, advanced, after};

/// Bytes of the last segment to keep, in order to detect a retransmission with different content.
const RECENT: usize = 256;

/// The direction of bytes: `Forth` from the client, as far as that is known, or `Back`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forth,
    Back,
}

/// Both directions.
pub(crate) const EACH: [Direction; 2] = [Direction::Forth, Direction::Back];

impl Direction {
    /// Return the opposite direction.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Forth => Self::Back,
            Self::Back => Self::Forth,
        }
    }
}

/// One value per direction.
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

/// The position of bytes: capture time, sequence number of the first, and acknowledgment number of their segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    pub(crate) time: f64,
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
}

impl Position {
    /// Return the position `size` bytes further on in the same segment.
    pub(crate) fn further(self, size: usize) -> Self {
        Self { seq: advanced(self.seq, size), ..self }
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Sequence number of the next byte; None while the start of the stream is unknown.
    pub(crate) next: Option<u32>,
    /// Initial sequence number; None if no SYN was seen.
    pub(crate) origin: Option<u32>,
    /// The last acknowledgment number of the peer.
    pub(crate) acknowledged: Option<u32>,
    /// What the peer acknowledged before any segment of this stream was seen.
    pub(crate) expected: Option<u32>,
    /// Sequence number up to which missing bytes are no longer waited for.
    pub(crate) lost_to: Option<u32>,
    pub(crate) held: VecDeque<Held>,
    pub(crate) held_bytes: usize,
    /// Capture time of the FIN in its place in the stream.
    pub(crate) fin: Option<f64>,
    /// Acknowledgment number of that FIN.
    pub(crate) fin_ack: Option<u32>,
    /// Whether that FIN was acknowledged, so that no more bytes come.
    pub(crate) ended: bool,
    /// The last delivered bytes, at most those of one segment and `RECENT` of them.
    pub(crate) recent: Vec<u8>,
}

impl Stream {
    /// Set the initial sequence number, known from a SYN or from its acknowledgment (RFC 9293 section 3.5).
    pub(crate) fn start(&mut self, origin: u32) {
        if self.origin.is_none() && self.next.is_none() {
            self.origin = Some(origin);
            self.next = Some(origin.wrapping_add(1));
        }
    }

    /// Return the number after all that was seen of the stream, waiting segments included.
    pub(crate) fn reached(&self) -> Option<u32> {
        let waiting = self.held.back().map(|last| advanced(last.end(), usize::from(last.flags & FIN != 0)));
        waiting.or(self.next).or(self.expected)
    }

    /// Return whether a FIN was seen.
    pub(crate) fn closes(&self) -> bool {
        self.ended || self.fin.is_some() || self.held.back().is_some_and(|last| last.flags & FIN != 0)
    }

    /// Return the number of the first byte to deliver of those that wait, where the stream is joined.
    pub(crate) fn first_byte(&self) -> Option<u32> {
        self.held.front().map(|first| advanced(first.seq, usize::from(self.keeps_alive(first))))
    }

    /// Return whether a segment before the next one is a keep-alive probe (RFC 9293 section 3.8.4).
    ///
    /// Its single byte is garbage at the number of a byte that the peer has acknowledged, as far as that was seen.
    pub(crate) fn keeps_alive(&self, segment: &Held) -> bool {
        segment.size() == 1
            && segment.flags & CONTROL == 0
            && self.acknowledged.is_none_or(|acknowledged| after(acknowledged, segment.seq) > 0)
    }

    /// Return whether a segment one before the next byte is the first after the SYN, with data at the SYN's number.
    ///
    /// Only generated captures number data so: a SYN uses up its number (RFC 9293 section 3.4).
    pub(crate) fn starts_early(&self, segment: &Held) -> bool {
        segment.size() > 0 && self.origin.is_some_and(|origin| self.next == Some(origin.wrapping_add(1)))
    }

    /// Return whether the FIN waits to be acknowledged. Until then, its number may be that of another byte.
    pub(crate) fn closing(&self) -> bool {
        self.fin.is_some() && !self.ended
    }

    /// Return how many missing bytes from `next` on are no longer waited for; 0 if the stream went on.
    pub(crate) fn given_up(&self) -> usize {
        match (self.lost_to, self.next) {
            (Some(lost_to), Some(next)) => after(lost_to, next).max(0) as usize,
            _ => 0,
        }
    }

    /// Keep the last bytes of a delivered segment.
    pub(crate) fn remember(&mut self, bytes: &[u8]) {
        self.recent.clear();
        self.recent.extend_from_slice(bytes.get(bytes.len().saturating_sub(RECENT)..).unwrap_or(bytes));
    }
}
