//! Reassembly of IP datagrams from fragments (RFC 791, RFC 8200 section 4.5).
//!
//! Of bytes received twice, the first copy counts. Buffered fragments are limited in bytes and in time; discarded ones
//! are counted.

use std::collections::BTreeMap;

use super::ip::Addresses;
use crate::aged::Aged;
use crate::health::Ledger;

const LARGEST: usize = 65535;
const MOST_DATAGRAMS: usize = 4096;
/// Fragments may use the total buffer divided by this, so that a flood of them leaves room for streams.
const SHARE: usize = 4;
/// Overhead of a buffered fragment in bytes; a datagram costs a few times as much.
const PART_COST: usize = 200;
/// Maximum fragments per datagram: 64 KiB in pieces of 128 bytes.
const MOST_FRAGMENTS: usize = 512;

/// Identifies the fragments of one datagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ident {
    pub(super) addresses: Addresses,
    pub(super) protocol: u8,
    pub(super) number: u32,
    /// The VLAN or other network.
    pub(super) network: Vec<u8>,
}

/// The position of a fragment in its datagram.
#[derive(Clone, Debug)]
pub(super) struct FragmentPosition {
    pub(super) time: f64,
    pub(super) ident: Ident,
    pub(super) offset: usize,
    /// Whether more fragments follow.
    pub(super) more: bool,
}

#[derive(Debug)]
struct Datagram {
    started: f64,
    parts: BTreeMap<usize, Vec<u8>>,
    size: usize,
    cost: usize,
    /// Length of the whole datagram, known once its last fragment came.
    total: Option<usize>,
}

impl Datagram {
    fn new(started: f64) -> Self {
        Self { started, parts: BTreeMap::new(), size: 0, cost: 0, total: None }
    }
}

/// The incomplete datagrams, sorted by start.
pub(super) struct Fragments {
    timeout: f64,
    used: usize,
    datagrams: Aged<Ident, Datagram>,
}

impl Fragments {
    /// Create an empty set; a datagram is given up after `timeout` seconds.
    pub(super) fn new(timeout: f64) -> Self {
        Self { timeout, used: 0, datagrams: Aged::new() }
    }

    /// Add a fragment; return the payload of a completed datagram.
    pub(super) fn add(&mut self, ledger: &mut Ledger, piece: FragmentPosition, part: &[u8]) -> Option<Vec<u8>> {
        let FragmentPosition { time, ident, offset, more } = piece;
        if part.is_empty() || offset + part.len() > LARGEST || (more && !part.len().is_multiple_of(8)) {
            ledger.health.odd("bad IP fragment");
            return None;
        }
        self.begin(ledger, time, &ident);
        let datagram = self.datagrams.get_mut(&ident)?;
        if datagram.parts.contains_key(&offset) {
            ledger.health.odd("duplicate IP fragment");
            return None;
        }
        datagram.parts.insert(offset, part.to_vec());
        datagram.size += part.len();
        if !more {
            datagram.total = Some(offset + part.len());
        }
        let many = datagram.parts.len() > MOST_FRAGMENTS;
        let enough = datagram.total.is_some_and(|total| datagram.size >= total);
        self.charge(ledger, &ident, part.len() + PART_COST);
        if many || self.is_full(ledger) {
            self.drop(ledger, &ident);
            return None;
        }
        if enough { self.join(ledger, &ident) } else { None }
    }

    /// Drop datagrams that were started too long ago.
    pub(super) fn expire(&mut self, ledger: &mut Ledger, now: f64) {
        let timeout = self.timeout;
        while let Some((_, old)) = self.datagrams.pop_front_if(|_, datagram| now - datagram.started >= timeout) {
            self.count_incomplete(ledger, &old);
        }
    }

    /// Make room for a datagram, unless it is already there.
    fn begin(&mut self, ledger: &mut Ledger, time: f64, ident: &Ident) {
        if self.datagrams.contains(ident) {
            return;
        }
        if self.datagrams.len() >= MOST_DATAGRAMS
            && let Some((_, oldest)) = self.datagrams.pop_front()
        {
            self.count_incomplete(ledger, &oldest);
        }
        self.datagrams.insert(ident.clone(), Datagram::new(time));
        self.charge(ledger, ident, 4 * PART_COST);
    }

    fn is_full(&self, ledger: &Ledger) -> bool {
        self.used > ledger.budget.limit / SHARE || ledger.budget.used > ledger.budget.limit
    }

    fn join(&mut self, ledger: &mut Ledger, ident: &Ident) -> Option<Vec<u8>> {
        let datagram = self.datagrams.get(ident)?;
        let mut whole = Vec::with_capacity(datagram.total.unwrap_or_default());
        for (offset, part) in &datagram.parts {
            // A hole despite enough bytes: some fragments overlap.
            let known = whole.len().checked_sub(*offset)?;
            if known > 0 {
                ledger.health.odd("overlapping IP fragments");
            }
            whole.extend_from_slice(part.get(known..).unwrap_or_default());
        }
        whole.truncate(datagram.total.unwrap_or_default());
        if let Some(complete) = self.datagrams.remove(ident) {
            self.release(ledger, &complete);
        }
        Some(whole)
    }

    fn drop(&mut self, ledger: &mut Ledger, ident: &Ident) {
        if let Some(datagram) = self.datagrams.remove(ident) {
            self.count_incomplete(ledger, &datagram);
        }
    }

    fn count_incomplete(&mut self, ledger: &mut Ledger, datagram: &Datagram) {
        ledger.health.odd("incomplete IP datagram");
        self.release(ledger, datagram);
    }

    fn release(&mut self, ledger: &mut Ledger, datagram: &Datagram) {
        self.used -= datagram.cost;
        ledger.budget.used -= datagram.cost;
    }

    fn charge(&mut self, ledger: &mut Ledger, ident: &Ident, size: usize) {
        if let Some(datagram) = self.datagrams.get_mut(ident) {
            datagram.cost += size;
            self.used += size;
            ledger.budget.used += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        fragments: Fragments,
        ledger: Ledger,
    }

    impl Case {
        fn new(limit: usize) -> Self {
            Self { fragments: Fragments::new(30.0), ledger: Ledger::new(limit) }
        }

        fn add(&mut self, number: u32, offset: usize, more: bool, part: &[u8]) -> Option<Vec<u8>> {
            let ident = Ident { addresses: Addresses::V4(1, 2), protocol: 6, number, network: Vec::new() };
            self.fragments.add(&mut self.ledger, FragmentPosition { time: 100.0, ident, offset, more }, part)
        }

        fn count(&self, name: &str) -> u64 {
            self.ledger.health.oddities.get(name).copied().unwrap_or_default()
        }
    }

    #[test]
    fn fragments_may_come_in_any_order_and_release_their_budget() {
        let mut case = Case::new(1 << 20);
        assert_eq!(case.add(1, 16, false, b"cc"), None);
        assert_eq!(case.add(1, 8, true, b"bbbbbbbb"), None);
        assert_eq!(case.add(1, 0, true, b"aaaaaaaa"), Some(b"aaaaaaaabbbbbbbbcc".to_vec()));
        assert_eq!((case.ledger.budget.used, case.fragments.used), (0, 0));
    }

    #[test]
    fn the_first_copy_of_overlapping_fragments_counts() {
        let mut case = Case::new(1 << 20);
        case.add(1, 0, true, &[b'a'; 16]);
        case.add(1, 8, true, &[b'b'; 16]);
        let whole = case.add(1, 24, false, &[b'c'; 8]).unwrap();
        assert_eq!(whole, [[b'a'; 16].as_slice(), &[b'b'; 8], &[b'c'; 8]].concat());
        assert_eq!(case.count("overlapping IP fragments"), 1);
    }

    #[test]
    fn a_datagram_ends_where_its_last_fragment_does() {
        let mut case = Case::new(1 << 20);
        case.add(1, 8, true, &[b'b'; 16]);
        case.add(1, 0, true, &[b'a'; 8]);
        let whole = case.add(1, 16, false, &[b'c'; 4]).unwrap();
        assert_eq!(whole, [[b'a'; 8].as_slice(), &[b'b'; 12]].concat());
    }

    #[test]
    fn overlaps_that_hide_a_hole_make_no_datagram() {
        let mut case = Case::new(1 << 20);
        case.add(1, 0, true, &[b'a'; 16]);
        case.add(1, 8, true, &[b'b'; 16]);
        assert_eq!(case.add(1, 32, false, &[b'c'; 8]), None);
        assert_eq!(case.add(1, 0, true, &[b'a'; 24]), None);
        assert_eq!(case.count("duplicate IP fragment"), 1);
    }

    #[test]
    fn incomplete_datagrams_are_dropped_and_counted() {
        let mut case = Case::new(1 << 20);
        case.add(1, 0, true, &[0; 8]);
        case.fragments.expire(&mut case.ledger, 129.0);
        assert!(case.ledger.budget.used > 0);
        case.fragments.expire(&mut case.ledger, 130.0);
        assert_eq!((case.count("incomplete IP datagram"), case.ledger.budget.used), (1, 0));
    }

    #[test]
    fn datagrams_are_limited_in_number_bytes_and_fragments() {
        let mut case = Case::new(1 << 30);
        for number in 0..5000 {
            case.add(number, 0, true, &[0; 8]);
        }
        assert_eq!(case.count("incomplete IP datagram"), 5000 - MOST_DATAGRAMS as u64);
        let mut case = Case::new(100_000);
        for number in 0..1000 {
            case.add(number, 0, true, &[0; 64]);
            assert!(case.ledger.budget.used <= 25_000);
        }
        let mut case = Case::new(1 << 30);
        for number in 1..=513 {
            assert_eq!(case.add(1, number * 8, true, &[0; 8]), None);
        }
        assert_eq!((case.count("incomplete IP datagram"), case.ledger.budget.used), (1, 0));
    }
}
