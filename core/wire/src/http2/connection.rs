//! HTTP/2 on one connection: hands frames to the streams that they belong to (RFC 9113).

use super::codes::{self, NO_ERROR};
use super::fields::Fields;
use super::floods::{Flood, Floods};
use super::frame::{ACK, END_HEADERS, END_STREAM, Frame, Kind, fragment};
use super::frames::{FrameReader, Part};
use super::lane::{Block, Lane, Opened};
use super::stream::{Half, Stream};
use super::streams::Streams;
use super::windows::Windows;
use crate::content::{Kept, released};
use crate::context::Context;
use crate::http::{Side, starts_response};
use crate::readers::{be16, be32};
use crate::records::{Asked, Ending, Ends, StrainKind, StrainRow};
use crate::strain::Awaited;
use crate::tcp::Position;

const HEADER_TABLE_SIZE: u16 = 1;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const STREAM: u32 = 0x7FFF_FFFF;

/// How the connection came to be HTTP/2.
#[derive(Debug)]
pub(crate) enum Start {
    /// The client started with the preface, of which so many bytes were read; nothing of the server came yet, or its
    /// start was missed.
    Preface { read: usize, server: bool },
    /// The server sent its SETTINGS before the client's preface.
    Server { client: bool },
    /// The client was joined in the middle, at a frame.
    Joined,
    /// An HTTP/1 request asked for it.
    Upgrade(Box<Upgrade>),
}

/// An HTTP/1 request whose response comes on stream 1 (RFC 7540 section 3.2).
#[derive(Debug, Default)]
pub(crate) struct Upgrade {
    /// None if it was not seen.
    pub(crate) asked: Option<Asked>,
    pub(crate) request: Half,
    pub(crate) oddities: Vec<&'static str>,
    /// What is kept of it.
    pub(crate) kept: Option<Box<Kept>>,
    /// Bytes of its body that are to come.
    pub(crate) left: u64,
}

/// The state of a connection.
#[derive(Debug)]
pub(crate) struct Http2 {
    pub(super) ends: Ends,
    /// Number of requests so far.
    pub(crate) count: u64,
    pub(super) requests: Lane,
    pub(super) responses: Lane,
    pub(super) streams: Streams,
    pub(super) fields: Fields,
    floods: Floods,
    pub(super) windows: Windows,
    /// Whether the server may refuse HTTP/2 in plain HTTP/1.
    pub(super) refusable: bool,
}

impl Http2 {
    /// Start reading after `count` requests in HTTP/1.
    pub(crate) fn new(cx: &mut Context<'_>, ends: Ends, start: Start, count: u64) -> Self {
        let (client, server) = match &start {
            Start::Preface { read, server } => (Some(FrameReader::client(*read, 0)), *server),
            Start::Server { client } => (client.then(|| FrameReader::client(0, 0)), true),
            Start::Joined => (None, false),
            Start::Upgrade(upgrade) => (Some(FrameReader::client(0, upgrade.left)), true),
        };
        let from_start = client.is_some();
        let joined = FrameReader::joined(!matches!(start, Start::Joined));
        let requests = Lane::new(client.unwrap_or(joined), from_start);
        let responses = Lane::new(if server { FrameReader::server() } else { FrameReader::joined(true) }, server);
        let mut http2 = Self {
            ends,
            count,
            requests,
            responses,
            streams: Streams::new(!from_start),
            fields: Fields::default(),
            floods: Floods::default(),
            windows: Windows::new(from_start && !matches!(start, Start::Upgrade(_))),
            refusable: matches!(start, Start::Preface { .. }),
        };
        if !from_start || !server || matches!(start, Start::Upgrade(_)) {
            // SETTINGS were missed, or told by the request that asked for HTTP/2.
            http2.requests.allow_all();
            http2.responses.allow_all();
        }
        if let Start::Upgrade(upgrade) = start {
            http2.upgraded(cx, *upgrade);
        }
        http2
    }

    fn upgraded(&mut self, cx: &mut Context<'_>, upgrade: Upgrade) {
        let Upgrade { asked, request, oddities, kept, .. } = upgrade;
        self.streams.note(1);
        if let Some(asked) = asked {
            self.streams.add(cx, &mut self.ends, 1, Stream::upgraded(asked, request, oddities, kept));
        } else {
            released(cx, kept);
        }
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.requests.held() + self.responses.held() + self.streams.held()
    }

    /// Return whether no exchange is under way.
    pub(crate) fn idle(&self) -> bool {
        self.streams.is_empty()
    }

    /// Return what the client has begun and not ended, a header block or bodies of requests that are not answered; or
    /// what it does not read.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        let unfinished = self.requests.unfinished().or_else(|| self.streams.awaited(now));
        unfinished.or_else(|| self.streams.unread(&self.windows))
    }

    /// Return whether frames of the server may be passing unread.
    pub(super) fn misses_responses(&self) -> bool {
        self.responses.reader.is_lost()
    }

    pub(super) fn lane(&mut self, side: Side) -> &mut Lane {
        match side {
            Side::Requests => &mut self.requests,
            Side::Responses => &mut self.responses,
        }
    }

    // what TCP reports ------------------------------------------------------------------------------------------------

    /// Read the next bytes of a side; return false if they refuse HTTP/2 in HTTP/1.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, side: Side, segment: &[u8], place: Position) -> bool {
        if side == Side::Responses && self.refusable {
            self.refusable = false;
            if self.responses.reader.is_fresh() && starts_response(segment) {
                return false;
            }
        }
        self.streams.end_cancelled(cx, &mut self.ends, place.time);
        let mut position = 0;
        while let Some(rest) = segment.get(position..).filter(|rest| !rest.is_empty()) {
            let lane = self.lane(side);
            if lane.reader.is_lost() {
                match self.search(side, rest, position == 0) {
                    Some(skipped) => position += skipped,
                    None => return true,
                }
                continue;
            }
            let (taken, part) = lane.reader.next(cx, rest, place.further(position));
            position += taken;
            match part {
                Part::Nothing => {}
                Part::Content(bytes, ends) => self.content(cx, side, bytes, ends, place.time),
                Part::Frame(payload) => self.frame(cx, side, payload.as_deref(), Some(place.time)),
                Part::Broken => self.broken(cx, side),
            }
        }
        true
    }

    /// Note acknowledged bytes of a side that have not arrived.
    pub(crate) fn doubt(&mut self, cx: &mut Context<'_>, side: Side) {
        self.streams.doubt(cx, side, false);
    }

    /// Emit everything that waits at the end of the connection, and release the buffers.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) {
        self.streams.close(cx, &mut self.ends, ending, time);
        self.requests.close(cx);
        self.responses.close(cx);
    }

    // frames ----------------------------------------------------------------------------------------------------------

    /// Handle content of DATA.
    fn content(&mut self, cx: &mut Context<'_>, side: Side, bytes: &[u8], ends: bool, time: f64) {
        let frame = self.lane(side).reader.frame;
        if let Some(stream) = self.streams.get(frame.stream, Some(time)) {
            stream.content(cx, side, bytes, time);
        }
        if ends {
            self.end_of_data(cx, side, &frame, Some(time));
        }
    }

    /// Handle the last byte of DATA; its time is None if the capture lost it.
    pub(super) fn end_of_data(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, time: Option<f64>) {
        if !self.lane(side).continues(frame) {
            self.interrupted(cx, side);
        }
        if side == Side::Responses {
            self.windows.send(frame.length);
            if let Some(stream) = self.streams.get(frame.stream, None) {
                stream.credit = stream.credit.saturating_sub(frame.length as i64);
            }
        }
        if frame.has(END_STREAM)
            && let Some(stream) = self.streams.get(frame.stream, time)
        {
            stream.half(side).end(time);
            self.streams.settle(cx, &mut self.ends, frame.stream);
        }
    }

    /// Handle the last byte of a frame; its payload is None if a part of it was lost.
    pub(super) fn frame(&mut self, cx: &mut Context<'_>, side: Side, payload: Option<&[u8]>, time: Option<f64>) {
        let reader = &self.lane(side).reader;
        let (frame, place) = (reader.frame, reader.place);
        if !self.lane(side).continues(&frame) {
            self.interrupted(cx, side);
            if frame.kind == Kind::Continuation {
                return;
            }
        }
        match frame.kind {
            Kind::Data => self.empty_or_padded(cx, side, &frame, time),
            Kind::Headers => self.headers(cx, side, &frame, payload, place),
            Kind::Promise => self.promise(cx, side, &frame, payload, place),
            Kind::Continuation => self.continuation(cx, side, &frame, payload, place.time),
            Kind::Reset => self.reset(cx, side, frame.stream, number(payload, 0), time.unwrap_or(place.time)),
            Kind::Settings => self.settings(cx, side, &frame, payload, place.time),
            Kind::GoAway => self.goodbye(cx, side, payload, place.time),
            Kind::Ping if !frame.has(ACK) => self.flood(cx, side, Flood::Pings, place.time),
            Kind::Priority => self.flood(cx, side, Flood::Priorities, place.time),
            Kind::WindowUpdate if side == Side::Requests => self.extend_window(frame.stream, number(payload, 0)),
            Kind::Ping | Kind::WindowUpdate | Kind::Other => {}
        }
    }

    /// Count a frame of a flood, and tell of each second in which the client makes one.
    fn flood(&mut self, cx: &mut Context<'_>, side: Side, flood: Flood, time: f64) {
        let Some((since, count)) = self.floods.note(flood, time) else {
            return;
        };
        cx.odd(flood.oddity());
        if side == Side::Responses {
            return; // it is the client's server that floods
        }
        let Ends { client: (client, port), server, .. } = self.ends;
        let kind = StrainKind::Flood(flood.oddity());
        let row = StrainRow { time, client: (Some(client), port), server, kind, since, amount: count.into(), bytes: 0 };
        cx.out.strain(&mut cx.ledger.health, row);
    }

    fn empty_or_padded(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, time: Option<f64>) {
        if frame.length == 0 && !frame.has(END_STREAM) {
            let at = self.lane(side).reader.place.time;
            self.flood(cx, side, Flood::Empty, at);
        }
        self.end_of_data(cx, side, frame, time);
    }

    /// Note a header block that does not go on as it must.
    fn interrupted(&mut self, cx: &mut Context<'_>, side: Side) {
        cx.odd("header block interrupted");
        self.lane(side).lose_block(cx);
    }

    fn headers(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, payload: Option<&[u8]>, place: Position) {
        let part = payload.and_then(|payload| fragment(frame, payload));
        let opened = Opened { stream: frame.stream, promised: None, ends: frame.has(END_STREAM), place };
        self.block(cx, side, frame, opened, part);
    }

    fn promise(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, payload: Option<&[u8]>, place: Position) {
        let part = payload.and_then(|payload| fragment(frame, payload));
        let promised = Some(number(part, 0).unwrap_or(0) & STREAM);
        let opened = Opened { stream: frame.stream, promised, ends: false, place };
        self.block(cx, side, frame, opened, part.and_then(|part| part.get(4..)));
    }

    /// Handle the first part of a header block; None if it was lost.
    fn block(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, opened: Opened, part: Option<&[u8]>) {
        if frame.has(END_HEADERS) {
            return self.message(cx, side, &opened, part);
        }
        let mut block = Block::new(opened);
        block.add(cx, part);
        self.lane(side).block = Some(block);
    }

    fn continuation(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, part: Option<&[u8]>, time: f64) {
        self.flood(cx, side, Flood::Continuations, time);
        let Some(mut block) = self.lane(side).block.take() else {
            return;
        };
        block.add(cx, part);
        if frame.has(END_HEADERS) {
            let bytes = block.take(cx);
            self.message(cx, side, &block.opened, bytes.as_deref());
        } else {
            self.lane(side).block = Some(block);
        }
    }

    /// Handle a whole header block; None if a part of it was lost.
    fn message(&mut self, cx: &mut Context<'_>, side: Side, opened: &Opened, block: Option<&[u8]>) {
        let clients = side == Side::Requests && self.ends.is_proxy(&cx.limits.trusted_proxies);
        let Self { requests, responses, fields, .. } = self;
        let lane = if side == Side::Requests { requests } else { responses };
        let oddity = fields.read(cx, &mut lane.decoder, block, clients);
        lane.charge(cx);
        if let Some(oddity) = oddity {
            cx.odd(oddity);
        }
        match (side, opened.promised) {
            (Side::Requests, _) => self.client_said(cx, opened, oddity),
            (Side::Responses, None) => self.server_said(cx, opened, oddity),
            (Side::Responses, Some(promised)) => self.promised(cx, opened, promised, oddity),
        }
    }

    fn reset(&mut self, cx: &mut Context<'_>, side: Side, number: u32, code: Option<u32>, time: f64) {
        let Some(stream) = self.streams.get(number, Some(time)) else {
            return;
        };
        let (complete, answered) = (stream.response.ended, stream.is_answered());
        if !complete {
            let oddity = codes::reset(code);
            stream.note(oddity);
            cx.odd(oddity);
        }
        let cancelled = side == Side::Requests && !complete;
        if cancelled {
            stream.cancelled = Some(time);
        }
        if side == Side::Requests && !answered {
            self.flood(cx, side, Flood::Resets, time);
        } else if side == Side::Responses && !complete && codes::blames_peer(code) {
            self.flood(cx, Side::Requests, Flood::Provoked, time);
        }
        if cancelled {
            return self.streams.cancel(cx, &mut self.ends, number, time);
        }
        let ending = if complete { Ending::Complete } else { Ending::Reset };
        self.streams.finish(cx, &mut self.ends, number, ending, time);
    }

    /// Handle WINDOW_UPDATE of the client; None if the increment was lost.
    fn extend_window(&mut self, number: u32, increment: Option<u32>) {
        let Some(increment) = increment.map(|increment| increment & STREAM) else {
            return self.windows.lose();
        };
        if number == 0 {
            self.windows.extend(increment);
        } else if let Some(stream) = self.streams.get(number, None) {
            stream.credit = stream.credit.saturating_add(increment.into());
        }
    }

    fn settings(&mut self, cx: &mut Context<'_>, side: Side, frame: &Frame, payload: Option<&[u8]>, time: f64) {
        if frame.has(ACK) {
            let lane = self.lane(side);
            if let Some(size) = lane.announced.take() {
                lane.decoder.limit(Some(size));
            }
            return;
        }
        self.flood(cx, side, Flood::Settings, time);
        let Some(payload) = payload else {
            self.windows.lose();
            return self.lane(other(side)).allow_all();
        };
        for setting in payload.chunks_exact(6) {
            match (be16(setting, 0), be32(setting, 2)) {
                (Ok(HEADER_TABLE_SIZE), Ok(size)) => self.lane(other(side)).announce(size),
                (Ok(MAX_FRAME_SIZE), Ok(size)) => self.lane(other(side)).reader.allow(size as usize),
                (Ok(INITIAL_WINDOW_SIZE), Ok(size)) if side == Side::Requests => self.windows.start_with(size),
                _ => {}
            }
        }
    }

    fn goodbye(&mut self, cx: &mut Context<'_>, side: Side, payload: Option<&[u8]>, time: f64) {
        let (Some(last), code) = (number(payload, 0), number(payload, 4)) else {
            return;
        };
        let oddity = codes::goodbye(code);
        if code != Some(NO_ERROR) {
            cx.odd(oddity);
        }
        self.streams.refuse(cx, &mut self.ends, side, last & STREAM, oddity, time);
    }
}

/// Return the opposite side.
pub(super) fn other(side: Side) -> Side {
    match side {
        Side::Requests => Side::Responses,
        Side::Responses => Side::Requests,
    }
}

fn number(payload: Option<&[u8]>, at: usize) -> Option<u32> {
    be32(payload?, at).ok()
}
