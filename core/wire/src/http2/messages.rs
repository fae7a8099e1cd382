//! Requests, responses and trailers, once their header lists are decoded (RFC 9113 section 8.1).

use super::connection::Http2;
use super::fields::{Name, UNKNOWN};
use super::lane::Opened;
use super::stream::Stream;
use crate::context::Context;
use crate::http::Side;
use crate::records::Asked;
use crate::tcp::Position;

impl Http2 {
    /// Handle the head or the trailers of a request.
    pub(super) fn client_said(&mut self, cx: &mut Context<'_>, opened: &Opened, oddity: Option<&'static str>) {
        let Opened { stream: number, ends, place, .. } = *opened;
        if self.streams.get(number, Some(place.time)).is_none() {
            if !self.streams.is_new(number) || self.fields.starts == Some(false) {
                return; // the stream ended before, or its request was not seen
            }
            self.streams.give_up_doubtful(cx, &mut self.ends, place.time);
            self.streams.note(number);
            let mut stream = self.request(cx, place, oddity);
            stream.response.doubtful = self.misses_responses();
            self.streams.add(cx, &mut self.ends, number, stream);
        }
        if ends && let Some(stream) = self.streams.get(number, None) {
            stream.half(Side::Requests).end(Some(place.time));
            self.streams.settle(cx, &mut self.ends, number);
        }
    }

    /// Handle the request that a server expects for a response that it sends unasked.
    pub(super) fn promised(
        &mut self,
        cx: &mut Context<'_>,
        opened: &Opened,
        number: u32,
        oddity: Option<&'static str>,
    ) {
        if number == 0 || number % 2 == 1 {
            return; // lost, or no stream of a server
        }
        let mut stream = self.request(cx, opened.place, oddity);
        stream.half(Side::Requests).end(Some(opened.place.time));
        self.streams.add(cx, &mut self.ends, number, stream);
    }

    /// Report a request; return its stream.
    fn request(&mut self, cx: &mut Context<'_>, place: Position, oddity: Option<&'static str>) -> Stream {
        let fields = &self.fields;
        let (method, host, path) = (fields.text(Name::Method), fields.host(), fields.text(Name::Path));
        let connect = method == b"CONNECT" && !fields.has(Name::Protocol);
        let target = if connect { host } else { path };
        let wire = [method, host, target, b"2", fields.text(Name::UserAgent), fields.text(Name::Referer)];
        let limit = cx.limits.string_length;
        let headers = fields.named_text(&cx.limits.named_fields, limit);
        let mut asked = Asked::new(place.time, self.count + 1, wire, &headers, limit);
        let named = fields.client(cx);
        asked.client = named.client;
        self.count += 1;
        let unnamed = [method, host, target].contains(&UNKNOWN);
        let lacking = method.is_empty() || target.is_empty();
        let health = &mut cx.ledger.health;
        health.requests += 1;
        health.unnamed_requests += u64::from(unnamed);
        cx.out.request(health, &mut self.ends, &mut asked);
        let mut stream = Stream::new(Some(asked), place.time);
        stream.requested(cx, &self.fields);
        if cx.out.keeps(Side::Requests) {
            stream.keep_request(cx, &self.fields);
        }
        if lacking {
            cx.odd("request without method or path");
            stream.note("request without method or path");
        }
        if named.malformed {
            cx.odd("bad client address");
            stream.note("bad client address");
        }
        if let Some(oddity) = oddity {
            stream.note(oddity);
        }
        stream
    }

    /// Handle the head or the trailers of a response.
    pub(super) fn server_said(&mut self, cx: &mut Context<'_>, opened: &Opened, oddity: Option<&'static str>) {
        let Opened { stream: number, ends, place, .. } = *opened;
        let has_status = self.fields.has(Name::Status);
        if !self.streams.is_open(number) && has_status && self.streams.lost_request(number) {
            self.streams.add(cx, &mut self.ends, number, Stream::new(None, place.time));
        }
        let Some(stream) = self.streams.get(number, Some(place.time)) else {
            return;
        };
        if let Some(oddity) = oddity {
            stream.note(oddity);
        }
        let interim = !ends && self.fields.status().is_some_and(|status| (100..200).contains(&status));
        if interim {
            return;
        }
        // What has no known name may be a head or, if that was lost, trailers, which do not tell when the response began.
        let is_head = !stream.is_answered() && !stream.response.doubtful && self.fields.starts.is_none();
        if has_status || is_head {
            stream.responded(cx, &self.fields, place.time);
            if cx.out.keeps(Side::Responses) {
                stream.keep_response(cx, &self.fields);
            }
        }
        if ends {
            stream.trailed(&self.fields, place.time);
            stream.half(Side::Responses).end(Some(place.time));
            self.streams.settle(cx, &mut self.ends, number);
        }
    }
}
