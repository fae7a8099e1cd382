//! The state of one direction of HTTP/1 between two segments.

use super::tap::{Found, Tap};
use crate::content::{Kept, released};
use crate::context::Context;
use crate::tcp::Position;

/// States of a reader: what the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// The head of a message.
    #[default]
    Head,
    /// A body of known length, or the data of a chunk.
    Length,
    /// The line before a chunk.
    ChunkSize,
    /// The line after a chunk.
    ChunkEnd,
    /// The fields after the last chunk.
    Trailer,
    /// A body that ends with the connection.
    Close,
    /// The position is unknown, and the reader looks for the start of a message.
    Lost,
    /// The bytes are not HTTP/1: a tunnel, or another protocol.
    Opaque,
    /// The frames of a WebSocket.
    Upgraded,
    /// A body, or the next message: the request was perhaps a HEAD, or its body was perhaps not sent.
    Doubt,
}

/// The kind of message that a direction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Requests, from the client.
    Requests,
    /// Responses, from the server.
    Responses,
}

/// Reads one direction. Bodies are not kept, unless somebody inspects them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) state: State,
    /// The part of a head or line that came in earlier segments.
    pub(crate) held: Vec<u8>,
    /// Start of the current message.
    pub(crate) place: Position,
    pub(crate) chunked: bool,
    /// Bytes still missing from the body or chunk.
    pub(crate) remaining: u64,
    pub(crate) body_bytes: u64,
    /// Bytes of the message that the capture lost.
    pub(crate) missing: u64,
    pub(crate) trailer_bytes: usize,
    /// Oddities of the current message.
    pub(crate) oddities: Vec<&'static str>,
    /// The state to resume if the body that is in doubt exists.
    pub(crate) announced: State,
    /// Whether the client may wait for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    pub(crate) waits: bool,
    /// Stray bytes since the last response.
    pub(crate) strays: usize,
    /// Bytes CR and LF in the empty lines since the last response.
    pub(crate) empty: (u32, u32),
    /// Whether bytes follow the head in its segment that start no message.
    pub(crate) followed: bool,
    /// Reads the current body, if it says more than its size.
    pub(crate) tap: Option<Box<Tap>>,
    /// What is kept of the current message, if somebody inspects it.
    pub(crate) kept: Option<Box<Kept>>,
}

impl Reader {
    /// Doubt that the body, of which no byte came yet, exists.
    pub(crate) fn doubt_body(&mut self) {
        self.announced = self.state;
        self.state = State::Doubt;
    }

    /// Doubt a body that waits for `100 Continue`, now that the server sends another status: it may not come.
    pub(crate) fn answered(&mut self, status: u16) {
        let begins = self.state == State::ChunkSize || (self.state == State::Length && !self.chunked);
        let waits = std::mem::take(&mut self.waits);
        if waits && begins && status != 100 && self.body_bytes == 0 && self.held.is_empty() {
            self.doubt_body();
        }
    }

    /// Count the bytes of empty lines before a response.
    #[cold]
    pub(crate) fn skip_empty(&mut self, lines: &[u8]) {
        let crs = lines.iter().filter(|byte| **byte == b'\r').count() as u32;
        let lfs = lines.len() as u32 - crs;
        self.empty = (self.empty.0.saturating_add(crs), self.empty.1.saturating_add(lfs));
    }

    /// Return whether the last chunk was begun, but the line after it is missing.
    pub(crate) fn ends_in_last_chunk(&self) -> bool {
        let digits = self.held.trim_ascii();
        let last = self.state == State::ChunkSize && !digits.is_empty() && digits.iter().all(|byte| *byte == b'0');
        last || self.state == State::Trailer
    }

    /// Return whether the client waits for `100 Continue` with the body.
    pub(crate) fn awaits_permission(&self) -> bool {
        self.waits && self.body_bytes == 0
    }

    /// Return whether part of a head was read.
    pub(crate) fn reads_head(&self) -> bool {
        self.state == State::Head && !self.held.is_empty()
    }

    /// Start counting for another message.
    pub(crate) fn reset(&mut self) {
        (self.body_bytes, self.missing, self.trailer_bytes) = (0, 0, 0);
    }

    /// Keep a message from its head on, which is `whole` or cut.
    #[cold]
    pub(crate) fn keep_message(&mut self, cx: &mut Context<'_>, head: &[u8], whole: bool) {
        self.discard_kept(cx);
        self.kept = Kept::new(cx, head);
        if let Some(kept) = self.kept.as_mut().filter(|_| !whole) {
            kept.cut_head();
        }
    }

    /// Keep nothing of the current message.
    #[inline]
    pub(crate) fn discard_kept(&mut self, cx: &mut Context<'_>) {
        if self.kept.is_some() {
            released(cx, self.kept.take());
        }
    }

    /// Return the part of the state that goes into the record of the message, which ends its tap.
    #[inline]
    pub(crate) fn progress(&mut self, cx: &mut Context<'_>) -> Progress {
        let (body_bytes, missing, oddities) = (self.body_bytes, self.missing, self.oddities.clone());
        let found = self.tap.take().map(|tap| tap.finish(cx));
        Progress { body_bytes, missing, oddities, found, kept: self.kept.take() }
    }
}

/// How much of a message was seen.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) body_bytes: u64,
    pub(crate) missing: u64,
    pub(crate) oddities: Vec<&'static str>,
    pub(crate) found: Option<Box<Found>>,
    /// Still charged to the budget.
    pub(crate) kept: Option<Box<Kept>>,
}
