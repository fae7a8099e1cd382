//! Reads the frames of one direction, however they are split into segments (RFC 9113 section 4).
//!
//! The content of DATA is passed on where it lies, without its padding, and nothing of it is kept. Bytes that the
//! capture lost are just a number: inside a frame they are counted, and reading goes on. Elsewhere the reader is lost
//! until a chain of frames proves where one starts.

use std::borrow::Cow;

use super::chain::Found;
use super::frame::{Frame, HEAD, Kind, LONGEST, USUAL_LENGTH};
use crate::context::Context;
use crate::tcp::Position;

/// Start of the preface, which the capture may have cut; no other request has this method (RFC 9113 section 11.6).
pub(crate) const HTTP2_START: &[u8] = b"PRI * ";
/// What the client sends first (RFC 9113 section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The preface, of which so many bytes have come.
    Preface(usize),
    #[default]
    Head,
    /// The byte that tells the padding of DATA.
    Padding,
    /// The content of DATA.
    Content,
    /// A payload that is read as a whole.
    Kept,
    /// A payload, or the rest of one, that is not needed.
    Skipped,
    /// So many bytes before the preface: the body of an HTTP/1 request that asked for HTTP/2.
    Body(u64),
    /// So many bytes before what is the head of a frame if the one before it was one.
    Likely(usize),
    /// It is not known where frames start.
    Lost,
}

/// What bytes were.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Nothing to report yet.
    Nothing,
    /// Content of DATA, and whether its frame ended.
    Content(&'a [u8], bool),
    /// The last byte of a frame. The payload is None if a part of it was lost, and empty if it is not needed.
    Frame(Option<Cow<'a, [u8]>>),
    /// No frame.
    Broken,
}

/// What missing bytes were.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// So many bytes of the content of DATA, and whether the frame ended.
    Content(usize, bool),
    /// Part of another payload, and whether the frame ended.
    Payload(bool),
    /// Whole frames, perhaps, after so many bytes of the content of DATA.
    Frames(usize),
    /// Bytes that were of no use already.
    Nothing,
}

/// Reads one direction.
#[derive(Debug)]
pub(super) struct FrameReader {
    state: State,
    head: [u8; HEAD],
    /// Bytes of the head that have come.
    head_size: usize,
    /// The current or last frame.
    pub(super) frame: Frame,
    /// Where it starts.
    pub(super) place: Position,
    /// Bytes of its payload that have not come, and how many of them are padding.
    remaining: usize,
    padding: usize,
    /// Whether a part of its payload was lost.
    damaged: bool,
    /// The part of a payload that came in earlier segments.
    held: Vec<u8>,
    /// The longest payload that the peer allows.
    longest: usize,
}

impl FrameReader {
    fn new(state: State, longest: usize) -> Self {
        Self {
            state,
            head: [0; HEAD],
            head_size: 0,
            frame: Frame::NONE,
            place: Position::default(),
            remaining: 0,
            padding: 0,
            damaged: false,
            held: Vec::new(),
            longest,
        }
    }

    /// Create the reader of a client that has sent `read` bytes of the preface, or that sends the preface after `body`
    /// bytes of an HTTP/1 request.
    pub(super) fn client(read: usize, body: u64) -> Self {
        Self::new(if body > 0 { State::Body(body) } else { preface_after(read) }, USUAL_LENGTH)
    }

    /// Create the reader of a server from its first byte on.
    pub(super) fn server() -> Self {
        Self::new(State::Head, USUAL_LENGTH)
    }

    /// Create a reader that starts with a frame, or is lost, in the middle of a connection.
    pub(super) fn joined(lost: bool) -> Self {
        Self::new(if lost { State::Lost } else { State::Head }, LONGEST)
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Return where the frame started that is kept until its end comes, and the bytes of it that have come.
    pub(super) fn unfinished(&self) -> Option<(Position, usize)> {
        let begun = self.state == State::Kept || (self.state == State::Head && self.head_size > 0);
        begun.then_some((self.place, self.held.len() + self.head_size))
    }

    /// Return whether nothing was read yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.state == State::Head && self.head_size == 0 && self.frame == Frame::NONE
    }

    /// Return whether it does not know where frames start.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost | State::Likely(0))
    }

    /// Return whether the next byte should be the head of a frame, because of the one before it.
    pub(super) fn expects_head(&self) -> bool {
        self.state == State::Likely(0)
    }

    /// Allow payloads of `size` bytes, as the peer does (RFC 9113 section 6.5.2).
    pub(super) fn allow(&mut self, size: usize) {
        self.longest = self.longest.max(size);
    }

    /// Read on where frames were found.
    pub(super) fn resume(&mut self, found: Found) {
        self.state = match found {
            Found::Frames => State::Head,
            Found::Likely(beyond) => State::Likely(beyond),
        };
    }

    /// Note that there is no frame where one was expected.
    pub(super) fn not_found(&mut self) {
        self.state = State::Lost;
    }

    /// Give up the current frame, and read nothing until frames are found.
    pub(super) fn lose(&mut self, cx: &mut Context<'_>) {
        self.release(cx);
        self.head_size = 0;
        self.state = State::Lost;
        self.longest = LONGEST; // a change of it may have been lost
    }

    /// Empty the buffer.
    pub(super) fn release(&mut self, cx: &mut Context<'_>) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        cx.release(held.len());
        held
    }

    /// Read the start of `data`; return how many bytes that took, and what they were.
    pub(super) fn next<'a>(&mut self, cx: &mut Context<'_>, data: &'a [u8], place: Position) -> (usize, Part<'a>) {
        match self.state {
            State::Head => self.head(data, place),
            State::Content => self.content(data),
            State::Kept => self.kept(cx, data),
            State::Skipped => self.skipped(data),
            State::Padding => self.pad(data),
            State::Preface(matched) => self.preface(data, matched),
            State::Body(size) => {
                let taken = size.min(data.len() as u64);
                self.state = if taken == size { State::Preface(0) } else { State::Body(size - taken) };
                (taken as usize, Part::Nothing)
            }
            State::Likely(beyond) => {
                let taken = beyond.min(data.len());
                self.state = State::Likely(beyond - taken);
                (taken, Part::Nothing)
            }
            State::Lost => (data.len(), Part::Nothing),
        }
    }

    /// Skip `size` bytes, at least one, that the capture lost.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, size: usize) -> Missing {
        match self.state {
            State::Preface(matched) if matched + size <= PREFACE.len() => self.state = preface_after(matched + size),
            State::Body(left) if size as u64 <= left => {
                self.state = if size as u64 == left { State::Preface(0) } else { State::Body(left - size as u64) };
            }
            State::Likely(beyond) if size <= beyond => self.state = State::Likely(beyond - size),
            State::Content if size <= self.remaining => {
                let content = size.min(self.remaining - self.padding);
                self.remaining -= size;
                return Missing::Content(content, self.passed());
            }
            State::Padding | State::Kept | State::Skipped if size <= self.remaining => {
                self.release(cx);
                self.damaged = true;
                self.remaining -= size;
                if self.state == State::Padding {
                    self.state = State::Skipped;
                }
                return Missing::Payload(self.passed());
            }
            State::Lost => {}
            state => {
                let content = if state == State::Content { self.remaining - self.padding } else { 0 };
                self.lose(cx);
                return Missing::Frames(content);
            }
        }
        Missing::Nothing
    }

    /// Skip an unknown number of bytes that the capture lost.
    pub(super) fn jump(&mut self, cx: &mut Context<'_>) -> Missing {
        self.lose(cx);
        Missing::Frames(0)
    }

    /// Go on after the content or payload; return whether the frame ended.
    fn passed(&mut self) -> bool {
        if self.remaining == 0 {
            self.state = State::Head;
        } else if self.state == State::Content && self.remaining == self.padding {
            self.state = State::Skipped;
        }
        self.remaining == 0
    }

    fn preface<'a>(&mut self, data: &'a [u8], matched: usize) -> (usize, Part<'a>) {
        let expected = PREFACE.get(matched..).unwrap_or_default();
        let size = expected.len().min(data.len());
        if expected.get(..size) != data.get(..size) {
            return (0, Part::Broken);
        }
        self.state = preface_after(matched + size);
        (size, Part::Nothing)
    }

    fn head<'a>(&mut self, data: &'a [u8], place: Position) -> (usize, Part<'a>) {
        if self.head_size == 0 {
            self.place = place;
            if let Some(frame) = Frame::parse(data) {
                return (HEAD, self.start(frame));
            }
        }
        let free = self.head.get_mut(self.head_size..).unwrap_or_default();
        let size = free.len().min(data.len());
        for (free, byte) in free.iter_mut().zip(data) {
            *free = *byte;
        }
        self.head_size += size;
        if self.head_size < HEAD {
            return (size, Part::Nothing);
        }
        let frame = Frame::parse(&self.head);
        (size, frame.map_or(Part::Broken, |frame| self.start(frame)))
    }

    fn start<'a>(&mut self, frame: Frame) -> Part<'a> {
        self.head_size = 0;
        if !frame.is_valid() || frame.length > self.longest {
            return Part::Broken;
        }
        (self.frame, self.remaining, self.padding, self.damaged) = (frame, frame.length, 0, false);
        if frame.length == 0 {
            return Part::Frame(Some(Cow::Borrowed(&[])));
        }
        self.state = match frame.kind {
            Kind::Data if frame.is_padded() => State::Padding,
            Kind::Data => State::Content,
            kind if kind.is_read() => State::Kept,
            _ => State::Skipped,
        };
        Part::Nothing
    }

    fn pad<'a>(&mut self, data: &'a [u8]) -> (usize, Part<'a>) {
        let size = data.first().map_or(0, |byte| usize::from(*byte));
        self.remaining -= 1;
        if size > self.remaining {
            return (1, Part::Broken);
        }
        (self.padding, self.state) = (size, State::Content);
        (1, if self.passed() { Part::Frame(Some(Cow::Borrowed(&[]))) } else { Part::Nothing })
    }

    fn content<'a>(&mut self, data: &'a [u8]) -> (usize, Part<'a>) {
        let content = data.get(..self.remaining - self.padding).unwrap_or(data);
        self.remaining -= content.len();
        let ends = self.passed();
        (content.len(), Part::Content(content, ends))
    }

    fn skipped<'a>(&mut self, data: &'a [u8]) -> (usize, Part<'a>) {
        let size = self.remaining.min(data.len());
        self.remaining -= size;
        let payload = if self.damaged { None } else { Some(Cow::Borrowed([].as_slice())) };
        (size, if self.passed() { Part::Frame(payload) } else { Part::Nothing })
    }

    fn kept<'a>(&mut self, cx: &mut Context<'_>, data: &'a [u8]) -> (usize, Part<'a>) {
        let part = data.get(..self.remaining).unwrap_or(data);
        self.remaining -= part.len();
        let whole = self.passed();
        if whole && self.held.is_empty() && !self.damaged {
            return (part.len(), Part::Frame(Some(Cow::Borrowed(part))));
        }
        if !self.damaged && !self.keep(cx, part) {
            self.damaged = true;
        }
        if !whole {
            return (part.len(), Part::Nothing);
        }
        let payload = self.release(cx);
        (part.len(), Part::Frame(if self.damaged { None } else { Some(Cow::Owned(payload)) }))
    }

    /// Add to the buffer; return false if the total buffer is full.
    fn keep(&mut self, cx: &mut Context<'_>, part: &[u8]) -> bool {
        if self.held.len() + part.len() > cx.limits.header_bytes {
            cx.odd("header block too long");
        } else if cx.charge(part.len()) {
            self.held.extend_from_slice(part);
            return true;
        } else {
            cx.odd("total buffer full");
        }
        self.release(cx);
        false
    }
}

fn preface_after(matched: usize) -> State {
    if matched == PREFACE.len() { State::Head } else { State::Preface(matched) }
}
