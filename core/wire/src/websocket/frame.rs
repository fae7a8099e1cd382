//! The header of a WebSocket frame (RFC 6455 section 5.2).

use crate::readers::{be16, be64};

/// Bytes of the longest header: a length of 64 bits, and a mask.
pub(super) const LONGEST: usize = 14;
/// Maximum bytes of the payload of a control frame (RFC 6455 section 5.5).
pub(super) const LONGEST_CONTROL: u64 = 125;
/// The bits that extensions may give a meaning.
pub(super) const RESERVED_BITS: u8 = 0x70;
/// The first reserved bit, which permessage-deflate sets on the first frame of a compressed message (RFC 7692 section 6).
pub(super) const COMPRESSED: u8 = 0x40;

/// What a frame carries (RFC 6455 section 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    /// Another fragment of the current message.
    Continuation,
    /// The start of a text or binary message.
    Message,
    /// The closing handshake.
    Close,
    /// A ping or its answer.
    PingOrPong,
    /// A value that no version defines.
    Reserved,
}

impl Opcode {
    fn of(first: u8) -> Self {
        match first & 0x0F {
            0 => Self::Continuation,
            1 | 2 => Self::Message,
            8 => Self::Close,
            9 | 10 => Self::PingOrPong,
            _ => Self::Reserved,
        }
    }

    /// Return whether a frame may come between the fragments of a message, and has no fragments itself.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::PingOrPong)
    }
}

/// A frame without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether this is the last fragment of its message.
    pub(super) last: bool,
    pub(super) reserved_bits: u8,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    /// Bytes of the payload.
    pub(super) length: u64,
    /// Whether the length takes the fewest bytes that it can.
    pub(super) minimal: bool,
}

impl Header {
    /// Return the size of the header that starts with these bytes: 2 as long as they do not tell.
    pub(super) fn size(start: &[u8]) -> usize {
        let Some(second) = start.get(1) else {
            return 2;
        };
        let length = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if second & 0x80 == 0 { 0 } else { 4 }
    }

    /// Return whether an endpoint may send it.
    fn is_plausible(&self) -> bool {
        let fits = match self.opcode {
            Opcode::Reserved => false,
            Opcode::Close | Opcode::PingOrPong => {
                self.last && self.reserved_bits == 0 && self.length <= LONGEST_CONTROL
            }
            Opcode::Continuation | Opcode::Message => self.reserved_bits & !COMPRESSED == 0,
        };
        fits && self.minimal && (self.last || self.length > 0)
    }

    /// Parse a whole header; None if bytes are missing.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (first, second) = (*data.first()?, *data.get(1)?);
        let (length, least) = match second & 0x7F {
            126 => (u64::from(be16(data, 2).ok()?), 126),
            127 => (be64(data, 2).ok()?, 1 << 16),
            short => (u64::from(short), 0),
        };
        let masked = second & 0x80 != 0;
        let mask = if masked { Some(*data.get(..Self::size(data))?.last_chunk()?) } else { None };
        Some(Self {
            last: first & 0x80 != 0,
            reserved_bits: first & RESERVED_BITS,
            opcode: Opcode::of(first),
            mask,
            length,
            minimal: length >= least,
        })
    }
}

/// Return whether a segment that consists of whole frames was masked; None if it is anything else.
///
/// Bytes of another protocol rarely look like this: opcode, bits and length must be valid, and the last frame must end with
/// the segment.
pub(crate) fn whole_frames(segment: &[u8]) -> Option<bool> {
    let (mut rest, mut masked) = (segment, None);
    while !rest.is_empty() {
        let header = Header::parse(rest).filter(Header::is_plausible)?;
        if *masked.get_or_insert(header.mask.is_some()) != header.mask.is_some() {
            return None;
        }
        let size = usize::try_from(header.length).ok()?.checked_add(Header::size(rest))?;
        rest = rest.get(size..)?;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_three_sizes() {
        for (data, size, length, minimal) in [
            (b"\x82\x7d".as_slice(), 2, 125, true),
            (b"\x82\x7e\x00\x7e", 4, 126, true),
            (b"\x82\x7e\x00\x7d", 4, 125, false),
            (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10, 65536, true),
            (b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, 65535, false),
            (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask", 14, u64::MAX, true),
        ] {
            let header = Header::parse(data).unwrap();
            assert_eq!((Header::size(data), header.length, header.minimal), (size, length, minimal));
            assert_eq!(header.mask, (size == LONGEST).then_some(*b"mask"));
            assert!((0..size).all(|cut| Header::parse(&data[..cut]).is_none()));
        }
    }

    #[test]
    fn whole_frames_fill_a_segment() {
        for (segment, masked) in [
            (b"\x81\x02hi\x89\x00".as_slice(), Some(false)),
            (b"\x82\x82maskhi", Some(true)),
            (b"\x81\x02hi\x89\x80mask", None),
            (b"\x81\x02h", None),
            (b"\x81\x02hi!", None),
            (b"\x83\x00", None),
            (b"\xA1\x00", None),
            (b"\x09\x00", None),
            (b"\0\0\0\0", None),
            (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"", None),
        ] {
            assert_eq!(whole_frames(segment), masked, "{}", segment.escape_ascii());
        }
    }

    #[test]
    fn the_first_byte_says_what_the_frame_carries() {
        let parts = |first| {
            let header = Header::parse(&[first, 0]).unwrap();
            (header.last, header.reserved_bits, header.opcode)
        };
        assert_eq!(parts(0x01), (false, 0, Opcode::Message));
        assert_eq!(parts(0x80), (true, 0, Opcode::Continuation));
        assert_eq!(parts(0xC2), (true, COMPRESSED, Opcode::Message));
        assert_eq!(parts(0x88), (true, 0, Opcode::Close));
        assert_eq!(parts(0x8A), (true, 0, Opcode::PingOrPong));
        assert_eq!(parts(0xFB), (true, RESERVED_BITS, Opcode::Reserved));
    }
}
