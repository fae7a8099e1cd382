//! The start of a message of HTTP/1: what its head means for the connection.

use super::fields::{self, BodyLength, Fields};
use super::framing::Http;
use super::head::{RequestLine, cut_request_line, may_start_response, request_line, status};
use super::irregularities::{is_plain_request, is_plain_response, of_lines, of_request, of_response};
use super::reader::{Side, State};
use super::tap::Tap;
use crate::bytes::newline;
use crate::context::Context;
use crate::http2::Start;
use crate::speech::Next;

/// Bytes of HTTP/2's preface that look like the head of a request.
const PREFACE_HEAD: usize = 18;

impl Http {
    /// Report a head and prepare to read its body; `whole` is false if a limit cut the fields.
    pub(super) fn start(&mut self, cx: &mut Context<'_>, side: Side, head: &[u8], whole: bool) {
        let line = newline(head, 0).unwrap_or(head.len());
        // Part of a list of proxies would name another client.
        let clients = whole && side == Side::Requests && self.pairing.ends.is_proxy(&cx.limits.trusted_proxies);
        let fields = fields::parse(head.get(line + 1..).unwrap_or_default(), &cx.limits.named_fields, clients);
        let line = head.get(..line).unwrap_or(head);
        if cx.out.keeps(side) {
            self.reader(side).keep_message(cx, head, whole);
        }
        let started = match side {
            Side::Requests => self.start_request(cx, (head, line), &fields, whole),
            Side::Responses => self.start_response(cx, (head, line), &fields, whole),
        };
        if started.is_none() {
            self.not_http(cx, side, head);
        }
    }

    /// Report a request, given its head and the first line of it; None if that line is not HTTP.
    fn start_request(
        &mut self,
        cx: &mut Context<'_>,
        (head, line): (&[u8], &[u8]),
        fields: &Fields<'_>,
        whole: bool,
    ) -> Option<()> {
        let parts = request_line(line)?;
        if cx.protocols.http2 && self.pairing.count == 0 && is_preface(&parts) {
            let server = self.responses.state == State::Head;
            self.next = Some(Box::new(Next::Http2(Start::Preface { read: PREFACE_HEAD, server })));
            self.requests.state = State::Opaque;
            return Some(());
        }
        if whole && (fields.irregular || !is_plain_request(head, &parts, fields.lines + 1)) {
            self.note_once(cx, Side::Requests, of_request(head, &parts));
        }
        if fields.length == Some(BodyLength::Chunked) && parts.version == b"1.0" {
            self.note(cx, Side::Requests, "chunked in HTTP/1.0");
        }
        let length = self.request(cx, &parts, fields);
        if cx.protocols.reads_bodies() {
            self.requests.open_tap(cx, Tap::of_request(cx.protocols, &parts, fields));
        }
        self.requests.waits = contains_ignoring_case(&fields.expect, b"100-continue");
        self.read_body(cx, Side::Requests, if whole { length } else { BodyLength::Unknown });
        Some(())
    }

    /// Report a response, given its head and the first line of it; None if that line is not HTTP.
    fn start_response(
        &mut self,
        cx: &mut Context<'_>,
        (head, line): (&[u8], &[u8]),
        fields: &Fields<'_>,
        whole: bool,
    ) -> Option<()> {
        let Some(status) = status(line) else {
            if may_start_response(head) {
                self.note(cx, Side::Responses, "malformed status line");
                self.note_once(cx, Side::Responses, of_lines(head));
            }
            return None;
        };
        self.note_before(cx);
        if whole && (fields.irregular || !is_plain_response(head, line, fields.lines + 1)) {
            self.note_once(cx, Side::Responses, of_response(head, status));
        }
        if fields.length == Some(BodyLength::Chunked) && line.starts_with(b"HTTP/1.0") {
            self.note(cx, Side::Responses, "chunked in HTTP/1.0");
        }
        let length = self.response(cx, status, fields);
        if matches!(self.responses.state, State::Opaque | State::Upgraded) {
            return Some(());
        }
        if cx.protocols.reads_bodies() {
            self.responses.open_tap(cx, Tap::of_response(cx.protocols, fields));
        }
        self.read_body(cx, Side::Responses, if whole { length } else { BodyLength::Unknown });
        if matches!(self.responses.state, State::Length | State::ChunkSize) && self.pairing.unpaired() {
            self.responses.doubt_body();
        }
        Some(())
    }

    /// Note what came between the last response and this one.
    fn note_before(&mut self, cx: &mut Context<'_>) {
        let strays = std::mem::take(&mut self.responses.strays);
        if strays > 0 {
            self.note(cx, Side::Responses, "stray bytes before a response");
        }
        let (crs, lfs) = std::mem::take(&mut self.responses.empty);
        if crs > lfs {
            self.note(cx, Side::Responses, "bare CR before a response");
        } else if lfs > 0 && strays == 0 {
            self.note(cx, Side::Responses, "empty line before a response");
        }
    }

    /// Report a request whose head has no end; `whole` is false if its first line has none either.
    pub(super) fn start_cut_request(&mut self, cx: &mut Context<'_>, line: &[u8], fields: &Fields<'_>, whole: bool) {
        let Some(line) = (if whole { request_line(line) } else { cut_request_line(line) }) else {
            return;
        };
        let oddity = if whole || !line.version.is_empty() { "head cut short" } else { "request line cut short" };
        self.note(cx, Side::Requests, oddity);
        self.request(cx, &line, fields);
        self.requests.reset();
    }

    /// Report a response whose head has no end. Its status is certain even if its line is cut behind it.
    pub(super) fn start_cut_response(&mut self, cx: &mut Context<'_>, line: &[u8], fields: &Fields<'_>) {
        if let Some(status) = status(line) {
            self.note(cx, Side::Responses, "head cut short");
            self.response(cx, status, fields);
            self.responses.reset();
        }
    }
}

/// Return whether a request is the start of HTTP/2's preface, which came in parts (RFC 9113 section 3.4).
fn is_preface(line: &RequestLine<'_>) -> bool {
    *line == RequestLine { method: b"PRI", target: b"*", version: b"2.0" }
}

fn contains_ignoring_case(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}
