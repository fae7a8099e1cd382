//! The head of an HTTP/2 frame, and the rules that tell whether nine bytes are one (RFC 9113 sections 4.1 and 6).

use crate::readers::be32;

/// Bytes of a frame head.
pub(super) const HEAD: usize = 9;
/// Maximum payload unless a peer allows more (RFC 9113 section 6.5.2).
pub(super) const USUAL_LENGTH: usize = 1 << 14;
/// Maximum setting of that limit.
pub(super) const LONGEST: usize = (1 << 24) - 1;

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const ACK: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Types of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    Promise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// An extension, to be ignored (RFC 9113 section 5.5).
    Other,
}

impl Kind {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::Reset,
            4 => Self::Settings,
            5 => Self::Promise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            _ => Self::Other,
        }
    }

    /// Return whether the payload is needed as a whole.
    pub(super) fn is_read(self) -> bool {
        use Kind::{Continuation, GoAway, Headers, Promise, Reset, Settings, WindowUpdate};
        matches!(self, Headers | Promise | Continuation | Reset | GoAway | Settings | WindowUpdate)
    }

    /// Return the flags that are defined.
    fn flags(self) -> u8 {
        match self {
            Self::Data => END_STREAM | PADDED,
            Self::Headers => END_STREAM | END_HEADERS | PADDED | PRIORITY,
            Self::Settings | Self::Ping => ACK,
            Self::Promise => END_HEADERS | PADDED,
            Self::Continuation => END_HEADERS,
            _ => 0,
        }
    }
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Bytes of the payload.
    pub(super) length: usize,
    pub(super) kind: Kind,
    pub(super) flags: u8,
    /// The stream; 0 is the connection.
    pub(super) stream: u32,
    /// Whether the reserved bit is set, which nobody does.
    reserved: bool,
}

impl Frame {
    /// Stands for no frame.
    pub(super) const NONE: Self = Self { length: 0, kind: Kind::Other, flags: 0, stream: 0, reserved: false };

    /// Read the head of a frame; None if there are too few bytes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [high, middle, low, kind, flags, ..] = *bytes else {
            return None;
        };
        let stream = be32(bytes, 5).ok()?;
        Some(Self {
            length: usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low),
            kind: Kind::of(kind),
            flags,
            stream: stream & 0x7FFF_FFFF,
            reserved: stream >> 31 != 0,
        })
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn is_padded(&self) -> bool {
        self.has(PADDED)
    }

    /// Return whether a receiver would take it: its length and stream fit its type. Undefined flags are ignored.
    pub(super) fn is_valid(&self) -> bool {
        let on_stream = self.stream != 0;
        match self.kind {
            Kind::Data | Kind::Headers | Kind::Continuation => on_stream,
            Kind::Priority => on_stream && self.length == 5,
            Kind::Reset => on_stream && self.length == 4,
            Kind::Settings if self.has(ACK) => !on_stream && self.length == 0,
            Kind::Settings => !on_stream && self.length.is_multiple_of(6),
            Kind::Promise => on_stream && self.length >= 4,
            Kind::Ping => !on_stream && self.length == 8,
            Kind::GoAway => !on_stream && self.length >= 8,
            Kind::WindowUpdate => self.length == 4,
            Kind::Other => true,
        }
    }

    /// Return whether it is as senders write it: a proof that the bytes are a frame counts nothing else.
    pub(super) fn is_usual(&self) -> bool {
        let defined = self.kind != Kind::Other && self.flags & !self.kind.flags() == 0 && !self.reserved;
        defined && self.is_valid() && self.length <= USUAL_LENGTH
    }
}

/// Return the part of the payload of HEADERS or PUSH_PROMISE that belongs to the header block, without padding and
/// priority (RFC 9113 section 6.2); None if it is too short for them.
pub(super) fn fragment<'a>(frame: &Frame, payload: &'a [u8]) -> Option<&'a [u8]> {
    let (padding, rest) = match payload {
        [padding, rest @ ..] if frame.is_padded() => (usize::from(*padding), rest),
        [] if frame.is_padded() => return None,
        _ => (0, payload),
    };
    let content = rest.get(..rest.len().checked_sub(padding)?)?;
    if frame.kind == Kind::Headers && frame.has(PRIORITY) { content.get(5..) } else { Some(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(length: u8, kind: u8, flags: u8, stream: u32) -> Frame {
        Frame::parse(&[[0, 0, length, kind, flags].as_slice(), &stream.to_be_bytes()].concat()).unwrap()
    }

    #[test]
    fn lengths_and_streams_fit_the_types() {
        for (frame, valid) in [
            (head(5, 0, 0, 1), true),
            (head(5, 0, 0, 0), false),
            (head(5, 2, 0, 1), true),
            (head(6, 2, 0, 1), false),
            (head(4, 3, 0, 1), true),
            (head(12, 4, 0, 0), true),
            (head(13, 4, 0, 0), false),
            (head(6, 4, 1, 0), false),
            (head(8, 6, 0, 0), true),
            (head(8, 6, 0, 1), false),
            (head(4, 8, 0, 7), true),
            (head(7, 7, 0, 0), false),
            (head(99, 16, 0, 0), true),
        ] {
            assert_eq!(frame.is_valid(), valid, "{frame:?}");
        }
    }

    #[test]
    fn undefined_flags_and_types_prove_nothing() {
        assert!(head(5, 0, END_STREAM, 1).is_usual());
        assert!(!head(5, 0, END_HEADERS, 1).is_usual());
        assert!(!head(5, 0, 0, 1 | 1 << 31).is_usual());
        assert!(!head(5, 16, 0, 0).is_usual());
    }

    #[test]
    fn padding_and_priority_are_no_part_of_a_block() {
        let frame = |flags| Frame { length: 9, kind: Kind::Headers, flags, stream: 1, reserved: false };
        assert_eq!(fragment(&frame(0), b"block"), Some(b"block".as_slice()));
        assert_eq!(fragment(&frame(PADDED), b"\x02block\0\0"), Some(b"block".as_slice()));
        assert_eq!(fragment(&frame(PADDED | PRIORITY), b"\x01\0\0\0\0\x10block\0"), Some(b"block".as_slice()));
        assert_eq!(fragment(&frame(PADDED), b"\x06block"), None);
        assert_eq!(fragment(&frame(PRIORITY), b"\0\0"), None);
    }
}
