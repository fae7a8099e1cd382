//! TLS as the protocol of a connection: counts the server name, follows the handshake if its record is wanted, and has it
//! decrypted if there may be secrets.

use super::client_hello::ClientHello;
use super::decryption::Decryption;
use super::handshake::Handshake;
use super::messages::{CLIENT_HELLO, SERVER_HELLO};
use super::reader::{Event, Reader};
use crate::context::Context;
use crate::http::Side;
use crate::key::Key;
use crate::records::{Ending, Ends, HandshakeRow, HelloRow, Outcome, StrainKind, Wanted};
use crate::speech::Sides;
use crate::strain::Awaited;
use crate::tcp::{Position, Tcp};
use crate::text::printable;

const LONGEST_HOST_NAME: usize = 255;

/// A TLS connection, up to the end of its handshake, or with what is inside.
#[derive(Debug)]
pub(crate) struct Tls {
    ends: Ends,
    wanted: Wanted,
    /// Requests of HTTP/1 that came before, to a proxy.
    requests: u64,
    client: Reader,
    server: Reader,
    /// Whether the ClientHello was read.
    greeted: bool,
    /// The server name under which the connection is counted.
    counted: Option<String>,
    followed: Option<Box<Followed>>,
    /// Whether other bytes came before the ClientHello.
    starttls: bool,
    /// Whether bytes of the server were read.
    answered: bool,
    decryption: Option<Box<Decryption>>,
}

/// A handshake whose record is wanted.
#[derive(Debug)]
struct Followed {
    handshake: Handshake,
    connect_time: Option<f64>,
    /// Bytes of the budget in use.
    charged: usize,
}

impl Tls {
    /// Start before the first bytes of the client; `key` is that of its packets. `starttls` tells whether other bytes came before them, with `requests`
    /// requests of HTTP/1.
    pub(crate) fn new(
        cx: &mut Context<'_>,
        tcp: &Tcp,
        key: Key,
        wanted: Wanted,
        starttls: bool,
        requests: u64,
    ) -> Self {
        let mut tls = Self {
            ends: Ends::of(key, None),
            wanted,
            requests,
            client: Reader::of_client(),
            server: Reader::default(),
            greeted: false,
            counted: None,
            followed: None,
            starttls,
            answered: false,
            decryption: cx.keys.as_ref().map(|_| Box::new(Decryption::new(key, wanted))),
        };
        if wanted.handshakes && cx.protocols.tls {
            let (handshake, connect_time) = (Handshake::default(), tcp.connect_time);
            let followed = Followed { handshake, connect_time, charged: 0 };
            tls.followed = Some(Box::new(followed));
            tls.settle(cx, tcp.last);
        }
        tls
    }

    /// Return whether the handshake is followed or decrypted, so that the server's bytes matter.
    pub(crate) fn follows(&self) -> bool {
        self.followed.is_some() || self.decryption.is_some()
    }

    /// Return whether secrets are waited for.
    pub(crate) fn waits(&self) -> bool {
        self.decryption.as_ref().is_some_and(|decryption| decryption.waits())
    }

    /// Look for secrets that were waited for.
    pub(crate) fn look_again(&mut self, cx: &mut Context<'_>, now: f64) {
        if let Some(decryption) = &mut self.decryption {
            decryption.look_again(cx, now);
        }
    }

    /// Return whether no exchange is under way.
    pub(crate) fn idle(&self) -> bool {
        self.decryption.as_ref().is_none_or(|decryption| decryption.idle())
    }

    /// Return whether nothing is known of what is inside.
    pub(crate) fn is_opaque(&self) -> bool {
        self.decryption.as_ref().is_none_or(|decryption| !decryption.is_open())
    }

    /// Return what the server waits for: something inside, or the next step of the client in the handshake.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        if let Some(decryption) = self.decryption.as_ref().filter(|decryption| decryption.is_open()) {
            return decryption.awaited(now);
        }
        let since = self.followed.as_ref()?.handshake.started?;
        let turn = !self.greeted || self.answered;
        turn.then(|| Awaited::one(StrainKind::SlowHandshake, since, 0))
    }

    /// Return the number of requests: of HTTP/1 before, and inside.
    pub(crate) fn requests(&self) -> u64 {
        self.requests + self.decryption.as_ref().map_or(0, |decryption| decryption.requests())
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        let charged = self.followed.as_ref().map_or(0, |followed| followed.charged);
        let decryption = self.decryption.as_ref().map_or(0, |decryption| decryption.held());
        self.client.held() + self.server.held() + charged + decryption
    }

    /// Read the next bytes of a side.
    pub(crate) fn arrived(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, data: &[u8], place: Position) {
        if side == Side::Responses && !self.hears(data) {
            return;
        }
        self.decrypt(cx, side, data, place);
        if self.client.over && self.server.over {
            return;
        }
        let Self { client, server, greeted, followed, .. } = self;
        if let Some(followed) = followed {
            followed.handshake.started.get_or_insert(place.time);
        }
        let reader = if side == Side::Requests { client } else { server };
        let (mut rest, mut name, mut outcome) = (data, None, None);
        while outcome.is_none()
            && (followed.is_some() || !*greeted)
            && let Some(event) = reader.next(cx, &mut rest)
        {
            if let (Side::Requests, false, Event::Message(CLIENT_HELLO, body)) = (side, *greeted, &event) {
                name = Some(ClientHello::parse(body).server_name.to_vec());
                *greeted = true;
            }
            let mut encrypts = false;
            if let Some(followed) = followed {
                encrypts = event == Event::ChangeCipherSpec && followed.handshake.encrypts(side);
                outcome = followed.handshake.event(side, &event, place.time, cx.limits.string_length);
            }
            reader.encrypted |= encrypts;
        }
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.count(cx, sides.now, &name);
        }
        self.settle(cx, place.time);
        if let Some(outcome) = outcome {
            self.emit(cx, outcome, place.time);
        }
        self.rest(cx, place.time);
    }

    /// Return whether these bytes of the server are read. After something else, they start with a record.
    fn hears(&mut self, data: &[u8]) -> bool {
        self.answered |= !self.starttls || starts_record(data) || starts_alert(data);
        self.answered && self.follows()
    }

    /// Decrypt the next bytes of a side, and add to the handshake what was encrypted of it.
    fn decrypt(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8], place: Position) {
        let Some(decryption) = &mut self.decryption else {
            return;
        };
        decryption.arrived(cx, side, data, place);
        if let Some(followed) = &mut self.followed {
            let certificate = decryption.take_certificate();
            followed.handshake.decrypted(decryption.protocol(), certificate);
        }
        if let Some(decryption) = self.decryption.take_if(|decryption| decryption.is_over()) {
            decryption.discard(cx, place.time);
        }
    }

    /// Handle `size` missing bytes of a side; 0 if their number is unknown. Of the handshake, nothing more is read there.
    pub(crate) fn missed(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, size: usize) {
        if let Some(decryption) = &mut self.decryption {
            decryption.gap(cx, side, size);
        }
        let reader = if side == Side::Requests { &mut self.client } else { &mut self.server };
        reader.close(cx);
        self.rest(cx, sides.now);
    }

    /// Note acknowledged bytes of a side that have not arrived.
    pub(crate) fn doubted(&mut self, cx: &mut Context<'_>, side: Side) {
        if let Some(decryption) = &mut self.decryption {
            decryption.doubt(cx, side);
        }
    }

    /// Handle the FIN of a side.
    pub(crate) fn ended_by(&mut self, cx: &mut Context<'_>, side: Side, time: f64, ack: Option<u32>) {
        if let Some(decryption) = &mut self.decryption {
            decryption.end(cx, side, time, ack);
        }
    }

    /// Read nothing more if there is nothing more to find out.
    fn rest(&mut self, cx: &mut Context<'_>, time: f64) {
        let named = self.greeted && self.followed.is_none();
        if named || self.client.over && (self.server.over || self.followed.is_none()) {
            self.emit(cx, Outcome::Incomplete, time);
        }
    }

    /// Handle the end of the connection.
    pub(crate) fn closed(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) {
        let whole = self.greeted && !self.client.over && !self.server.over;
        let outcome = self.followed.as_ref().map(|followed| {
            let heard = self.answered || followed.connect_time.is_some();
            followed.handshake.at_end(whole && heard && matches!(ending, Ending::Closed | Ending::Reset))
        });
        self.emit(cx, outcome.unwrap_or(Outcome::Incomplete), time);
        if let Some(decryption) = self.decryption.take() {
            self.requests += decryption.close(cx, ending, time);
        }
    }

    /// Take back what was counted: the server answers in plain HTTP.
    pub(crate) fn refused(&mut self, cx: &mut Context<'_>, time: f64) {
        self.counted.take().into_iter().for_each(|name| cx.ledger.health.unname(&name));
        if cx.protocols.tls {
            cx.odd("TLS answered in plain HTTP");
        }
        self.emit(cx, Outcome::Failed, time);
        if let Some(decryption) = self.decryption.take() {
            decryption.discard(cx, time);
        }
    }

    /// Count the connection under its server name.
    fn count(&mut self, cx: &mut Context<'_>, now: f64, wire_name: &[u8]) {
        let name = printable(&wire_name.to_ascii_lowercase(), LONGEST_HOST_NAME);
        self.counted = Some(cx.ledger.health.name_server(&name, cx.limits.server_names));
        if self.wanted.hellos {
            let Ends { client, server, .. } = self.ends;
            cx.out.hello(&mut cx.ledger.health, HelloRow { time: now, client, server, server_name: name });
        }
    }

    /// Charge to the budget what the handshake has told so far; without room, its record is emitted as it is.
    fn settle(&mut self, cx: &mut Context<'_>, time: f64) {
        let Some(followed) = &mut self.followed else {
            return;
        };
        let size = size_of::<Followed>() + followed.handshake.facts.size();
        let more = size.saturating_sub(followed.charged);
        if cx.charge(more) {
            followed.charged += more;
        } else {
            cx.odd("total buffer full");
            self.emit(cx, Outcome::Incomplete, time);
        }
    }

    /// Emit the record of the handshake, if there is one to emit, and read nothing more.
    fn emit(&mut self, cx: &mut Context<'_>, outcome: Outcome, time: f64) {
        self.client.close(cx);
        self.server.close(cx);
        let Some(followed) = self.followed.take() else {
            return;
        };
        let (Followed { handshake, connect_time, charged, .. }, starttls) = (*followed, self.starttls);
        cx.release(charged);
        if self.greeted || handshake.is_answered() {
            let Ends { client, server, .. } = self.ends;
            let facts = Box::new(handshake.facts);
            let started = handshake.started.unwrap_or(time);
            let row = HandshakeRow { time, client, server, started, connect_time, starttls, outcome, facts };
            cx.out.handshake(&mut cx.ledger.health, row);
        }
    }
}

/// Return whether bytes start with a TLS record of the handshake.
pub(crate) fn starts_record(data: &[u8]) -> bool {
    matches!(data, [0x16, 0x03, 0x00..=0x03, ..])
}

/// Return whether the first bytes of a stream are the start of such a record, and too few to tell more: some clients split
/// there, so that middleboxes do not see the server name.
pub(crate) fn begins_record(data: &[u8]) -> bool {
    matches!(data, [0x16] | [0x16, 0x03])
}

/// Return whether bytes that start with such a record start with a ServerHello, so that the server sends them.
pub(crate) fn starts_answer(data: &[u8]) -> bool {
    data.get(5) == Some(&SERVER_HELLO)
}

/// Return whether bytes start with an alert in the clear.
pub(crate) fn starts_alert(data: &[u8]) -> bool {
    matches!(data, [0x15, 0x03, 0x00..=0x04, 0x00, 0x02, ..])
}

/// Return whether a segment certainly starts with a ClientHello: both types and both versions match.
pub(crate) fn starts_hello(data: &[u8]) -> bool {
    data.starts_with(b"\x16\x03") && data.get(5) == Some(&1) && data.get(9) == Some(&3)
}
