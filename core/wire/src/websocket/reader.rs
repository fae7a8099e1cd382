//! The frames of one side of a WebSocket (RFC 6455 section 5), split into segments anywhere.
//!
//! Payloads are skipped by their length; only that of a Close frame is kept. Compressed messages (RFC 7692) are measured
//! as they were sent. A gap inside a payload is skipped too, since the frame ends where its length says. After any other
//! gap, and after a frame that no endpoint accepts, nobody knows where the next one starts: bytes are still counted, but
//! no more messages.

use super::close::Close;
use super::frame::{COMPRESSED, Header, LONGEST, LONGEST_CONTROL, Opcode, RESERVED_BITS};
use crate::context::Context;

/// The extensions that both sides agreed on, as far as they affect frames (RFC 6455 section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extensions {
    /// None: the reserved bits are 0.
    Absent,
    /// permessage-deflate alone (RFC 7692).
    Deflate,
    /// Others, which may use all reserved bits; or it is unknown which.
    Other,
}

impl Extensions {
    fn allow(self, header: &Header) -> bool {
        let bits = match self {
            Self::Deflate if header.opcode == Opcode::Message => COMPRESSED,
            Self::Absent | Self::Deflate => 0,
            Self::Other => RESERVED_BITS,
        };
        header.reserved_bits & !bits == 0
    }
}

/// What was counted of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// Messages that were sent completely.
    pub(crate) messages: u64,
    /// Bytes of their payloads, as sent, including missing ones; once frames are lost, all bytes.
    pub(crate) bytes: u64,
    /// Pings, pongs and Close frames.
    pub(crate) control_frames: u64,
    /// Frames that continue a message.
    pub(crate) fragments: u64,
    /// Bytes that the capture lost.
    pub(crate) missing: u64,
    /// When the first message ended, if that was captured.
    pub(crate) first_message: Option<Option<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Within a header, or between two frames.
    Header,
    /// Within a payload, of which so many bytes are missing.
    Payload(Header, u64),
    /// Behind the Close frame, which is the last one (RFC 6455 section 5.5.1).
    Closed,
    /// It is unknown where frames start.
    Lost,
}

/// Reads the frames of one side.
#[derive(Debug)]
pub(crate) struct FrameReader {
    pub(crate) tally: Tally,
    pub(crate) close: Close,
    pub(crate) oddities: Vec<&'static str>,
    /// Whether this is the client, which must mask what it sends (RFC 6455 section 5.3).
    masks: bool,
    extensions: Extensions,
    state: State,
    /// The part of a header that came in earlier segments.
    start: [u8; LONGEST],
    started: usize,
    /// Whether fragments of the current message are to come.
    unfinished: bool,
}

impl FrameReader {
    pub(crate) fn new(masks: bool, extensions: Extensions) -> Self {
        Self {
            tally: Tally::default(),
            close: Close::default(),
            oddities: Vec::new(),
            masks,
            extensions,
            state: State::Header,
            start: [0; LONGEST],
            started: 0,
            unfinished: false,
        }
    }

    /// Return whether its Close frame was seen.
    pub(crate) fn closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Return whether it is unknown where frames start.
    pub(crate) fn lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Read the next bytes, captured at `time`.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, mut data: &[u8], time: f64) {
        while !data.is_empty() {
            let taken = match self.state {
                State::Header => self.header(cx, data, time),
                State::Payload(header, remaining) => {
                    let size = remaining.min(data.len() as u64) as usize;
                    let part = data.get(..size).unwrap_or(data);
                    if header.opcode == Opcode::Close {
                        self.close.add(part, header.mask, header.length - remaining);
                    }
                    self.passed(cx, header, remaining, size as u64, Some(time));
                    size
                }
                State::Closed => return self.note(cx, "bytes after a WebSocket close"),
                State::Lost => {
                    self.tally.bytes += data.len() as u64;
                    return;
                }
            };
            data = data.get(taken..).unwrap_or_default();
        }
    }

    /// Skip `size` bytes that the capture lost.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, size: u64) {
        self.tally.missing = self.tally.missing.saturating_add(size);
        match self.state {
            State::Payload(header, remaining) if size <= remaining => {
                if header.opcode == Opcode::Close {
                    self.close.cut();
                }
                self.passed(cx, header, remaining, size, None);
            }
            State::Closed => {}
            _ => {
                self.tally.bytes = self.tally.bytes.saturating_add(size);
                self.lose();
            }
        }
    }

    /// Give up finding frames, because an unknown number of bytes is missing.
    pub(crate) fn lose(&mut self) {
        self.state = State::Lost;
    }

    /// Count an oddity of this WebSocket.
    pub(crate) fn note(&mut self, cx: &mut Context<'_>, oddity: &'static str) {
        cx.odd(oddity);
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// Read bytes of a header; return how many.
    fn header(&mut self, cx: &mut Context<'_>, data: &[u8], time: f64) -> usize {
        let mut taken = 0;
        while self.started < Header::size(self.known()) {
            let (Some(byte), Some(place)) = (data.get(taken), self.start.get_mut(self.started)) else {
                return taken;
            };
            *place = *byte;
            self.started += 1;
            taken += 1;
        }
        if let Some(header) = Header::parse(self.known()) {
            self.started = 0;
            self.begin(cx, header, time);
        }
        taken
    }

    fn known(&self) -> &[u8] {
        self.start.get(..self.started).unwrap_or_default()
    }

    /// Start a frame.
    fn begin(&mut self, cx: &mut Context<'_>, header: Header, time: f64) {
        // An endpoint fails the connection on each of these (RFC 6455 section 5.2).
        if header.opcode == Opcode::Reserved || header.length > i64::MAX as u64 || !self.extensions.allow(&header) {
            self.note(cx, "bad WebSocket frame");
            return self.lose();
        }
        self.judge(cx, &header);
        self.unfinished |= header.opcode == Opcode::Message;
        self.passed(cx, header, header.length, 0, Some(time));
    }

    /// Note what a frame must not do, although it is clear where it ends.
    fn judge(&mut self, cx: &mut Context<'_>, header: &Header) {
        match (self.masks, header.mask) {
            (true, None) => self.note(cx, "WebSocket client without mask"),
            (false, Some(_)) => self.note(cx, "WebSocket server with mask"),
            _ => {}
        }
        if !header.minimal {
            self.note(cx, "WebSocket length not minimal");
        }
        match header.opcode {
            Opcode::Message if self.unfinished => self.note(cx, "WebSocket message within another"),
            Opcode::Continuation if !self.unfinished => self.note(cx, "WebSocket fragment without a message"),
            opcode if opcode.is_control() && !header.last => self.note(cx, "WebSocket control frame in fragments"),
            opcode if opcode.is_control() && header.length > LONGEST_CONTROL => {
                self.note(cx, "WebSocket control frame too long");
            }
            _ => {}
        }
    }

    /// Leave `size` of the `remaining` bytes of a payload behind, and end the frame behind the last one.
    fn passed(&mut self, cx: &mut Context<'_>, header: Header, remaining: u64, size: u64, time: Option<f64>) {
        if !header.opcode.is_control() {
            self.tally.bytes = self.tally.bytes.saturating_add(size);
        }
        self.state = State::Payload(header, remaining - size);
        if remaining == size {
            self.state = State::Header;
            self.ended(cx, header, time);
        }
    }

    fn ended(&mut self, cx: &mut Context<'_>, header: Header, time: Option<f64>) {
        self.tally.control_frames += u64::from(header.opcode.is_control());
        self.tally.fragments += u64::from(header.opcode == Opcode::Continuation);
        match header.opcode {
            Opcode::Close => {
                self.state = State::Closed;
                if self.close.is_bad() {
                    self.note(cx, "bad WebSocket close");
                }
            }
            Opcode::Message | Opcode::Continuation if header.last && self.unfinished => {
                self.unfinished = false;
                self.tally.messages += 1;
                self.tally.first_message.get_or_insert(time);
            }
            _ => {}
        }
    }
}
