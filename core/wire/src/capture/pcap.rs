//! Records of a pcap file (draft-ietf-opsawg-pcap).

use super::{Index, number};

/// The record layout according to the file header.
#[derive(Clone, Copy, Debug)]
pub struct PcapLayout {
    /// Byte order of all numbers.
    pub little_endian: bool,
    /// Whether fractions of seconds are in nanoseconds; otherwise they are in microseconds.
    pub nanoseconds: bool,
    /// Length of a record header in bytes.
    pub header: usize,
    /// Maximum plausible length of a record in bytes.
    pub longest: u64,
}

/// Find the complete records from `position` on.
#[must_use]
pub fn pcap(buffer: &[u8], position: usize, layout: &PcapLayout) -> Index {
    let mut index = Index { next: position, ..Index::default() };
    let per_second = if layout.nanoseconds { 1e9 } else { 1e6 };
    while let Some([seconds, fraction, captured, length]) = record(buffer, index.next, layout) {
        let start = index.next + layout.header;
        let stop = start + captured as usize;
        if stop > buffer.len() {
            index.too_large = Some(u64::from(captured)).filter(|size| *size > layout.longest);
            break;
        }
        index.push(f64::from(seconds) + f64::from(fraction) / per_second, start, stop, i64::from(length));
        index.next = stop;
    }
    index
}

/// Read the four numbers at the start of a record; None if its header is incomplete.
fn record(buffer: &[u8], place: usize, layout: &PcapLayout) -> Option<[u32; 4]> {
    let header = buffer.get(place..place + layout.header)?;
    let at = |offset| number(header, offset, layout.little_endian);
    Some([at(0)?, at(4)?, at(8)?, at(12)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: PcapLayout = PcapLayout { little_endian: true, nanoseconds: false, header: 16, longest: 100 };

    fn record(seconds: u32, captured: u32, data: &[u8]) -> Vec<u8> {
        let numbers = [seconds, 500_000, captured, 60].map(u32::to_le_bytes).concat();
        [numbers, data.to_vec()].concat()
    }

    #[test]
    fn complete_records_are_found_and_the_rest_is_left() {
        let buffer = [b"xx".to_vec(), record(1, 3, b"abc"), record(2, 2, b"d")].concat();
        let index = pcap(&buffer, 2, &LAYOUT);
        assert_eq!((index.times, index.starts, index.stops, index.lengths), (vec![1.5], vec![18], vec![21], vec![60]));
        assert_eq!((index.next, index.too_large), (21, None));
    }

    #[test]
    fn an_implausible_record_length_is_reported() {
        assert_eq!(pcap(&record(1, 101, b""), 0, &LAYOUT).too_large, Some(101));
    }
}
