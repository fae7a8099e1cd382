//! What follows HTTP/1 on a connection: HTTP/2 after an upgrade, a tunnel and what starts in it, or something unknown.

use super::framing::Http;
use super::pending::PendingRequest;
use super::reader::{Side, State};
use crate::content::released;
use crate::context::Context;
use crate::http2::{HTTP2_START, Half, Start, Upgrade};
use crate::speech::Next;
use crate::text::printable;
use crate::tls::starts_hello;

/// As what a tunnel is counted.
const TUNNEL: &str = "CONNECT tunnel";
/// Maximum characters of an Upgrade field to inspect.
const LONGEST_UPGRADE: usize = 32;

impl Http {
    /// Stop reading HTTP: the connection now carries something else (RFC 9110 sections 7.8 and 9.3.6).
    #[cold]
    pub(super) fn tunnel(&mut self, cx: &mut Context<'_>, status: u16, upgrade: &[u8], time: f64) {
        let kind = if status == 101 { printable(upgrade, LONGEST_UPGRADE).to_lowercase() } else { "tunnel".to_owned() };
        if kind == "h2c" && cx.protocols.http2 {
            return self.upgrade(cx, time);
        }
        let name = match kind.as_str() {
            "websocket" => "WebSocket",
            "h2c" => "HTTP/2",
            "tunnel" => TUNNEL,
            _ => "upgraded",
        };
        cx.ledger.health.unread(name, 1);
        self.tunnel = (name == TUNNEL).then_some(true);
        self.close_reader(cx, Side::Requests);
        self.close_reader(cx, Side::Responses);
        self.responses.body_bytes = 0;
        self.responses.missing = 0;
        self.ended(cx, Side::Responses, Some(time));
    }

    /// Go on in HTTP/2: the response to the request comes on stream 1 (RFC 7540 section 3.2).
    #[cold]
    fn upgrade(&mut self, cx: &mut Context<'_>, time: f64) {
        let left = if self.requests.state == State::Length { self.requests.remaining } else { 0 };
        let uploaded = self.requests.progress(cx);
        self.close_reader(cx, Side::Requests);
        self.close_reader(cx, Side::Responses);
        self.responses.discard_kept(cx); // the 101 is an interim response
        let pending = self.pairing.answer.as_mut().and_then(|answer| answer.pending.take());
        let Some(PendingRequest { asked, sent, done_at, end, .. }) = pending.map(|pending| *pending) else {
            released(cx, uploaded.kept);
            self.ended(cx, Side::Responses, Some(time)); // which request was meant is unknown
            self.next = Some(Box::new(Next::Http2(Start::Upgrade(Box::default()))));
            return;
        };
        self.pairing.answer = None;
        let sent = if end { sent } else { uploaded };
        let mut request = Half { bytes: sent.body_bytes + left, missing: sent.missing, ..Half::default() };
        request.end(done_at);
        let upgrade = Upgrade { asked: Some(asked), request, oddities: sent.oddities, kept: sent.kept, left };
        self.next = Some(Box::new(Next::Http2(Start::Upgrade(Box::new(upgrade)))));
    }

    /// Inspect the first bytes in a tunnel; return whether they start HTTP/2 or TLS.
    pub(super) fn enters_tunnel(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8]) -> bool {
        if side == Side::Responses {
            self.tunnel = Some(false);
            return false;
        }
        let Some(server) = self.tunnel.take() else {
            return false;
        };
        if cx.protocols.http2 && data.starts_with(HTTP2_START) {
            self.next = Some(Box::new(Next::Http2(Start::Preface { read: 0, server })));
        } else if cx.protocols.tls && starts_hello(data) {
            self.next = Some(Box::new(Next::Tls));
        } else {
            return false;
        }
        cx.ledger.health.unread(TUNNEL, -1);
        true
    }
}
