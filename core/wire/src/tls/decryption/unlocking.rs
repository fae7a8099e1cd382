//! Opens the records of a connection: finds the secret of each stage, and hands on what was encrypted.

use std::sync::Arc;

use super::connection::{Decryption, Flow};
use super::inside::Inside;
use super::lane::{Key, Stage};
use super::opener::Opened;
use super::schedule::{old_opener, opener};
use super::session::{Choice, Early, label};
use super::suite::Suite;
use super::waiting::{Event, Waiting};
use crate::context::Context;
use crate::http::Side;
use crate::records::Secured;
use crate::secrets::{Label, Secret};
use crate::tcp::{Both, Position};
use crate::tls::head::{HEAD, Head};
use crate::tls::reader::{ALERT, APPLICATION_DATA, HANDSHAKE};

const STAGES: [Stage; 3] = [Stage::Early, Stage::Handshake, Stage::Application];
const CLOSE_NOTIFY: u8 = 0;

/// What became of a record.
enum Attempt {
    Opened(Opened),
    /// No known key opens it.
    Failed,
    /// No key is known.
    Missing,
}

impl Decryption {
    /// Handle an encrypted record.
    pub(super) fn encrypted(
        &mut self,
        cx: &mut Context<'_>,
        side: Side,
        (head, place): (Head, Position),
        record: &mut [u8],
        copy: &mut Vec<u8>,
    ) -> Flow {
        if side == Side::Requests && self.may_be_early() {
            self.put_aside(cx, record, place);
            return Flow::On;
        }
        let attempt = self.open(cx, side, &head, record, copy);
        if matches!(attempt, Attempt::Missing) && !self.hopeless {
            return Flow::Wait;
        }
        if side == Side::Responses && self.server.stage != Stage::Handshake {
            self.decide_early(cx, true); // the server's answer to that is not known
        }
        match attempt {
            Attempt::Opened(opened) => self.content(cx, side, place, &opened, record),
            Attempt::Missing => self.passed(cx, side),
            Attempt::Failed => self.failed(cx, side),
        }
        Flow::On
    }

    fn open(
        &mut self,
        cx: &mut Context<'_>,
        side: Side,
        head: &Head,
        record: &mut [u8],
        copy: &mut Vec<u8>,
    ) -> Attempt {
        if self.lane(side).is_given_up() {
            return Attempt::Failed;
        }
        match self.choice() {
            Choice::New(suite) => self.open_new(cx, side, suite, head, record, copy),
            Choice::Old(suite) => self.open_old(cx, side, suite, head, record, copy),
            Choice::Open | Choice::Unsupported => Attempt::Failed,
        }
    }

    /// Open a record of TLS 1.3 with the key of the current stage or of a later one.
    fn open_new(
        &mut self,
        cx: &mut Context<'_>,
        side: Side,
        suite: Suite,
        head: &Head,
        record: &mut [u8],
        copy: &mut Vec<u8>,
    ) -> Attempt {
        let lane = self.lane(side);
        let (current, keyed) = (lane.stage, lane.key.is_some());
        if keyed && let Some(opened) = lane.open(head, record, copy, current == Stage::Application) {
            return Attempt::Opened(opened);
        }
        let mut tried = keyed;
        for stage in STAGES.into_iter().filter(|stage| *stage > current || *stage == current && !keyed) {
            if let Some(key) = self.key(cx, side, suite, stage) {
                tried = true;
                if let Some(opened) = self.lane(side).open_later(stage, key, head, record, copy) {
                    return Attempt::Opened(opened);
                }
            }
        }
        if tried { Attempt::Failed } else { Attempt::Missing }
    }

    /// Open a record of TLS 1.2.
    fn open_old(
        &mut self,
        cx: &mut Context<'_>,
        side: Side,
        suite: Suite,
        head: &Head,
        record: &mut [u8],
        copy: &mut Vec<u8>,
    ) -> Attempt {
        if self.lane(side).key.is_none() {
            let Some(key) = self.old_key(cx, side, suite) else {
                return Attempt::Missing;
            };
            self.lane(side).key = Some(key);
        }
        self.lane(side).open(head, record, copy, true).map_or(Attempt::Failed, Attempt::Opened)
    }

    /// Return the key of a stage of TLS 1.3, if its secret is known.
    fn key(&mut self, cx: &mut Context<'_>, side: Side, suite: Suite, stage: Stage) -> Option<Key> {
        let early = self.session.as_ref().is_some_and(|session| session.early == Early::Accepted);
        let label = label(side, stage).filter(|_| stage != Stage::Early || early)?;
        let secret = self.secret(cx, label)?;
        let opener = opener(suite, &secret)?;
        Some(Key { opener, secret: (stage == Stage::Application).then_some(secret) })
    }

    /// Return the key of TLS 1.2, if the master secret is known.
    fn old_key(&mut self, cx: &mut Context<'_>, side: Side, suite: Suite) -> Option<Key> {
        let secret = self.secret(cx, Label::Master)?;
        let agreed = self.session.as_ref()?.agreed(suite);
        Some(Key { opener: old_opener(&agreed, &secret, side)?, secret: None })
    }

    fn secret(&mut self, cx: &mut Context<'_>, label: Label) -> Option<Box<Secret>> {
        let random = self.session.as_ref()?.client_random;
        cx.keys.as_deref_mut()?.store.secret(&random, label)
    }

    /// Note a record that no known key opens.
    fn failed(&mut self, cx: &mut Context<'_>, side: Side) {
        let lane = self.lane(side);
        if lane.gives_up() {
            cx.ledger.health.secret("directions given up");
        }
        if lane.stage < Stage::Application {
            return; // a record of another stage
        }
        if !lane.is_given_up() {
            lane.pass_doubtful();
            cx.ledger.health.secret("records not opened");
        }
        self.missed(cx, side, 0);
    }

    /// Note a record for which no key is known.
    fn passed(&mut self, cx: &mut Context<'_>, side: Side) {
        match self.choice() {
            Choice::Old(_) => self.lane(side).pass(),
            _ => self.lane(side).pass_doubtful(),
        }
        self.missed(cx, side, 0);
    }

    // content ---------------------------------------------------------------------------------------------------------

    /// Hand on the content of a record that was opened.
    fn content(&mut self, cx: &mut Context<'_>, side: Side, place: Position, opened: &Opened, record: &[u8]) {
        if !std::mem::replace(&mut self.opened, true) {
            cx.ledger.health.unread("TLS", -1);
            cx.ledger.health.secret("connections decrypted");
        }
        let content = record.get(HEAD..).and_then(|record| record.get(opened.content.clone())).unwrap_or_default();
        match (opened.kind, content) {
            (APPLICATION_DATA, _) => self.application_data(cx, side, content, place),
            (HANDSHAKE, _) => self.messages(cx, side, content),
            (ALERT, [_, CLOSE_NOTIFY]) => {
                if let Some(inside) = &mut self.inside {
                    inside.end(cx, side, place.time, place.ack);
                }
            }
            _ => {}
        }
    }

    fn application_data(&mut self, cx: &mut Context<'_>, side: Side, content: &[u8], place: Position) {
        if self.inside.is_none() {
            self.inside = self.begin(cx, place.time);
        }
        if let Some(inside) = self.inside.as_mut().filter(|_| !content.is_empty()) {
            inside.data(cx, side, content, place);
        }
    }

    /// Start reading what is inside.
    fn begin(&self, cx: &mut Context<'_>, time: f64) -> Option<Box<Inside>> {
        let session = self.session.as_ref()?;
        let secured = Secured { version: session.version.clone(), server_name: session.server_name.clone() };
        let from_start = Both { forth: !self.client.missed, back: !self.server.missed };
        let joined = !from_start.forth && session.protocol == "h2" && cx.protocols.http2;
        let mut inside = Box::new(Inside::new(self.key, self.wanted, Arc::new(secured), time, from_start));
        inside.reach(Side::Requests, self.client.reached);
        inside.reach(Side::Responses, self.server.reached);
        if joined {
            inside.join_http2(cx);
        }
        Some(inside)
    }

    // early data ------------------------------------------------------------------------------------------------------

    /// Return whether a record of the client may be early data that the server has not accepted yet.
    fn may_be_early(&self) -> bool {
        self.client.stage == Stage::Clear && self.session.as_ref().is_some_and(|one| one.early == Early::Offered)
    }

    /// Keep a record until it is known whether the server accepts early data (RFC 8446 section 4.2.10).
    fn put_aside(&mut self, cx: &mut Context<'_>, record: &[u8], place: Position) {
        let early = self.early.get_or_insert_with(|| Box::new(Waiting::new(place.time)));
        if early.push(cx, Event::Data(Side::Requests, record.into(), place)).is_some() {
            cx.ledger.health.secret("waiting data discarded");
            self.client.missed = true;
        }
    }

    /// Read or ignore the early data of the client.
    pub(super) fn decide_early(&mut self, cx: &mut Context<'_>, accepted: bool) {
        let Some(session) = self.session.as_mut().filter(|session| session.early == Early::Offered) else {
            return;
        };
        session.early = if accepted { Early::Accepted } else { Early::Refused };
        let Some(mut early) = self.early.take() else {
            return;
        };
        let mut copy = Vec::new();
        while let Some(event) = early.pop(cx) {
            if let Event::Data(side, mut record, place) = event
                && let Some(head) = record.first_chunk().map(|head| Head::of(*head))
                && self.record(cx, side, (head, place), &mut record, &mut copy) == Flow::Wait
            {
                self.passed(cx, side);
            }
        }
    }
}
