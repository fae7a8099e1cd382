//! A connection that is decrypted: what TCP delivers, record by record, and what waits for secrets.

use super::buffers::{keep, spare};
use super::inside::Inside;
use super::lane::{Lane, Stage};
use super::records::{Found, Loss, Piece};
use super::session::{Choice, Session};
use super::waiting::{Event, Waiting};
use crate::context::Context;
use crate::http::Side;
use crate::key::Key;
use crate::records::{Certificate, Ending, Wanted};
use crate::strain::Awaited;
use crate::tcp::Position;
use crate::tls::head::Head;
use crate::tls::reader::{APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE};

/// Maximum records that are taken to be lost in a gap.
const MOST_LOST: u64 = 1024;

/// Whether a connection goes on after a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// The record waits for its secret.
    Wait,
}

/// A TLS connection whose secrets are known, or may come.
#[derive(Debug)]
pub(crate) struct Decryption {
    /// Key of packets from the client.
    pub(super) key: Key,
    pub(super) wanted: Wanted,
    /// None until the ClientHello was read.
    pub(super) session: Option<Box<Session>>,
    pub(super) client: Lane,
    pub(super) server: Lane,
    pub(super) inside: Option<Box<Inside>>,
    /// What came since secrets are missing.
    waiting: Option<Box<Waiting>>,
    /// What the client sent early, until it is known whether the server accepts that.
    pub(super) early: Option<Box<Waiting>>,
    /// Additions to the secrets when they were looked for.
    asked_at: u64,
    /// Whether secrets are no longer waited for.
    pub(super) hopeless: bool,
    /// Whether a record was opened.
    pub(super) opened: bool,
    /// Whether there is nothing to decrypt.
    pub(super) over: bool,
    /// The server's certificate, if it was encrypted and is wanted.
    pub(super) certificate: Option<Box<Certificate>>,
}

impl Decryption {
    /// Start before the ClientHello; `key` is that of packets from the client.
    pub(crate) fn new(key: Key, wanted: Wanted) -> Self {
        Self {
            key,
            wanted,
            session: None,
            client: Lane::new(),
            server: Lane::new(),
            inside: None,
            waiting: None,
            early: None,
            asked_at: 0,
            hopeless: false,
            opened: false,
            over: false,
            certificate: None,
        }
    }

    /// Return whether what is inside is read.
    pub(crate) fn is_open(&self) -> bool {
        self.inside.is_some()
    }

    /// Return what the server waits for inside.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        self.inside.as_ref()?.awaited(now)
    }

    /// Return whether there is nothing to decrypt, now or later.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Return whether time alone will change something: secrets are waited for.
    pub(crate) fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Return the protocol inside, if the handshake told it.
    pub(crate) fn protocol(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.protocol)
    }

    /// Take the server's certificate, if it was encrypted.
    pub(crate) fn take_certificate(&mut self) -> Option<Box<Certificate>> {
        self.certificate.take()
    }

    pub(crate) fn idle(&self) -> bool {
        self.waiting.is_none() && self.inside.as_ref().is_none_or(|inside| inside.idle())
    }

    /// Return the number of requests inside so far.
    pub(crate) fn requests(&self) -> u64 {
        self.inside.as_ref().map_or(0, |inside| inside.requests())
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        let lanes = [&self.client, &self.server];
        let waiting = [&self.waiting, &self.early].into_iter().flatten();
        lanes.iter().map(|lane| lane.records.held() + lane.messages.held()).sum::<usize>()
            + waiting.map(|waiting| waiting.held()).sum::<usize>()
            + self.inside.as_ref().map_or(0, |inside| inside.held())
    }

    pub(super) fn lane(&mut self, side: Side) -> &mut Lane {
        match side {
            Side::Requests => &mut self.client,
            Side::Responses => &mut self.server,
        }
    }

    pub(super) fn choice(&self) -> Choice {
        self.session.as_ref().map_or(Choice::Open, |session| session.choice)
    }

    // what TCP reports ------------------------------------------------------------------------------------------------

    /// Read the next bytes of a side.
    pub(crate) fn arrived(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8], place: Position) {
        self.look_again(cx, place.time);
        if self.waiting.is_some() {
            self.wait(cx, Event::Data(side, data.into(), place));
        } else {
            self.read(cx, side, data, place);
        }
    }

    /// Skip `size` missing bytes of a side; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: usize) {
        if self.waiting.is_some() {
            return self.wait(cx, Event::Gap(side, size));
        }
        match self.lane(side).records.gap(cx, size) {
            Loss::Nothing => {}
            Loss::One(head) => self.lost(cx, side, head),
            Loss::UpTo(records) => {
                let lane = self.lane(side);
                lane.lose(records.min(MOST_LOST));
                lane.messages.release(cx);
                self.missed(cx, side, 0);
            }
        }
    }

    /// Note acknowledged bytes of a side that have not arrived.
    pub(crate) fn doubt(&mut self, cx: &mut Context<'_>, side: Side) {
        if self.waiting.is_some() {
            self.wait(cx, Event::Doubt(side));
        } else if let Some(inside) = &mut self.inside {
            inside.doubt(cx, side);
        }
    }

    /// Handle the FIN of a side.
    pub(crate) fn end(&mut self, cx: &mut Context<'_>, side: Side, time: f64, ack: Option<u32>) {
        if self.waiting.is_some() {
            self.wait(cx, Event::End(side, time, ack));
        } else if let Some(inside) = &mut self.inside {
            inside.end(cx, side, time, ack);
        }
    }

    /// Handle the end of the connection; return the number of its requests. If its secrets may still come, it is kept for
    /// them.
    pub(crate) fn close(mut self: Box<Self>, cx: &mut Context<'_>, ending: Ending, time: f64) -> u64 {
        self.look_again(cx, time);
        let until = self.waiting.as_ref().map(|waiting| waiting.since + cx.limits.key_wait);
        let random = self.session.as_ref().map(|session| session.client_random);
        let (Some(until), Some(random), false) = (until, random, ending == Ending::CaptureEnd) else {
            return self.finish(cx, ending, time);
        };
        self.wait(cx, Event::Close(ending, time));
        let requests = self.requests();
        if self.waiting.is_some() {
            linger(cx, random, self, until);
        }
        requests
    }

    /// Stop decrypting, and release everything.
    pub(crate) fn discard(mut self: Box<Self>, cx: &mut Context<'_>, time: f64) {
        self.finish(cx, Ending::Gap, time);
    }

    /// Emit what waits inside, and release everything; return the number of requests.
    fn finish(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) -> u64 {
        if self.waiting.is_some() {
            self.give_up(cx);
        }
        self.early.take().into_iter().for_each(|mut early| early.clear(cx));
        for lane in [&mut self.client, &mut self.server] {
            lane.records.drop_held(cx);
            lane.messages.release(cx);
            lane.key = None;
        }
        let requests = self.inside.take().map_or(0, |mut inside| inside.close(cx, ending, time));
        if let (Some(session), Some(keyring), true) = (&self.session, cx.keys.as_deref_mut(), self.opened) {
            keyring.store.forget(&session.client_random);
        }
        self.over = true;
        requests
    }

    // waiting ---------------------------------------------------------------------------------------------------------

    /// Look for missing secrets if any were added, and give up what has waited for too long.
    pub(crate) fn look_again(&mut self, cx: &mut Context<'_>, now: f64) {
        let Some(since) = self.waiting.as_ref().map(|waiting| waiting.since) else {
            return;
        };
        let additions = cx.keys.as_ref().map_or(0, |keyring| keyring.additions);
        if std::mem::replace(&mut self.asked_at, additions) != additions {
            self.replay(cx);
        }
        if self.waiting.is_some() && now - since >= cx.limits.key_wait {
            self.give_up(cx);
        }
    }

    /// Let an event wait for secrets.
    fn wait(&mut self, cx: &mut Context<'_>, event: Event) {
        if let Some(event) = self.waiting.as_mut().and_then(|waiting| waiting.push(cx, event)) {
            cx.ledger.health.secret("waiting data discarded");
            self.give_up(cx);
            self.handle(cx, event);
        }
    }

    /// Let a record wait for its secret, before everything else that waits, and the rest of its segment.
    fn hold(&mut self, cx: &mut Context<'_>, side: Side, record: &[u8], place: Position, rest: Piece<'_>) {
        self.asked_at = cx.keys.as_ref().map_or(0, |keyring| keyring.additions);
        let waiting = self.waiting.get_or_insert_with(|| Box::new(Waiting::new(place.time)));
        if !rest.bytes.is_empty() {
            waiting.put_back(cx, Event::Data(side, rest.bytes.into(), rest.place));
        }
        waiting.put_back(cx, Event::Data(side, record.into(), place));
    }

    /// Wait no longer: count the records that have come, so that a secret that comes later opens the next ones.
    fn give_up(&mut self, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.hopeless, true) {
            cx.ledger.health.secret("connections without secrets in time");
        }
        self.replay(cx);
    }

    /// Handle what waits, until a secret is missing.
    pub(super) fn replay(&mut self, cx: &mut Context<'_>) {
        let Some(mut waiting) = self.waiting.take() else {
            return;
        };
        while let Some(event) = waiting.pop(cx) {
            self.handle(cx, event);
            if let Some(held) = self.waiting.take() {
                waiting.precede(*held);
                self.waiting = Some(waiting);
                return;
            }
        }
    }

    fn handle(&mut self, cx: &mut Context<'_>, event: Event) {
        match event {
            Event::Data(side, bytes, place) => self.read(cx, side, &bytes, place),
            Event::Gap(side, size) => self.gap(cx, side, size),
            Event::Doubt(side) => self.doubt(cx, side),
            Event::End(side, time, ack) => self.end(cx, side, time, ack),
            Event::Close(ending, time) => {
                self.finish(cx, ending, time);
            }
        }
    }

    // records ---------------------------------------------------------------------------------------------------------

    /// Read a segment, or what waited of one.
    fn read(&mut self, cx: &mut Context<'_>, side: Side, bytes: &[u8], place: Position) {
        let mut piece = Piece { bytes, place };
        self.reach(side, piece.end());
        let (mut record, mut copy) = (spare(cx), spare(cx));
        while !self.over
            && let Some(found) = self.lane(side).records.next(cx, &mut piece, &mut record)
        {
            match found {
                Found::Record(head, place) => {
                    if self.record(cx, side, (head, place), &mut record, &mut copy) == Flow::Wait {
                        self.hold(cx, side, &record, place, piece);
                        break;
                    }
                }
                Found::Lost(head) => self.lost(cx, side, head),
                Found::Nonsense => self.nonsense(cx, side),
            }
        }
        keep(cx, &mut record);
        keep(cx, &mut copy);
    }

    /// Note the number after a segment of a side, whatever that contains.
    fn reach(&mut self, side: Side, end: u32) {
        self.lane(side).reached = end;
        if let Some(inside) = &mut self.inside {
            inside.reach(side, end);
        }
    }

    /// Handle a whole record: its head and its position.
    pub(super) fn record(
        &mut self,
        cx: &mut Context<'_>,
        side: Side,
        (head, place): (Head, Position),
        record: &mut [u8],
        copy: &mut Vec<u8>,
    ) -> Flow {
        let encrypted = match self.choice() {
            Choice::Old(_) if head.kind == CHANGE_CIPHER_SPEC => {
                self.lane(side).enter(Stage::Application);
                return Flow::On;
            }
            Choice::Old(_) => self.lane(side).stage == Stage::Application,
            Choice::New(_) | Choice::Open => head.kind == APPLICATION_DATA,
            Choice::Unsupported => return Flow::On,
        };
        if encrypted {
            return self.encrypted(cx, side, (head, place), record, copy);
        }
        if head.kind == HANDSHAKE {
            self.messages(cx, side, record.get(crate::tls::head::HEAD..).unwrap_or_default());
        }
        Flow::On
    }

    /// Note a record that is lost, but was counted by its sender.
    fn lost(&mut self, cx: &mut Context<'_>, side: Side, head: Head) {
        let lane = self.lane(side);
        lane.messages.release(cx);
        let size = match self.choice() {
            Choice::Old(_) if head.kind == CHANGE_CIPHER_SPEC => return self.lane(side).enter(Stage::Application),
            Choice::Old(_) if self.lane(side).stage == Stage::Clear => return,
            Choice::Old(suite) if head.kind == APPLICATION_DATA => suite.content(head.length).unwrap_or_default(),
            Choice::Old(_) => return self.lane(side).pass(),
            _ if head.kind != APPLICATION_DATA => return,
            _ => 0,
        };
        let lane = self.lane(side);
        if lane.key.is_some() || lane.stage == Stage::Application {
            lane.pass();
        } else {
            lane.pass_doubtful();
        }
        self.missed(cx, side, size);
    }

    /// Handle bytes that are no record: from here on, the next one is looked for.
    fn nonsense(&mut self, cx: &mut Context<'_>, side: Side) {
        if self.session.is_none() || self.choice() == Choice::Open {
            self.over = true;
            return;
        }
        self.lane(side).lose(MOST_LOST);
        self.missed(cx, side, 0);
    }

    /// Note content of a side that was not decrypted: so many bytes, or 0 if that is unknown.
    pub(super) fn missed(&mut self, cx: &mut Context<'_>, side: Side, size: usize) {
        match &mut self.inside {
            Some(inside) => inside.gap(cx, side, size),
            None => self.lane(side).missed = true,
        }
    }
}

/// Keep a connection that has ended until its secrets come.
fn linger(cx: &mut Context<'_>, random: crate::secrets::Random, connection: Box<Decryption>, until: f64) {
    let replaced = match cx.keys.as_deref_mut() {
        Some(keyring) => keyring.lingering.add(random, connection, until),
        None => Some(connection),
    };
    if let Some(mut replaced) = replaced {
        replaced.give_up(cx);
    }
}

/// Go on with connections that have ended and whose secrets came since, and give up those that have waited until `now`.
pub(crate) fn resume_lingering(cx: &mut Context<'_>, now: f64) {
    while let Some(mut connection) = cx.keys.as_deref_mut().and_then(|keyring| keyring.lingering.awakened()) {
        connection.replay(cx);
        let waits = connection.waiting.as_ref().map(|waiting| waiting.since + cx.limits.key_wait);
        if let (Some(until), Some(random)) = (waits, connection.session.as_ref().map(|one| one.client_random)) {
            linger(cx, random, connection, until);
        }
    }
    while let Some(mut connection) = cx.keys.as_deref_mut().and_then(|keyring| keyring.lingering.overdue(now)) {
        connection.give_up(cx);
    }
}
