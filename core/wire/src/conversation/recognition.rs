//! What a connection speaks, told by its first bytes, by segments in its middle, or by what came before.

use super::Conversation;
use crate::context::Context;
use crate::dns::{self, DnsConnection};
use crate::http::{Http, Pairing, State, may_start_request, may_start_response, starts_request, starts_response};
use crate::http2::{ENOUGH, HTTP2_START, Http2, Proof, Start, has_messages, proof, starts_settings};
use crate::preamble::{proxied_client, proxy_header_size, starts_socks};
use crate::sink::{Opening, Sink};
use crate::speech::Speech;
use crate::tcp::{Both, Direction, Position, Tcp};
use crate::tls::{Tls, begins_record, starts_answer, starts_hello, starts_record};
use crate::websocket::whole_frames;

/// Segments of masked frames, from one side, and of others, from the other side, that prove a WebSocket.
const MASKED_SEGMENTS: i8 = 3;
const PLAIN_SEGMENTS: i8 = 2;
/// Segments of HTTP/2 with messages of gRPC after which a connection whose start was missed counts as HTTP/2.
const MESSAGE_SEGMENTS: u8 = 2;

impl Conversation {
    /// Handle bytes while the protocol is unknown.
    pub(super) fn open(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, data: &[u8], place: Position) {
        if cx.lookups.is_some() && self.starts_dns(data) {
            self.start_dns(cx, direction);
            return self.data(cx, tcp, direction, data, place);
        }
        if self.monitored {
            self.open_monitored(cx, tcp, direction, data, place);
        } else if let Sink::Opening(opening) = self.sinks.of_mut(direction) {
            opening.begun = true;
        }
    }

    /// Return whether bytes start with a DNS message. On other ports than those of DNS, that must be certain.
    fn starts_dns(&self, data: &[u8]) -> bool {
        let (source, target) = self.key.ports();
        if dns::is_stream_port(source, target) { dns::starts_stream(data) } else { dns::proves_stream(data) }
    }

    /// Start reading DNS: a message starts in `direction`.
    fn start_dns(&mut self, cx: &mut Context<'_>, direction: Direction) {
        self.known(cx);
        let mut dns = DnsConnection::new(self.client_key());
        let other = direction.reversed();
        if !self.unread(other) {
            dns.missed(cx, self.side(other)); // something that is not the start of a message
        }
        self.speech = Some(Speech::Dns(Box::new(dns)));
        self.sinks = Both { forth: Sink::Messages, back: Sink::Messages };
    }

    /// Handle bytes of a connection on a monitored port.
    fn open_monitored(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, data: &[u8], place: Position) {
        let Sink::Opening(opening) = self.sinks.of_mut(direction) else {
            return;
        };
        let announces = !opening.begun && opening.header == 0 && proxy_header_size(data) > 0;
        let before = if opening.begun { 0 } else { opening.before_message(data) };
        let known = *opening;
        opening.begun |= before < data.len();
        if announces {
            self.announce(cx, tcp, direction, data);
        }
        let Some(data) = data.get(before..).filter(|data| !data.is_empty()) else {
            return;
        };
        if self.recognise(cx, tcp, direction, data, known) {
            self.data(cx, tcp, direction, data, place.further(before));
        } else if tcp.streams.of(direction).origin.is_none() {
            self.doubt(cx, tcp, direction); // joined mid-stream, possibly within a message
        }
    }

    /// Note the first PROXY protocol header. A proxy sends it at the start; a second one, its client made up.
    fn announce(&mut self, cx: &Context<'_>, tcp: &Tcp, direction: Direction, header: &[u8]) {
        let proxy = if direction == Direction::Forth { self.key } else { self.key.reversed() }.addresses().0;
        let believed = tcp.streams.of(direction).origin.is_some() && cx.limits.trusted_proxies.contains(proxy);
        self.announced.get_or_insert((direction, if believed { proxied_client(header) } else { None }));
    }

    /// Inspect a segment while the protocol is unknown; return whether this direction now has a reader.
    fn recognise(
        &mut self,
        cx: &mut Context<'_>,
        tcp: &Tcp,
        direction: Direction,
        data: &[u8],
        opening: Opening,
    ) -> bool {
        let first = !opening.begun;
        let begins = cx.protocols.tls && first && tcp.streams.of(direction).origin.is_some() && begins_record(data);
        if begins || starts_record(data) && (first || starts_hello(data)) {
            // At the start, or after some kind of STARTTLS.
            self.unreadable(cx, "TLS", direction);
            if self.secured.is_some() {
                return false; // TLS within TLS is not followed
            }
            let answers = cx.protocols.tls && starts_answer(data);
            self.client = if answers { direction.reversed() } else { direction };
            self.start_tls(cx, tcp, direction, !first, 0);
            return true;
        }
        if opening.foreign {
            return false;
        }
        if starts_request(data) {
            return self.start(cx, tcp, direction, direction);
        }
        if starts_response(data) {
            return self.start(cx, tcp, direction, direction.reversed());
        }
        if cx.protocols.http2 && self.recognise_http2(cx, tcp, direction, data, first) {
            return true;
        }
        if cx.protocols.websocket && self.recognise_websocket(cx, tcp, direction, data) {
            return true;
        }
        if first && data.starts_with(HTTP2_START) {
            self.unreadable(cx, "HTTP/2", direction);
        } else if first && tcp.streams.of(direction).origin.is_some() {
            // This is the very first byte of the stream, so weaker evidence is enough.
            if direction == Direction::Forth && may_start_request(data) {
                return self.start(cx, tcp, direction, direction);
            }
            if may_start_response(data) {
                return self.start(cx, tcp, direction, direction.reversed());
            }
            self.unknown(cx, direction, data);
        }
        false
    }

    /// Inspect a segment for HTTP/2; return whether it is read from now on.
    ///
    /// A client starts with the preface. If the start was missed, a segment must prove it.
    fn recognise_http2(
        &mut self,
        cx: &mut Context<'_>,
        tcp: &Tcp,
        direction: Direction,
        data: &[u8],
        first: bool,
    ) -> bool {
        let other = direction.reversed();
        let fresh = self.unread(other) && tcp.streams.of(other).origin.is_some();
        let start_seen = first && tcp.streams.of(direction).origin.is_some();
        let (client, start) = if first && data.starts_with(HTTP2_START) {
            (direction, Start::Preface { read: 0, server: fresh })
        } else if start_seen && starts_settings(data) {
            (other, Start::Server { client: fresh })
        } else if start_seen {
            return false;
        } else {
            match proof(data, cx.limits) {
                Proof::None => self.count_missed(cx, data),
                Proof::Some => self.evidence += 1,
                Proof::Full => self.evidence = ENOUGH,
            }
            if self.evidence < ENOUGH {
                return false;
            }
            (direction, Start::Joined)
        };
        self.client = client;
        self.start_http2(cx, start, 0);
        true
    }

    /// Count a connection as HTTP/2 once segments without a request prove it. Reading starts with a request.
    fn count_missed(&mut self, cx: &mut Context<'_>, data: &[u8]) {
        if has_messages(data) {
            self.messages = self.messages.saturating_add(1);
        }
        if self.messages >= MESSAGE_SEGMENTS {
            self.count_as(cx, "HTTP/2");
        }
    }

    /// Inspect a segment of a connection whose start was missed for WebSocket frames; return whether they are read from now
    /// on. Several segments in a row must consist of whole frames, masked from one side and not from the other.
    fn recognise_websocket(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, data: &[u8]) -> bool {
        if tcp.streams.of(direction).origin.is_some() {
            return false;
        }
        let proven = self.framed.of_mut(direction);
        *proven = match (whole_frames(data), *proven) {
            (Some(true), before) => before.max(0).saturating_add(1),
            (Some(false), before) => before.min(0).saturating_sub(1),
            (None, _) => 0,
        };
        let client = if self.framed.forth > 0 { Direction::Forth } else { Direction::Back };
        let (masked, plain) = (*self.framed.of(client), *self.framed.of(client.reversed()));
        if masked < MASKED_SEGMENTS || plain > -PLAIN_SEGMENTS {
            return false;
        }
        self.client = client;
        let http = Http::joined(self.ends(), tcp.last);
        self.known(cx);
        self.speech = Some(Speech::Http(Box::new(http)));
        self.sinks = Both { forth: Sink::Messages, back: Sink::Messages };
        true
    }

    /// Start reading HTTP/2 after `requests` requests of HTTP/1.
    #[cold]
    pub(super) fn start_http2(&mut self, cx: &mut Context<'_>, start: Start, requests: u64) {
        self.known(cx);
        let http2 = Http2::new(cx, self.ends(), start, requests);
        self.speech = Some(Speech::Http2(Box::new(http2)));
        self.sinks = Both { forth: Sink::Messages, back: Sink::Messages };
    }

    /// Start reading HTTP/2 in the middle, because that is what both sides speak.
    pub(crate) fn join_http2(&mut self, cx: &mut Context<'_>) {
        self.start_http2(cx, Start::Joined, 0);
    }

    /// Note a stream that does not start with HTTP/1. Only after a SOCKS handshake may a message follow.
    fn unknown(&mut self, cx: &mut Context<'_>, direction: Direction, data: &[u8]) {
        self.socks |= starts_socks(data);
        if let Sink::Opening(opening) = self.sinks.of_mut(direction) {
            opening.foreign = !self.socks;
        }
        self.count_as(cx, "other");
    }

    /// Count a connection that is not read so far, unless it is counted.
    fn count_as(&mut self, cx: &mut Context<'_>, kind: &'static str) {
        if self.counted.is_none() {
            self.counted = Some(kind);
            cx.ledger.health.unread(kind, 1);
        }
    }

    /// Take back what the connection was counted as, because it will be read, or counted as what it is.
    fn known(&mut self, cx: &mut Context<'_>) {
        if let Some(kind) = self.counted.take() {
            cx.ledger.health.unread(kind, -1);
        }
    }

    /// Start reading HTTP/1: a message starts in `direction`, and `client` sends the requests.
    pub(super) fn start(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, client: Direction) -> bool {
        self.known(cx);
        self.client = client;
        let mut http = Http::new(Pairing::new(self.ends()));
        let other = direction.reversed();
        let unread = self.unread(other) && tcp.streams.of(other).origin.is_some();
        let peer = self.side(other);
        http.reader(peer).state = if unread { State::Head } else { State::Lost };
        self.speech = Some(Speech::Http(Box::new(http)));
        self.sinks = Both { forth: Sink::Messages, back: Sink::Messages };
        for direction in [Direction::Forth, Direction::Back] {
            if *self.doubts.of(direction) {
                self.doubt(cx, tcp, direction);
            }
        }
        true
    }

    /// Return whether no bytes of a direction have arrived.
    fn unread(&self, direction: Direction) -> bool {
        matches!(self.sinks.of(direction), Sink::Opening(Opening { begun: false, .. }))
    }

    /// Count a connection on which `direction` does not speak HTTP/1; the other side may refuse that.
    #[cold]
    fn unreadable(&mut self, cx: &mut Context<'_>, kind: &'static str, direction: Direction) {
        self.known(cx);
        cx.ledger.health.unread(kind, 1);
        let other = direction.reversed();
        *self.sinks.of_mut(other) = if self.unread(other) { Sink::Refusal(kind) } else { Sink::Nobody };
        *self.sinks.of_mut(direction) = Sink::Nobody;
    }

    /// Read HTTP/1 after all, in which `direction` refuses, and take back what the connection was counted as.
    #[cold]
    pub(super) fn refused(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction) {
        if let Sink::Refusal(kind) = self.sinks.of(direction) {
            cx.ledger.health.unread(kind, -1);
        }
        if let Some(Speech::Tls(mut tls)) = self.speech.take() {
            tls.refused(cx, tcp.last);
        }
        self.start(cx, tcp, direction, direction.reversed());
    }

    /// Read what the server speaks like the client, if it is read at all.
    pub(super) fn accepted(&mut self, direction: Direction) {
        let follows = matches!(&self.speech, Some(Speech::Tls(tls)) if tls.follows());
        *self.sinks.of_mut(direction) = if follows { Sink::Messages } else { Sink::Nobody };
    }

    /// Start reading TLS, of which `direction` sent the first bytes, after `requests` requests of HTTP/1. `starttls` tells
    /// whether other bytes came before.
    #[cold]
    pub(super) fn start_tls(
        &mut self,
        cx: &mut Context<'_>,
        tcp: &Tcp,
        direction: Direction,
        starttls: bool,
        requests: u64,
    ) {
        let tls = Tls::new(cx, tcp, self.client_key(), self.wanted, starttls, requests);
        self.speech = Some(Speech::Tls(Box::new(tls)));
        *self.sinks.of_mut(direction) = Sink::Messages;
        if !matches!(self.sinks.of(direction.reversed()), Sink::Refusal(_)) {
            self.accepted(direction.reversed());
        }
    }
}
