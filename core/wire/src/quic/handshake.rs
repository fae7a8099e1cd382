//! The start of the client's handshake stream, put together from CRYPTO frames in any order.

use super::frames::Crypto;
use crate::health::Budget;

/// Maximum bytes of a ClientHello. Post-quantum keys make it some 2,000 bytes.
const LONGEST: usize = 1 << 14;
/// Maximum pieces that wait for others. Browsers shuffle some ten.
const MOST_PIECES: usize = 256;
/// Bytes charged for a piece besides its own.
const PIECE_COST: usize = 64;
const CLIENT_HELLO: u8 = 1;
const MESSAGE_HEAD: usize = 4;

/// Pieces of the stream that do not overlap, in their order.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    pieces: Vec<(usize, Vec<u8>)>,
    charged: usize,
}

/// What the stream holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Only a part of the ClientHello, so far.
    Part,
    /// The ClientHello, without its head of four bytes.
    Hello(Vec<u8>),
    /// Something else: the stream as far as it has arrived.
    Other(Vec<u8>),
}

impl Handshake {
    /// Add a frame; return false if it exceeds what may be kept. What arrived first counts, if frames overlap.
    #[must_use]
    pub(super) fn add(&mut self, budget: &mut Budget, frame: Crypto<'_>) -> bool {
        frame.start.checked_add(frame.bytes.len()).is_some_and(|end| end <= LONGEST) && self.insert(budget, frame)
    }

    /// Forget everything.
    pub(super) fn clear(&mut self, budget: &mut Budget) {
        budget.used -= self.charged;
        *self = Self::default();
    }

    /// Insert what is new in a frame; return false if that is too much.
    fn insert(&mut self, budget: &mut Budget, frame: Crypto<'_>) -> bool {
        let Crypto { mut start, mut bytes } = frame;
        let mut place = self.pieces.partition_point(|(first, piece)| first + piece.len() <= start);
        while !bytes.is_empty() {
            let next = self.pieces.get(place).map(|(first, piece)| (*first, first + piece.len()));
            let fresh = next.map_or(bytes.len(), |(first, _)| first.saturating_sub(start).min(bytes.len()));
            let (new, rest) = bytes.split_at_checked(fresh).unwrap_or((bytes, &[]));
            if !new.is_empty() {
                if !self.keep(budget, place, start, new) {
                    return false;
                }
                place += 1;
            }
            let skipped = next.map_or(0, |(first, last)| last - first.max(start)).min(rest.len());
            start += fresh + skipped;
            bytes = rest.get(skipped..).unwrap_or_default();
            place += 1;
        }
        true
    }

    fn keep(&mut self, budget: &mut Budget, place: usize, start: usize, bytes: &[u8]) -> bool {
        let cost = bytes.len() + PIECE_COST;
        if self.pieces.len() >= MOST_PIECES || budget.used + cost > budget.limit {
            return false;
        }
        budget.used += cost;
        self.charged += cost;
        self.pieces.insert(place, (start, bytes.to_vec()));
        true
    }

    /// Return the ClientHello if all of it has arrived.
    pub(super) fn hello(&self) -> Found {
        let mut stream = Vec::new();
        for (start, piece) in &self.pieces {
            if *start != stream.len() {
                break;
            }
            stream.extend_from_slice(piece);
        }
        let [kind, high, middle, low, body @ ..] = stream.as_slice() else {
            return Found::Part;
        };
        let size = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
        if *kind != CLIENT_HELLO || size + MESSAGE_HEAD > LONGEST {
            return Found::Other(stream);
        }
        body.get(..size).map_or(Found::Part, |hello| Found::Hello(hello.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"\x01\0\0\x0aabcdefghij";

    fn budget() -> Budget {
        Budget { limit: 1 << 20, used: 0 }
    }

    /// Add parts of the message, by their first and last index.
    fn after(parts: &[(usize, usize)]) -> Found {
        let (mut handshake, mut budget) = (Handshake::default(), budget());
        for (start, end) in parts {
            assert!(handshake.add(&mut budget, Crypto { start: *start, bytes: &MESSAGE[*start..*end] }));
        }
        let found = handshake.hello();
        handshake.clear(&mut budget);
        assert_eq!(budget.used, 0);
        found
    }

    #[test]
    fn a_hello_is_complete_whatever_the_order_of_its_parts() {
        let hello = || Found::Hello(MESSAGE[4..].to_vec());
        assert_eq!(after(&[(0, 14)]), hello());
        assert_eq!(after(&[(9, 14), (3, 9), (0, 3)]), hello());
        assert_eq!(after(&[(2, 4), (8, 10), (1, 13), (0, 5), (12, 14)]), hello());
        assert_eq!((after(&[(1, 14)]), after(&[(0, 13)]), after(&[])), (Found::Part, Found::Part, Found::Part));
    }

    #[test]
    fn what_arrived_first_counts() {
        let (mut handshake, mut budget) = (Handshake::default(), budget());
        let mut add = |start, bytes| assert!(handshake.add(&mut budget, Crypto { start, bytes }));
        add(6, b"cd");
        add(4, b"XXXXXX");
        add(0, b"\x01\0\0\x06zz");
        assert_eq!(handshake.hello(), Found::Hello(b"XXcdXX".to_vec()));
    }

    #[test]
    fn holes_and_huge_places_are_bounded() {
        let (mut handshake, mut budget) = (Handshake::default(), budget());
        let added = (0..9000).filter(|place| handshake.add(&mut budget, Crypto { start: 2 * place, bytes: b"x" }));
        assert_eq!(added.count(), MOST_PIECES);
        assert_eq!(budget.used, MOST_PIECES * (PIECE_COST + 1));
        for start in [LONGEST, usize::MAX] {
            assert!(!handshake.add(&mut budget, Crypto { start, bytes: b"x" }));
        }
        handshake.clear(&mut budget);
        assert!(!handshake.add(&mut Budget { limit: 10, used: 0 }, Crypto { start: 0, bytes: b"x" }));
    }

    #[test]
    fn another_message_is_none() {
        let (mut handshake, mut budget) = (Handshake::default(), budget());
        assert!(handshake.add(&mut budget, Crypto { start: 0, bytes: b"\x02\0\0\x01a" }));
        assert_eq!(handshake.hello(), Found::Other(b"\x02\0\0\x01a".to_vec()));
    }
}
