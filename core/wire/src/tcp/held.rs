//! Segments that wait for an earlier one, or for the bytes they acknowledge.

use std::collections::VecDeque;

use super::sequence::{FIN, advanced, after};

/// Memory of a waiting segment in bytes, besides its data.
pub(crate) const COST: usize = 300;

/// A waiting segment. `cut` bytes at its end were not captured; of `flags`, only FIN matters.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) seq: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) cut: usize,
    pub(crate) time: f64,
    pub(crate) ack: Option<u32>,
    pub(crate) flags: u8,
}

impl Held {
    /// Return its memory in bytes while it waits.
    pub(crate) fn cost(&self) -> usize {
        self.data.len() + COST
    }

    /// Return its payload length on the wire in bytes.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + self.cut
    }

    /// Return whether it is a FIN without data.
    pub(super) fn is_fin(&self) -> bool {
        self.flags & FIN != 0 && self.size() == 0
    }

    /// Return the sequence number after its last byte.
    pub(crate) fn end(&self) -> u32 {
        advanced(self.seq, self.size())
    }

    /// Return the segment without its first `size` bytes.
    pub(crate) fn without_start(&self, size: usize) -> Self {
        let data = self.data.get(size..).unwrap_or_default().to_vec();
        let cut = self.cut.saturating_sub(size.saturating_sub(self.data.len()));
        Self { seq: advanced(self.seq, size), data, cut, ..*self }
    }

    /// Return its first `size` bytes as a segment, with other flags.
    pub(crate) fn only_start(&self, size: usize, flags: u8) -> Self {
        let data = self.data.get(..size).unwrap_or(&self.data).to_vec();
        let cut = size - data.len();
        Self { data, cut, flags, ..*self }
    }
}

/// Insert a segment in sequence. Most segments come in order, so the search starts at the end.
pub(crate) fn insert(held: &mut VecDeque<Held>, segment: Held) {
    let before = held.iter().rev().take_while(|other| after(segment.seq, other.seq) < 0).count();
    held.insert(held.len() - before, segment);
}

/// Return the parts of a segment that are not buffered yet, and how many buffered segments contradict it.
pub(crate) fn new_parts(held: &VecDeque<Held>, segment: Held) -> (Vec<Held>, u64) {
    if held.back().is_none_or(|last| after(segment.seq, last.end()) >= 0) {
        return (vec![segment], 0);
    }
    let (mut parts, mut contradictions, mut rest) = (Vec::new(), 0, segment);
    for known in held {
        if after(known.end(), rest.seq) <= 0 {
            continue;
        }
        let (ahead, size) = (after(known.seq, rest.seq), rest.size() as i64);
        if ahead >= size {
            break;
        }
        contradictions += u64::from(differs(known, &rest));
        if ahead > 0 {
            parts.push(rest.only_start(ahead as usize, 0));
        }
        let covered = after(known.end(), rest.seq);
        if covered >= size {
            if rest.flags & FIN != 0 && covered == size && known.flags & FIN == 0 {
                parts.push(rest.without_start(size as usize));
            }
            return (parts, contradictions);
        }
        rest = rest.without_start(covered as usize);
    }
    parts.push(rest);
    (parts, contradictions)
}

/// Return whether two overlapping segments differ in the bytes they share.
fn differs(held: &Held, segment: &Held) -> bool {
    let start = after(segment.seq, held.seq);
    let (skip_held, skip_new) = (start.max(0) as usize, (-start).max(0) as usize);
    let known = held.data.get(skip_held..).unwrap_or_default();
    let new = segment.data.get(skip_new..).unwrap_or_default();
    known.iter().zip(new).any(|(a, b)| a != b)
}

/// Return whether a segment that starts `behind` bytes before the next one differs from the `recent` bytes there.
pub(crate) fn contradicts(recent: &[u8], data: &[u8], behind: usize) -> bool {
    let seen = recent.get(recent.len().saturating_sub(behind)..).unwrap_or_default();
    let skip = behind.saturating_sub(recent.len());
    let again = data.get(skip..behind.min(data.len())).unwrap_or_default();
    seen.iter().zip(again).any(|(a, b)| a != b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(seq: u32, data: &[u8]) -> Held {
        Held { seq, data: data.to_vec(), cut: 0, time: 1.0, ack: None, flags: 0 }
    }

    #[test]
    fn buffered_bytes_are_cut_out_of_an_overlapping_segment() {
        let known = VecDeque::from([held(10, b"cd"), held(14, b"gh")]);
        let (parts, contradictions) = new_parts(&known, held(8, b"abcXefgh"));
        let told: Vec<_> = parts.iter().map(|part| (part.seq, part.data.as_slice())).collect();
        assert_eq!(told, [(8, b"ab".as_slice()), (12, b"ef")]);
        assert_eq!(contradictions, 1);
    }

    #[test]
    fn a_fin_after_known_bytes_is_a_separate_part() {
        let fin = Held { flags: FIN, ..held(10, b"cd") };
        let (parts, _) = new_parts(&VecDeque::from([held(10, b"cd")]), fin);
        assert_eq!(parts.iter().map(|part| (part.seq, part.flags)).collect::<Vec<_>>(), [(12, FIN)]);
    }

    #[test]
    fn segments_wait_in_the_order_of_their_numbers_across_the_wrap() {
        let mut waiting = VecDeque::new();
        for seq in [3, 0xFFFF_FFFE, 8] {
            insert(&mut waiting, held(seq, b"x"));
        }
        assert_eq!(waiting.iter().map(|one| one.seq).collect::<Vec<_>>(), [0xFFFF_FFFE, 3, 8]);
    }

    #[test]
    fn a_retransmission_is_compared_where_both_are_known() {
        assert!(!contradicts(b"efgh", b"abcdefgh", 8));
        assert!(contradicts(b"efgh", b"abcdeXgh", 8));
        assert!(!contradicts(b"efgh", b"Xbcd", 8));
    }
}
