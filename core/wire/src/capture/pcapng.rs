//! Enhanced packet blocks of a pcapng file (draft-ietf-opsawg-pcapng section 4.3); the caller reads other blocks.

use super::{Index, number};

const PACKET: u32 = 6;
/// Bytes of a block before its frame.
const HEAD: usize = 28;
const TAIL: usize = 4;
const LONGEST_BLOCK: usize = 1 << 24;

/// The content of an interface description block.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// Link-layer type.
    pub link_type: u32,
    /// Ticks per second of its clock; at most 2^53, so that a float can hold them.
    pub per_second: u64,
    /// Offset to add to its clock, in seconds.
    pub offset: i64,
}

/// Find the frames from `position` on, and their link types, up to a block that is invalid or of another kind.
#[must_use]
pub fn pcapng(buffer: &[u8], position: usize, little_endian: bool, interfaces: &[Interface]) -> (Index, Vec<i64>) {
    let (mut index, mut links) = (Index { next: position, ..Index::default() }, Vec::new());
    while let Some(length) = block(buffer, index.next, little_endian) {
        let at = |offset| number(buffer, index.next + offset, little_endian);
        let Some((interface, time)) = at(8).and_then(|place| interfaces.get(place as usize)).zip(at(12).zip(at(16)))
        else {
            break;
        };
        let (Some(captured), Some(wire_length)) = (at(20), at(24)) else {
            break;
        };
        if captured as usize > length - HEAD - TAIL {
            break;
        }
        let start = index.next + HEAD;
        let next = index.next + length;
        index.push(seconds(*interface, time), start, start + captured as usize, i64::from(wire_length));
        links.push(i64::from(interface.link_type));
        index.next = next;
    }
    (index, links)
}

/// Return the length of the block at `place`, if it is a complete packet block.
fn block(buffer: &[u8], place: usize, little_endian: bool) -> Option<usize> {
    let length = number(buffer, place + 4, little_endian)? as usize;
    let fits = (HEAD + TAIL..=LONGEST_BLOCK).contains(&length) && length.is_multiple_of(4);
    let kind = number(buffer, place, little_endian)?;
    let again = number(buffer, (place + length).checked_sub(TAIL)?, little_endian)? as usize;
    (kind == PACKET && fits && again == length).then_some(length)
}

fn seconds(interface: Interface, (high, low): (u32, u32)) -> f64 {
    let (ticks, per_second) = (u64::from(high) << 32 | u64::from(low), interface.per_second.max(1));
    let whole = interface.offset.saturating_add((ticks / per_second) as i64);
    whole as f64 + (ticks % per_second) as f64 / per_second as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
        let length = 32 + data.len() as u32;
        let head = [PACKET, length, interface, (ticks >> 32) as u32, ticks as u32, data.len() as u32, 60];
        [head.map(u32::to_be_bytes).concat(), data.to_vec(), length.to_be_bytes().to_vec()].concat()
    }

    #[test]
    fn packets_are_found_up_to_another_block() {
        let interfaces = [Interface { link_type: 1, per_second: 1_000_000_000, offset: 10 }];
        let other = [5_u32, 12, 12].map(u32::to_be_bytes).concat();
        let buffer = [packet(0, 1_500_000_000, b"abcd"), other, packet(0, 0, b"")].concat();
        let (index, links) = pcapng(&buffer, 0, false, &interfaces);
        assert_eq!((index.times, index.starts, index.stops), (vec![11.5], vec![28], vec![32]));
        assert_eq!((links, index.next), (vec![1], 36));
    }

    #[test]
    fn a_packet_of_an_unknown_interface_is_left_to_the_caller() {
        let (index, _) = pcapng(&packet(1, 0, b""), 0, false, &[]);
        assert_eq!((index.next, index.times.len()), (0, 0));
    }
}
