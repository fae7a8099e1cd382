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
    for _ in 0..count {
        let (step, seconds, nanoseconds) = (at(place)?, at(place + 4)?, at(place + 8)?);
        let (captured, length, status) = (at(place + 12)?, at(place + 16)?, at(place + 20)?);
        if status & VLAN_VALID != 0 {
            return None;
        }
        let offset = u16::from_ne_bytes(*block.get(place + 24..)?.first_chunk::<2>()?);
        let start = place + usize::from(offset);
        let time = f64::from(seconds) + f64::from(nanoseconds) / 1e9;
        index.push(time, start, start + captured as usize, length);
        place += step as usize;
    }
    Some(index)
}
