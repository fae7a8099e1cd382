//! The frames inside an Initial packet, of which CRYPTO carries the handshake (RFC 9000 section 19.6).

use super::packets::number;
use crate::readers::{Short, byte};

const PADDING: u8 = 0x00;
const PING: u8 = 0x01;
const ACK: u8 = 0x02;
const ACK_WITH_ECN: u8 = 0x03;
const CRYPTO: u8 = 0x06;
const GOOGLES_PING: u8 = 0x07;
const GOOGLES_CRYPTO: u8 = 0x08;
/// The bits that mark an ACK frame of Google's, and their value.
const GOOGLES_ACK: (u8, u8) = (0xC0, 0x40);
/// Whether such a frame has several blocks.
const SEVERAL_BLOCKS: u8 = 0x20;

/// A part of the handshake, at a place in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crypto<'a> {
    pub(super) start: usize,
    pub(super) bytes: &'a [u8],
}

/// Iterate over the CRYPTO frames of a packet. Frames that do not belong into an Initial packet end it (section 12.4).
pub(super) fn crypto_frames(content: &[u8], googles: bool) -> impl Iterator<Item = Crypto<'_>> {
    let mut place = 0;
    std::iter::from_fn(move || {
        let (crypto, end) = next_crypto(content, place, googles).ok()?;
        place = end;
        Some(crypto)
    })
}

/// Return the next CRYPTO frame from an index on, and the index after it.
fn next_crypto(content: &[u8], mut place: usize, googles: bool) -> Result<(Crypto<'_>, usize), Short> {
    loop {
        let kind = byte(content, place)?;
        match kind {
            PADDING => place += 1,
            PING if !googles => place += 1,
            GOOGLES_PING if googles => place += 1,
            ACK | ACK_WITH_ECN if !googles => place = after_ack(content, place + 1, kind == ACK_WITH_ECN)?,
            CRYPTO if !googles => return crypto(content, place + 1),
            GOOGLES_CRYPTO if googles => return crypto(content, place + 1),
            _ if googles && kind & GOOGLES_ACK.0 == GOOGLES_ACK.1 => place = after_googles_ack(content, place, kind)?,
            _ => return Err(Short),
        }
    }
}

fn crypto(content: &[u8], place: usize) -> Result<(Crypto<'_>, usize), Short> {
    let (start, place) = number(content, place)?;
    let (size, place) = number(content, place)?;
    let end = place.checked_add(size).ok_or(Short)?;
    Ok((Crypto { start, bytes: content.get(place..end).ok_or(Short)? }, end))
}

/// Skip an ACK frame: largest number, delay, number of further ranges, first range, ranges of two numbers (section
/// 19.3).
fn after_ack(content: &[u8], place: usize, with_ecn: bool) -> Result<usize, Short> {
    let (_, place) = number(content, place)?;
    let (_, place) = number(content, place)?;
    let (ranges, mut place) = number(content, place)?;
    let numbers = ranges.checked_mul(2).and_then(|numbers| numbers.checked_add(if with_ecn { 4 } else { 1 }));
    for _ in 0..numbers.ok_or(Short)? {
        (_, place) = number(content, place)?; // ends with the content at the latest
    }
    Ok(place)
}

/// Skip an ACK frame of Google's: largest number, delay, blocks and timestamps, in lengths that its type tells.
fn after_googles_ack(content: &[u8], place: usize, kind: u8) -> Result<usize, Short> {
    let size = |bits: u8| [1, 2, 4, 6].get(usize::from(bits & 3)).copied().unwrap_or_default();
    let (largest, block) = (size(kind >> 2), size(kind));
    let mut place = place + 1 + largest + 2;
    if kind & SEVERAL_BLOCKS != 0 {
        place += 1 + usize::from(byte(content, place)?) * (1 + block);
    }
    place += block;
    let timestamps = usize::from(byte(content, place)?);
    Ok(place + 1 + if timestamps == 0 { 0 } else { 5 + (timestamps - 1) * 3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(content: &[u8], googles: bool) -> Vec<(usize, &[u8])> {
        crypto_frames(content, googles).map(|frame| (frame.start, frame.bytes)).collect()
    }

    #[test]
    fn the_handshake_is_found_between_other_frames() {
        let ack = [2, 0x40, 9, 0, 1, 0, 0, 0];
        let content = [&[0, 0, 1], ack.as_slice(), b"\x06\x40\x05\x03abc", &[0, 0], b"\x06\x00\x05hello"].concat();
        assert_eq!(found(&content, false), [(5, b"abc".as_slice()), (0, b"hello".as_slice())]);
        let with_ecn = [&[3, 9, 0, 0, 0, 1, 1, 1], b"\x06\x00\x01a".as_slice()].concat();
        assert_eq!(found(&with_ecn, false), [(0, b"a".as_slice())]);
    }

    #[test]
    fn other_frames_and_truncated_ones_end_the_packet() {
        let content = b"\x06\x00\x05hello\x1c\x06\x05\x01x";
        assert_eq!(found(content, false), [(0, b"hello".as_slice())]);
        for kept in 0..8 {
            assert!(found(&content[..kept], false).is_empty());
        }
        assert!(found(&[2, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], false).is_empty());
    }

    #[test]
    fn google_had_its_own_numbers_for_frames() {
        let content =
            [[0x40, 1, 0, 0, 1, 0].as_slice(), &[0x60, 1, 0, 0, 1, 1, 1, 1, 0], b"\x07\x08\x00\x02hi"].concat();
        assert_eq!(found(&content, true), [(0, b"hi".as_slice())]);
        assert!(found(b"\x06\x00\x02hi", true).is_empty());
    }
}
