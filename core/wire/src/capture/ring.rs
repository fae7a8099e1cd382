//! Frames of a TPACKET_V3 ring block (linux/if_packet.h), whose numbers are in host byte order.
//!
//! The kernel removes VLAN tags from frames, and the whole link-layer header for a cooked socket, and stores them
//! beside the frame. Both are restored in the space of the record's own header, which has room for them.

use super::{Index, number};

const LITTLE_ENDIAN: bool = cfg!(target_endian = "little");
/// Bytes of a record before its frame: `struct tpacket3_hdr` and `struct sockaddr_ll`.
const HEAD: usize = 68;
/// Offset of the frame's protocol in the socket address.
const PROTOCOL: usize = 50;
/// Status bits: the kernel removed a VLAN tag, and recorded the tag's protocol.
const VLAN_VALID: u32 = 1 << 4;
const TPID_VALID: u32 = 1 << 6;
/// Protocol of a VLAN tag for which none was recorded.
const VLAN: u16 = 0x8100;
/// Bytes of an Ethernet header before a VLAN tag.
const ADDRESSES: usize = 12;
/// Bytes of a LINKTYPE_LINUX_SLL2 header.
const COOKED_SIZE: usize = 20;

/// The protocol and the value of a VLAN tag, in network byte order.
type Tag = [[u8; 2]; 2];

/// A frame within its record.
struct Found {
    /// Offset of the next record; 0 for the last one.
    step: usize,
    time: f64,
    start: usize,
    stop: usize,
    length: i64,
}

/// Return the frames of a block as they were on the wire, with a LINKTYPE_LINUX_SLL2 header if the socket is `cooked`.
///
/// The frames end before the first invalid record.
#[must_use]
pub fn ring(block: &mut [u8], cooked: bool) -> Index {
    let mut index = Index { next: block.len(), ..Index::default() };
    let at = |place| number(block, place, LITTLE_ENDIAN).unwrap_or_default();
    let (count, mut place) = (at(12), at(16) as usize);
    for _ in 0..count {
        let Some(found) = block.get_mut(place..).and_then(|record| frame(record, cooked)) else { break };
        index.push(found.time, place + found.start, place + found.stop, found.length);
        if found.step == 0 {
            break;
        }
        place = place.saturating_add(found.step);
    }
    index
}

/// Restore the frame of a record; None if it overlaps its header or the next record.
fn frame(record: &mut [u8], cooked: bool) -> Option<Found> {
    let at = |place| number(record, place, LITTLE_ENDIAN);
    let (step, seconds, nanoseconds) = (at(0)? as usize, at(4)?, at(8)?);
    let (captured, length) = (at(12)? as usize, at(16)?);
    let start = usize::from(u16::from_ne_bytes(two(record, 24)?));
    let stop = start.checked_add(captured)?;
    if start < HEAD || stop > if step == 0 { record.len() } else { step.min(record.len()) } {
        return None;
    }
    let tag = tag(record)?;
    let added = if cooked { cook(record, start, tag)? } else { put_back(record, start, captured, tag) };
    Some(Found {
        step,
        time: f64::from(seconds) + f64::from(nanoseconds) / 1e9,
        start: start - added,
        stop,
        length: i64::from(length) + added as i64,
    })
}

/// Return the VLAN tag that was removed from a frame, if any.
fn tag(record: &[u8]) -> Option<Option<Tag>> {
    let status = number(record, 20, LITTLE_ENDIAN)?;
    let value = number(record, 32, LITTLE_ENDIAN)? as u16;
    let protocol = if status & TPID_VALID == 0 { VLAN } else { u16::from_ne_bytes(two(record, 36)?) };
    Some((status & VLAN_VALID != 0).then_some([protocol.to_be_bytes(), value.to_be_bytes()]))
}

/// Move the addresses of an Ethernet frame forward to insert the tag after them; return the bytes added.
fn put_back(record: &mut [u8], start: usize, captured: usize, tag: Option<Tag>) -> usize {
    let Some(tag) = tag else { return 0 };
    let bytes = tag.as_flattened();
    let (from, addresses) = (start - bytes.len(), ADDRESSES.min(captured));
    record.copy_within(start..start + addresses, from);
    put(record, from + addresses, bytes);
    bytes.len()
}

/// Build the cooked header of a frame from its socket address; return the bytes added.
fn cook(record: &mut [u8], start: usize, tag: Option<Tag>) -> Option<usize> {
    let address: [u8; HEAD - PROTOCOL] = *record.get(PROTOCOL..)?.first_chunk()?;
    let [p0, p1, i0, i1, i2, i3, h0, h1, kind_and_sender @ ..] = address;
    let (protocol, tagged) = match tag {
        Some([protocol, value]) => (protocol, Some([value, [p0, p1]])),
        None => ([p0, p1], None),
    };
    let interface = u32::from_ne_bytes([i0, i1, i2, i3]);
    let hardware = u16::from_ne_bytes([h0, h1]);
    let behind = tagged.as_ref().map(|tagged| tagged.as_flattened()).unwrap_or_default();
    let added = COOKED_SIZE + behind.len();
    let from = start - added;
    put(record, from, &protocol);
    put(record, from + 2, &[0; 2]);
    put(record, from + 4, &interface.to_be_bytes());
    put(record, from + 8, &hardware.to_be_bytes());
    put(record, from + 10, &kind_and_sender);
    put(record, from + COOKED_SIZE, behind);
    Some(added)
}

fn put(record: &mut [u8], place: usize, bytes: &[u8]) {
    if let Some(room) = record.get_mut(place..).and_then(|rest| rest.get_mut(..bytes.len())) {
        room.copy_from_slice(bytes);
    }
}

fn two(record: &[u8], place: usize) -> Option<[u8; 2]> {
    record.get(place..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The description of a frame in its record.
    #[derive(Clone)]
    struct Record {
        /// Offset of the frame.
        offset: u16,
        status: u32,
        tci: u32,
        tpid: u16,
        data: Vec<u8>,
    }

    impl Record {
        fn plain(data: &[u8]) -> Self {
            Self { offset: 82, status: 1, tci: 0, tpid: 0, data: data.to_vec() }
        }

        fn tagged(data: &[u8], tpid: Option<u16>) -> Self {
            let status = if tpid.is_some() { VLAN_VALID | TPID_VALID } else { VLAN_VALID };
            Self { status, tci: 0x2007, tpid: tpid.unwrap_or(0xDEAD), ..Self::plain(data) }
        }

        fn bytes(&self, step: usize) -> Vec<u8> {
            let numbers = [step as u32, 7, 500_000_000, self.data.len() as u32, 1000, self.status];
            let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u32::to_ne_bytes).collect();
            bytes.extend([self.offset.to_ne_bytes(), [0; 2], [0; 2], [0; 2]].concat());
            bytes.extend([self.tci.to_ne_bytes().as_slice(), &self.tpid.to_ne_bytes(), &[0; 10]].concat());
            let interface = 3_i32.to_ne_bytes();
            bytes.extend([17_u16.to_ne_bytes().as_slice(), &[8, 0], &interface, &772_u16.to_ne_bytes()].concat());
            bytes.extend([4, 6, 1, 2, 3, 4, 5, 6, 0, 0]);
            bytes.resize(usize::from(self.offset), b'.');
            [bytes, self.data.clone()].concat()
        }
    }

    fn block(records: &[Record]) -> Vec<u8> {
        let head = [[0; 3].as_slice(), &[records.len() as u32, 20]].concat();
        let mut bytes: Vec<u8> = head.into_iter().flat_map(u32::to_ne_bytes).collect();
        for (number, record) in records.iter().enumerate() {
            let size = usize::from(record.offset) + record.data.len();
            bytes.extend(record.bytes(if number + 1 == records.len() { 0 } else { size }));
        }
        bytes
    }

    /// Return the bytes and the length of each frame.
    fn frames(mut block: Vec<u8>, cooked: bool) -> Vec<(Vec<u8>, i64)> {
        let index = ring(&mut block, cooked);
        assert!(index.times.iter().all(|time| *time == 7.5));
        let places = index.starts.iter().zip(&index.stops);
        let bytes = places.map(|(start, stop)| block[*start as usize..*stop as usize].to_vec());
        bytes.zip(index.lengths).collect()
    }

    const FRAME: &[u8] = b"abcdefABCDEF\x08\x00rest";
    const COOKED: &[u8] = b"\0\0\0\0\0\x03\x03\x04\x04\x06\x01\x02\x03\x04\x05\x06\0\0";

    #[test]
    fn consecutive_frames_are_found() {
        let mut block = block(&[Record::plain(b"abcd"), Record::plain(b"xyz")]);
        let before = block.clone();
        let index = ring(&mut block, false);
        assert_eq!((index.starts, index.stops), (vec![102, 188], vec![106, 191]));
        assert_eq!((index.times, index.lengths), (vec![7.5, 7.5], vec![1000, 1000]));
        assert_eq!(block, before);
    }

    #[test]
    fn a_tag_is_restored_after_the_addresses() {
        let records = [Record::plain(FRAME), Record::tagged(FRAME, None), Record::tagged(FRAME, Some(0x88A8))];
        let expected = [
            (FRAME.to_vec(), 1000),
            (b"abcdefABCDEF\x81\x00\x20\x07\x08\x00rest".to_vec(), 1004),
            (b"abcdefABCDEF\x88\xA8\x20\x07\x08\x00rest".to_vec(), 1004),
        ];
        assert_eq!(frames(block(&records), false), expected);
    }

    #[test]
    fn a_frame_truncated_within_its_addresses_ends_with_the_tag() {
        assert_eq!(frames(block(&[Record::tagged(b"abc", None)]), false), [(b"abc\x81\x00\x20\x07".to_vec(), 1004)]);
    }

    #[test]
    fn a_cooked_frame_gets_a_header_built_from_its_address() {
        let inner = b"\x20\x07\x08\x00packet".as_slice();
        let records = [Record::plain(b"packet"), Record::tagged(b"packet", None)];
        let expected =
            [([b"\x08\x00", COOKED, b"packet"].concat(), 1020), ([b"\x81\x00", COOKED, inner].concat(), 1024)];
        assert_eq!(frames(block(&records), true), expected);
    }

    #[test]
    fn headers_fit_where_the_kernel_leaves_least_room() {
        let close = |record: Record| Record { offset: HEAD as u16, ..record };
        let records = [close(Record::tagged(FRAME, None)), close(Record::plain(FRAME))];
        assert_eq!(frames(block(&records), false)[0].0, b"abcdefABCDEF\x81\x00\x20\x07\x08\x00rest");
        let cooked = frames(block(&records), true);
        assert_eq!(cooked[0].0, [b"\x81\x00", COOKED, b"\x20\x07\x08\x00", FRAME].concat());
        assert_eq!(cooked[1].0, [b"\x08\x00", COOKED, FRAME].concat());
    }

    #[test]
    fn a_block_ends_before_an_invalid_record() {
        let whole = block(&[Record::plain(b"abcd"), Record::plain(b"wxyz")]);
        let with = |place: usize, value: u32| {
            let mut block = whole.clone();
            block[place..place + 4].copy_from_slice(&value.to_ne_bytes());
            ring(&mut block, false).times.len()
        };
        let second = 20 + 86;
        assert_eq!(with(second, 0), 2);
        assert_eq!(with(second + 12, 5), 1, "it goes beyond the block");
        assert_eq!(with(second + 12, u32::MAX), 1);
        assert_eq!(with(second + 24, 67), 1, "it begins within its address");
        assert_eq!(with(20, 85), 0, "it reaches into the next one");
        assert_eq!(with(20, u32::MAX), 1, "the next one is beyond the block");
        assert_eq!(with(20, 0), 1, "it is the last one");
        assert_eq!((with(12, 1), with(12, u32::MAX)), (1, 2), "of so many");
        assert_eq!((with(16, 0), with(16, u32::MAX)), (0, 0), "the first one is nowhere");
    }

    #[test]
    fn a_truncated_block_yields_its_complete_frames() {
        let whole = block(&[Record::tagged(FRAME, None), Record::plain(FRAME)]);
        for cooked in [false, true] {
            let counts = (0..=whole.len()).map(|size| frames(whole[..size].to_vec(), cooked).len());
            let (first, second) = (20 + 82 + FRAME.len(), whole.len());
            assert!(
                counts
                    .enumerate()
                    .all(|(size, count)| count == usize::from(size >= first) + usize::from(size == second))
            );
        }
    }

    #[test]
    fn hostile_headers_find_frames_within_the_block_only() {
        let whole = block(&[Record::tagged(FRAME, None), Record::plain(FRAME), Record::tagged(FRAME, Some(0x9100))]);
        for place in 0..whole.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                for cooked in [false, true] {
                    let mut block = whole.clone();
                    block[place] = value;
                    let index = ring(&mut block, cooked);
                    let mut places = index.starts.iter().zip(&index.stops);
                    assert!(places.all(|(start, stop)| 0 < *start && start <= stop && *stop <= block.len() as i64));
                }
            }
        }
    }
}
