//! Frames of a block of a TPACKET_V3 ring (linux/if_packet.h); its numbers are in the byte order of the machine.

use super::{Index, number};

const LITTLE_ENDIAN: bool = cfg!(target_endian = "little");
/// The status of a frame whose VLAN tag the kernel took out.
const VLAN_VALID: u32 = 1 << 4;

/// The frames of a block; None where a tag is to be put back into one of them, or the block is none.
#[must_use]
pub fn ring(block: &[u8]) -> Option<Index> {
    let at = |place| number(block, place, LITTLE_ENDIAN);
    let (count, mut place) = (at(12)?, at(16)? as usize);
    let mut index = Index { next: block.len(), ..Index::default() };
    for number in 0..count {
        let (step, seconds, nanoseconds) = (at(place)?, at(place + 4)?, at(place + 8)?);
        let (captured, length, status) = (at(place + 12)?, at(place + 16)?, at(place + 20)?);
        let offset = u16::from_ne_bytes(*block.get(place + 24..)?.first_chunk::<2>()?);
        let start = place + usize::from(offset);
        let stop = start + captured as usize;
        let goes_on = step > 0 || number + 1 == count; // the last one's step is 0
        if status & VLAN_VALID != 0 || stop > block.len() || !goes_on {
            return None;
        }
        let time = f64::from(seconds) + f64::from(nanoseconds) / 1e9;
        index.push(time, start, stop, length);
        place += step as usize;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of frames: how far on the next one is, how many bytes were captured.
    fn block(frames: &[(u32, u32)]) -> Vec<u8> {
        let head = [[0; 3].as_slice(), &[frames.len() as u32, 20]].concat();
        let mut bytes: Vec<u8> = head.into_iter().flat_map(u32::to_ne_bytes).collect();
        for (step, captured) in frames {
            let numbers = [*step, 7, 500_000_000, *captured, 60, 0];
            bytes.extend(numbers.into_iter().flat_map(u32::to_ne_bytes));
            bytes.extend(28_u16.to_ne_bytes());
            bytes.extend(b"..abcd");
        }
        bytes
    }

    #[test]
    fn frames_are_found_one_behind_the_other() {
        let index = ring(&block(&[(32, 4), (0, 3)])).unwrap();
        assert_eq!((index.starts, index.stops), (vec![48, 80], vec![52, 83]));
        assert_eq!((index.times, index.lengths), (vec![7.5, 7.5], vec![60, 60]));
    }

    #[test]
    fn a_block_whose_frames_go_beyond_it_or_do_not_go_on_is_none() {
        assert!(ring(&block(&[(32, 4), (0, 5)])).is_none());
        assert!(ring(&block(&[(0, 4), (0, 4)])).is_none());
        assert!(ring(b"short").is_none());
    }
}
