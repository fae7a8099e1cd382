//! Puts the records of one direction together out of segments, and finds them again after lost bytes.

use memchr::memchr_iter;

use super::buffers::{keep, spare};
use crate::context::Context;
use crate::tcp::Position;
use crate::tls::head::{HEAD, Head};
use crate::tls::messages::taken;
use crate::tls::reader::{APPLICATION_DATA, CHANGE_CIPHER_SPEC};

/// Maximum bytes of a record that is encrypted (RFC 5246 section 6.2.3).
const LONGEST: usize = (1 << 14) + 2048;
/// Minimum bytes of one: a tag and a type, or less in the clear.
const SHORTEST: usize = 17;
const LAST_KIND: u8 = 24;

/// The unread rest of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    /// Position of its first byte.
    pub(super) place: Position,
}

impl<'a> Piece<'a> {
    /// Remove and return the first `size` bytes, or as many as there are.
    fn take(&mut self, size: usize) -> &'a [u8] {
        let part = taken(&mut self.bytes, size);
        self.place = self.place.further(part.len());
        part
    }

    /// Return the sequence number after its last byte.
    pub(super) fn end(&self) -> u32 {
        self.place.further(self.bytes.len()).seq
    }

    fn head(&self) -> Option<Head> {
        self.bytes.first_chunk().map(|bytes| Head::of(*bytes))
    }
}

/// What was found in a segment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// A whole record, which starts at a sequence number that acknowledges so much.
    Record(Head, Position),
    /// A record for which there is no memory.
    Lost(Head),
    /// Something that is no record.
    Nonsense,
}

/// What missing bytes cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing more: they belong to a record that was given up before.
    Nothing,
    /// One record.
    One(Head),
    /// An unknown number of records, up to this one.
    UpTo(u64),
}

/// The records of one direction.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The start of the current record, with its head. It is charged to the budget.
    held: Vec<u8>,
    /// Where that starts.
    place: Position,
    /// Remaining bytes of a record that was given up.
    skipped: usize,
    /// Whether the head of a record must be looked for.
    lost: bool,
}

impl Records {
    /// Return what is next in a segment, and remove it there; None at its end. A whole record is written into `record`.
    pub(super) fn next(&mut self, cx: &mut Context<'_>, piece: &mut Piece<'_>, record: &mut Vec<u8>) -> Option<Found> {
        self.skipped -= piece.take(self.skipped).len();
        if self.lost && !self.search(piece) || piece.bytes.is_empty() {
            return None;
        }
        if self.held.is_empty() {
            self.place = piece.place;
            if let Some(head) = piece.head().filter(|head| head.length <= LONGEST)
                && piece.bytes.len() >= HEAD + head.length
                && is_plausible(head)
            {
                record.clear();
                record.extend_from_slice(piece.take(HEAD + head.length));
                return Some(Found::Record(head, self.place));
            }
            self.held = spare(cx);
        }
        self.go_on(cx, piece, record)
    }

    /// Read the next part of a record that has not come whole.
    fn go_on(&mut self, cx: &mut Context<'_>, piece: &mut Piece<'_>, record: &mut Vec<u8>) -> Option<Found> {
        if self.held.len() < HEAD {
            let part = piece.take(HEAD - self.held.len());
            cx.ledger.budget.used += part.len();
            self.held.extend_from_slice(part);
        }
        let head = self.head()?;
        if !is_plausible(head) {
            self.lose(cx);
            return Some(Found::Nonsense);
        }
        let part = piece.take(HEAD + head.length - self.held.len());
        let left = HEAD + head.length - self.held.len() - part.len();
        if !cx.charge(part.len()) {
            cx.odd("total buffer full");
            self.drop_held(cx);
            self.skipped = left;
            return Some(Found::Lost(head));
        }
        self.held.extend_from_slice(part);
        if left > 0 {
            return None;
        }
        std::mem::swap(&mut self.held, record);
        cx.release(record.len());
        keep(cx, &mut self.held);
        Some(Found::Record(head, Position { time: piece.place.time, ..self.place }))
    }

    fn head(&self) -> Option<Head> {
        self.held.first_chunk().map(|bytes| Head::of(*bytes))
    }

    /// Skip `size` missing bytes; 0 if their number is unknown.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, size: usize) -> Loss {
        let head = self.head();
        let left = match head {
            Some(head) => HEAD + head.length - self.held.len(),
            None => self.skipped,
        };
        if 0 < size && size <= left && !self.lost {
            self.drop_held(cx);
            self.skipped = left - size;
            return head.map_or(Loss::Nothing, Loss::One);
        }
        self.lose(cx);
        Loss::UpTo(if size > 0 { (size / (HEAD + SHORTEST)) as u64 + 2 } else { u64::MAX })
    }

    /// Look for the next head.
    fn lose(&mut self, cx: &mut Context<'_>) {
        self.drop_held(cx);
        (self.skipped, self.lost) = (0, true);
    }

    /// Drop the record that has not come whole.
    pub(super) fn drop_held(&mut self, cx: &mut Context<'_>) {
        cx.release(self.held.len());
        self.held.clear();
        keep(cx, &mut self.held);
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Look for the head of a record with application data, and remove what comes before it; return whether there is one.
    ///
    /// Three bytes of it are always the same, the record cannot be longer than the longest, and another one follows it.
    fn search(&mut self, piece: &mut Piece<'_>) -> bool {
        let mut starts = memchr_iter(APPLICATION_DATA, piece.bytes);
        let found = starts.find(|start| piece.bytes.get(*start..).is_some_and(starts_data));
        piece.take(found.unwrap_or(piece.bytes.len()));
        self.lost = found.is_none();
        !self.lost
    }
}

/// Return whether there can be such a record.
fn is_plausible(head: Head) -> bool {
    (CHANGE_CIPHER_SPEC..=LAST_KIND).contains(&head.kind) && matches!(head.version, [3, _]) && head.length <= LONGEST
}

/// Return whether bytes start with a record of application data, and end within it or go on with another record.
fn starts_data(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk().map(|head| Head::of(*head)) else {
        return false;
    };
    let follows = bytes.get(HEAD + head.length..).unwrap_or_default();
    head.version == [3, 3]
        && (SHORTEST..=LONGEST).contains(&head.length)
        && (follows.is_empty()
            || matches!(follows, [CHANGE_CIPHER_SPEC..=LAST_KIND] | [CHANGE_CIPHER_SPEC..=LAST_KIND, 3, ..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::with_context;
    use crate::tls::samples::record;

    struct Case {
        records: Records,
        sent: u32,
    }

    impl Case {
        fn new() -> Self {
            Self { records: Records::default(), sent: 0 }
        }

        /// Read a segment; return the contents of its records and where they start.
        fn read(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Vec<(Vec<u8>, u32)> {
            let place = Position { time: 1.0, seq: self.sent, ack: None };
            self.sent += bytes.len() as u32;
            let (mut piece, mut record, mut found) = (Piece { bytes, place }, Vec::new(), Vec::new());
            while let Some(one) = self.records.next(cx, &mut piece, &mut record) {
                match one {
                    Found::Record(_, place) => found.push((record[HEAD..].to_vec(), place.seq)),
                    other => panic!("{other:?}"),
                }
            }
            found
        }

        fn gap(&mut self, cx: &mut Context<'_>, size: usize) -> Loss {
            self.sent += size as u32;
            self.records.gap(cx, size)
        }
    }

    fn stream() -> Vec<u8> {
        [record(23, &[1; 40]), record(23, &[2; 17]), record(21, &[3; 18]), record(23, &[4; 300])].concat()
    }

    #[test]
    fn records_are_found_however_they_are_split() {
        with_context(|cx| {
            for size in [1, 2, 5, 7, 46, 1000] {
                let mut case = Case::new();
                let found: Vec<_> = stream().chunks(size).flat_map(|part| case.read(cx, part)).collect();
                let sizes: Vec<_> = found.iter().map(|(bytes, at)| (bytes[0], bytes.len(), *at)).collect();
                assert_eq!(sizes, [(1, 40, 0), (2, 17, 45), (3, 18, 67), (4, 300, 90)]);
                assert_eq!(cx.ledger.budget.used, 0);
            }
        });
    }

    #[test]
    fn a_gap_within_a_record_costs_only_that() {
        with_context(|cx| {
            let (mut case, stream) = (Case::new(), stream());
            assert_eq!(case.read(cx, &stream[..20]), []);
            assert_eq!(case.gap(cx, 10), Loss::One(Head::of([23, 3, 3, 0, 40])));
            assert_eq!(case.gap(cx, 5), Loss::Nothing);
            assert_eq!(case.read(cx, &stream[35..]).len(), 3);
            assert_eq!(cx.ledger.budget.used, 0);
        });
    }

    #[test]
    fn after_a_longer_gap_the_next_head_is_looked_for() {
        with_context(|cx| {
            let (mut case, stream) = (Case::new(), stream());
            assert_eq!(case.read(cx, &stream[..3]), []);
            assert_eq!(case.gap(cx, 50), Loss::UpTo(4));
            assert_eq!(case.read(cx, &stream[53..]), [(vec![4; 300], 90)]);
            assert_eq!(case.gap(cx, 0), Loss::UpTo(u64::MAX));
            assert_eq!(case.read(cx, &[b"\x17\x03\x03\x00".as_slice(), &[0x17; 9], &stream[45..]].concat()).len(), 3);
        });
    }

    #[test]
    fn without_memory_a_record_is_lost() {
        with_context(|cx| {
            let (mut case, stream) = (Case::new(), stream());
            cx.ledger.budget.limit = 10;
            let mut piece = Piece { bytes: &stream[..20], place: Position::default() };
            let found = case.records.next(cx, &mut piece, &mut Vec::new());
            assert!(matches!(found, Some(Found::Lost(Head { kind: 23, length: 40, .. }))));
            assert_eq!(case.read(cx, &stream[20..]).len(), 3);
            assert_eq!(cx.ledger.budget.used, 0);
        });
    }
}
