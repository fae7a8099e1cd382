//! Unencrypted IEEE 802.11 frames, and the headers that capturing radios prepend.

use super::layers::{LINK, LLC, Malformed, NOTHING, Step};
use crate::readers::{Short, be32, byte, le16, le32};

const WIFI: u32 = LINK | 105;
const PRISM: u32 = 0x0000_0044;
const AVS: u32 = 0x8021_1001;
const TO_AND_FROM_ACCESS_POINTS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
const QOS: u8 = 0x80;
const NO_CONTENT: u8 = 0x40;
const AGGREGATED: u8 = 0x80;

/// Parse a data frame (IEEE 802.11 section 9.3.2): addresses, then LLC.
pub(super) fn wifi(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let (control, flags) = (byte(data, start)?, byte(data, start + 1)?);
    if control & 0x0F != 0x08 || control & NO_CONTENT != 0 {
        return Ok(Step::to(NOTHING, start)); // management, control and extension frames; data frames without data
    }
    if flags & PROTECTED != 0 {
        return Err(Malformed("encrypted 802.11 frame"));
    }
    let four_addresses = flags & TO_AND_FROM_ACCESS_POINTS == TO_AND_FROM_ACCESS_POINTS;
    let place = start + if four_addresses { 30 } else { 24 };
    let quality = if control & QOS == 0 { 0 } else { quality_size(data, place, flags)? };
    Ok(Step::to(LLC, place + quality))
}

/// Return the length of the quality-of-service field and everything else before LLC.
fn quality_size(data: &[u8], place: usize, flags: u8) -> Result<usize, Short> {
    let control = if flags & ORDER != 0 { 6 } else { 2 };
    // An aggregated frame has the addresses and the length of its first subframe before LLC.
    let aggregated = byte(data, place)? & AGGREGATED != 0;
    Ok(if aggregated { control + 14 } else { control })
}

/// Parse an 802.11 frame whose header the radio padded to a multiple of four bytes.
fn padded(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let step = wifi(data, start)?;
    Ok(Step { start: start + (step.start - start).next_multiple_of(4), ..step })
}

/// Radiotap (https://www.radiotap.org): its length, and in its flags whether the next header is padded.
pub(super) fn radiotap(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let size = usize::from(le16(data, start + 2)?);
    if size < 8 {
        return Err(Malformed("bad radiotap header"));
    }
    if is_padded(data, start)? { padded(data, start + size) } else { wifi(data, start + size) }
}

/// Skip the words of present fields, which may announce another word; a timer of eight bytes may precede the flags.
fn is_padded(data: &[u8], start: usize) -> Result<bool, Short> {
    let present = le32(data, start + 4)?;
    let (mut place, mut word) = (start + 8, present);
    while word & 0x8000_0000 != 0 {
        word = le32(data, place)?;
        place += 4;
    }
    if present & 1 != 0 {
        place = start + (place - start).next_multiple_of(8) + 8;
    }
    Ok(present & 2 != 0 && byte(data, place)? & 0x20 != 0)
}

/// Prism or, with the same link type, AVS; each has a length field in its machine's byte order.
pub(super) fn prism(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let kind = be32(data, start)?;
    let big_endian = kind >> 12 == AVS >> 12 || kind == PRISM;
    let size = if big_endian { be32(data, start + 4)? } else { le32(data, start + 4)? };
    Ok(Step::to(WIFI, start + (size as usize).min(data.len())))
}

/// Per-Packet Information: version, flags, length, then the link type of the payload.
pub(super) fn ppi(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let size = usize::from(le16(data, start + 2)?);
    if size < 8 {
        return Err(Malformed("bad PPI header"));
    }
    Ok(Step::to(LINK | le32(data, start + 4)? & 0xFFFF, start + size))
}
