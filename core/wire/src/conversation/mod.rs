//! The bytes of one TCP connection, or of TLS inside it: tells the client from the server, and hands the bytes to the reader of
//! the protocol, once that is recognised.

mod recognition;

use std::net::IpAddr;
use std::sync::Arc;

use crate::context::Context;
use crate::http::{Side, starts_response};
use crate::key::Key;
use crate::records::{ConnectionRow, Ending, Ends, Secured, Wanted};
use crate::sink::Sink;
use crate::speech::{Next, Sides, Speech, Switch};
use crate::strain::Awaited;
use crate::tcp::{Both, Direction, Position, Tcp};

/// The application data of one connection.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// Packet key of direction `Forth`.
    key: Key,
    wanted: Wanted,
    /// Whether one of its ports is monitored; otherwise only DNS is read.
    monitored: bool,
    /// The TLS connection that this is the inside of.
    secured: Option<Arc<Secured>>,
    sinks: Both<Sink>,
    /// The direction of the requests.
    pub(crate) client: Direction,
    /// Who sent the first PROXY protocol header, and the client in it, if a trusted proxy names one.
    announced: Option<(Direction, Option<IpAddr>)>,
    /// As what the connection is counted that is not read so far.
    counted: Option<&'static str>,
    socks: bool,
    /// Per direction: whether bytes were missed before HTTP was recognised.
    doubts: Both<bool>,
    /// Segments that may be requests of HTTP/2, while the protocol is unknown.
    evidence: u8,
    /// Segments that are frames of HTTP/2 with messages of gRPC, while the protocol is unknown.
    messages: u8,
    /// Per direction: how many segments in a row consist of WebSocket frames; negative if these are not masked.
    framed: Both<i8>,
    /// The protocol, once it is recognised.
    speech: Option<Speech>,
}

impl Conversation {
    pub(crate) fn new(key: Key, wanted: Wanted, monitored: bool) -> Self {
        let (sinks, doubts) = (Both::default(), Both::default());
        Self {
            key,
            wanted,
            monitored,
            secured: None,
            sinks,
            client: Direction::Forth,
            announced: None,
            counted: None,
            socks: false,
            doubts,
            evidence: 0,
            messages: 0,
            framed: Both::default(),
            speech: None,
        }
    }

    /// Create the conversation inside a TLS connection; `key` is that of packets from its client.
    pub(crate) fn inside(key: Key, wanted: Wanted, secured: Arc<Secured>) -> Self {
        Self { secured: Some(secured), ..Self::new(key, wanted, true) }
    }

    fn side(&self, direction: Direction) -> Side {
        if direction == self.client { Side::Requests } else { Side::Responses }
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.speech.as_ref().map_or(0, Speech::held)
    }

    fn sides<'a>(&self, tcp: &'a Tcp) -> Sides<'a> {
        let (requests, responses) = (self.client, self.client.reversed());
        Sides { requests: tcp.streams.of(requests), responses: tcp.streams.of(responses), now: tcp.last }
    }

    /// Return the key of packets from the client.
    fn client_key(&self) -> Key {
        if self.client == Direction::Forth { self.key } else { self.key.reversed() }
    }

    pub(crate) fn ends(&self) -> Ends {
        let announced = self.announced.filter(|(sender, _)| *sender == self.client).and_then(|(_, client)| client);
        Ends::of(self.client_key(), self.secured.clone()).announced(announced)
    }

    // events from TCP -------------------------------------------------------------------------------------------------

    /// Handle the next bytes of a direction.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, data: &[u8], place: Position) {
        #[cfg(test)]
        crate::fault::provoke(data);
        match self.sinks.of_mut(direction) {
            Sink::Messages => {
                let (side, sides) = (self.side(direction), self.sides(tcp));
                let switch = self.speech.as_mut().and_then(|speech| speech.data(cx, sides, side, data, place));
                if let Some(switch) = switch {
                    self.switch(cx, tcp, direction, data, place, *switch);
                }
            }
            Sink::Opening(_) => self.open(cx, tcp, direction, data, place),
            Sink::Refusal(_) => {
                if starts_response(data) {
                    self.refused(cx, tcp, direction);
                } else {
                    self.accepted(direction);
                }
                self.data(cx, tcp, direction, data, place);
            }
            Sink::Nobody => {}
        }
    }

    /// Go on in another protocol after a part of a segment.
    #[cold]
    fn switch(
        &mut self,
        cx: &mut Context<'_>,
        tcp: &Tcp,
        direction: Direction,
        data: &[u8],
        place: Position,
        Switch { taken, next }: Switch,
    ) {
        let mut requests = 0;
        if let Some(mut speech) = self.speech.take() {
            requests = speech.requests();
            speech.close(cx, self.sides(tcp), Ending::Closed, place.time);
        }
        match next {
            Next::Http => {
                self.start(cx, tcp, direction, direction.reversed());
            }
            Next::Http2(start) => self.start_http2(cx, start, requests),
            Next::Tls => {
                cx.ledger.health.unread("TLS", 1);
                self.start_tls(cx, tcp, direction, true, requests);
            }
        }
        if let Some(rest) = data.get(taken..).filter(|rest| !rest.is_empty()) {
            self.data(cx, tcp, direction, rest, place.further(taken));
        }
    }

    /// Handle `size` missing bytes in a direction; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, size: usize) {
        match self.sinks.of_mut(direction) {
            Sink::Messages => {
                let (side, sides) = (self.side(direction), self.sides(tcp));
                if let Some(speech) = &mut self.speech {
                    speech.gap(cx, sides, side, size);
                }
            }
            Sink::Opening(opening) if 0 < size && size <= opening.header => opening.header -= size,
            Sink::Opening(opening) => {
                (opening.begun, opening.header) = (true, 0);
                *self.framed.of_mut(direction) = 0;
                opening.foreign &= size > 0; // after a jump, it may be another connection
                self.doubt(cx, tcp, direction);
            }
            Sink::Refusal(_) => {
                self.accepted(direction);
                self.gap(cx, tcp, direction, size);
            }
            Sink::Nobody => {}
        }
    }

    /// Note acknowledged bytes that have not arrived: they may be missing, or the acknowledgment is wrong.
    pub(crate) fn doubt(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction) {
        let (side, sides) = (self.side(direction), self.sides(tcp));
        *self.doubts.of_mut(direction) = true;
        if let Some(speech) = &mut self.speech {
            speech.doubt(cx, sides, side);
        }
    }

    /// Return whether no exchange is under way.
    pub(crate) fn idle(&self) -> bool {
        self.speech.as_ref().is_none_or(Speech::idle)
    }

    /// Return what the server waits for, if that is something that the client has to say.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        self.speech.as_ref()?.awaited(now)
    }

    /// Return whether the server may be sending something.
    pub(crate) fn may_respond(&self) -> bool {
        !self.idle() || self.speech.as_ref().is_none_or(Speech::is_opaque)
    }

    /// Return whether time alone will change something soon, so that `look_again` must be called.
    pub(crate) fn waits(&self) -> bool {
        matches!(&self.speech, Some(Speech::Tls(tls)) if tls.waits())
    }

    /// Go on if what was waited for has come, or no longer wait.
    pub(crate) fn look_again(&mut self, cx: &mut Context<'_>, now: f64) {
        if let Some(Speech::Tls(tls)) = &mut self.speech {
            tls.look_again(cx, now);
        }
    }

    /// Return the number of requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.speech.as_ref().map_or(0, Speech::requests)
    }

    /// Handle a FIN, with its acknowledgment number: no more bytes come in this direction.
    pub(crate) fn end(&mut self, cx: &mut Context<'_>, tcp: &Tcp, direction: Direction, time: f64, ack: Option<u32>) {
        let (side, sides) = (self.side(direction), self.sides(tcp));
        if let (Sink::Messages, Some(speech)) = (self.sinks.of(direction), &mut self.speech) {
            speech.end(cx, sides, side, time, ack);
        }
    }

    /// Handle the end of the connection.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, tcp: &Tcp, ending: Ending, time: f64) {
        let mut requests = 0;
        if let Some(mut speech) = self.speech.take() {
            requests = speech.requests();
            speech.close(cx, self.sides(tcp), ending, time);
            requests = requests.max(speech.requests());
        }
        if self.wanted.connections && self.monitored {
            self.tell(cx, tcp, requests, ending, time);
        }
    }

    /// Emit a record of the connection.
    fn tell(&self, cx: &mut Context<'_>, tcp: &Tcp, requests: u64, ending: Ending, time: f64) {
        let Ends { client, server, .. } = self.ends();
        let row = ConnectionRow {
            time,
            client,
            server,
            started: tcp.started,
            connect_time: tcp.connect_time,
            requests,
            resent_bytes: tcp.resent,
            ending,
        };
        cx.out.connection(&mut cx.ledger.health, row);
    }
}
