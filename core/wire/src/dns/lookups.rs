//! Pairs queries with their answers, and emits lookups.
//!
//! An answer belongs to the query with the same endpoints, id and question (RFC 5452 section 9.1). It may be captured
//! before its query, so one that belongs to none waits for a moment. Whatever waits is bounded.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::answered::{Again, AnsweredLookups};
use super::arrival::{Arrival, Kind, Transport};
use super::is_datagram_port;
use super::kept::{Kept, KeptLookups, MOST_KEPT};
use super::message::{HEADER, Message};
use super::name::Fault;
use super::outcome::{answered_row, complete, row_of, transfers, unanswered, unanswered_row, unnamed};
use super::records::{FAILED_BEFORE, Found};
use super::row::{Lists, NO_TYPE, Row};
use super::waiting::{Place, Waiting, WaitingQueries};
use crate::aged::Aged;
use crate::context::Context;
use crate::key::Key;
use crate::records::Ending;

/// Seconds that a client may take to ask again over TCP after a truncated answer, or with CD after SERVFAIL.
const ASKED_AGAIN: f64 = 5.0;
/// Bytes of a header up to the response code.
const LEAST_HEADER: usize = 4;
const NOERROR: u16 = 0;
const SERVFAIL: u16 = 2;
const NXDOMAIN: u16 = 3;
const TC: u8 = 1 << 1;
const CD: u8 = 1 << 5;

/// A question of a client to a server, by its hash.
type Asked = (IpAddr, IpAddr, u32);

/// Pairs queries with answers.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    found: Found,
    hasher: RandomState,
    waiting: WaitingQueries,
    answered: AnsweredLookups,
    /// Answers without a query, which may be captured later.
    early: KeptLookups<(Place, u32)>,
    /// Truncated answers, after which the client may ask over TCP.
    truncated: KeptLookups<Asked>,
    /// When questions without CD failed.
    failed: Aged<Asked, f64>,
    /// Capture time of the last message.
    last: f64,
}

impl Lookups {
    /// Handle a message.
    pub(crate) fn message(&mut self, cx: &mut Context<'_>, arrival: &Arrival, bytes: &[u8]) {
        self.last = arrival.time;
        let mut head = [0; HEADER];
        let bytes = if arrival.cut { completed(bytes, &mut head) } else { bytes };
        let Ok(message) = Message::read(bytes, arrival.time, &mut self.found) else {
            return cx.odd("malformed DNS message");
        };
        note(cx, arrival, &message);
        let unreadable = !message.readable() || unnamed(arrival, &message);
        if unreadable && !message.header.is_response() {
            return;
        }
        if arrival.is_announced() {
            self.announced(cx, arrival, &message, bytes.len());
        } else if message.header.is_response() {
            self.answer(cx, arrival, &message, bytes.len());
        } else {
            self.query(cx, arrival, &message);
        }
    }

    /// Give up what has waited too long.
    pub(crate) fn expire(&mut self, cx: &mut Context<'_>, now: f64) {
        let timeout = cx.limits.dns_timeout;
        while let Some((place, waiting)) = self.waiting.oldest_before(now - timeout) {
            unanswered(cx, place, &waiting, waiting.asked + timeout, Ending::Timeout);
        }
        let early = now - cx.limits.gap_timeout;
        while let Some(kept) = self.early.oldest_before(cx, early) {
            kept.emit(cx);
        }
        let again = now - ASKED_AGAIN;
        while let Some(kept) = self.truncated.oldest_before(cx, again) {
            kept.emit(cx);
        }
        while self.failed.pop_front_if(|_, time| *time <= again).is_some() {}
    }

    /// End the capture: emit what waits until `records` records wait; return whether nothing is left.
    pub(crate) fn drain(&mut self, cx: &mut Context<'_>, now: f64, records: usize) -> bool {
        while cx.out.waiting() < records {
            let kept = self.early.oldest_before(cx, f64::INFINITY);
            if let Some(kept) = kept.or_else(|| self.truncated.oldest_before(cx, f64::INFINITY)) {
                kept.emit(cx);
            } else if let Some((place, waiting)) = self.waiting.oldest_before(f64::INFINITY) {
                unanswered(cx, place, &waiting, now.max(self.last), Ending::CaptureEnd);
            } else {
                return true;
            }
        }
        false
    }

    /// Handle a message of multicast DNS, which is a lookup of its own: a question to all, or what a responder says.
    fn announced(&mut self, cx: &mut Context<'_>, arrival: &Arrival, message: &Message, size: usize) {
        let (source, target) = arrival.key.addresses();
        let mut row = row_of(arrival, arrival.key, message);
        row.record_type = self.named_type(message);
        if message.header.is_response() {
            row = answered_row(row_of(arrival, arrival.key.reversed(), message), arrival, message, size);
            row.record_type = self.named_type(message);
            (row.server, row.client) = (source, (!target.is_multicast()).then_some(target));
        } else {
            row.started = arrival.time;
        }
        self.emit(cx, &row);
    }

    fn named_type(&self, message: &Message) -> u32 {
        message.question.map(|(kind, _)| kind).or(self.found.kind).map_or(NO_TYPE, u32::from)
    }

    fn query(&mut self, cx: &mut Context<'_>, arrival: &Arrival, message: &Message) {
        let place = arrival.place(arrival.key, message.header.id);
        let question = self.question(message);
        if let Some(waiting) = self.waiting.find(place, question) {
            waiting.retries = waiting.retries.saturating_add(1);
            return;
        }
        if let Some(mut kept) = self.early.take(cx, &(place, question)) {
            // How long the answer took is unknown, because the order is.
            kept.row.started = arrival.time;
            kept.emit(cx);
            self.answered.note(place, question, arrival.time, 0);
            return;
        }
        let mut waiting = self.asked(arrival, message, question);
        if arrival.transport == Transport::Tcp
            && let Some(kept) = self.truncated.take(cx, &asked_by(arrival.key, question))
        {
            (waiting.started, waiting.retries, waiting.truncated) = (kept.row.started, kept.row.retries, true);
        }
        self.wait(cx, place, waiting);
    }

    fn asked(&self, arrival: &Arrival, message: &Message, question: u32) -> Waiting {
        Waiting {
            asked: arrival.time,
            started: arrival.time,
            question,
            name: self.found.name.as_slice().into(),
            record_type: message.question.map_or(NO_TYPE, |(kind, _)| u32::from(kind)),
            operation: message.header.operation(),
            flags: message.flags(),
            server: arrival.key.addresses().1,
            retries: 0,
            truncated: false,
            transfer: None,
        }
    }

    /// Let a query wait. If too many do, give up the one that has waited longest.
    fn wait(&mut self, cx: &mut Context<'_>, place: Place, waiting: Waiting) {
        while self.waiting.len() >= cx.limits.pending_lookups.max(1) {
            self.evict(cx);
        }
        while !cx.charge(waiting.cost()) {
            if self.waiting.len() == 0 {
                cx.odd("too many pending DNS lookups");
                return unanswered_row(cx, place, &waiting, self.last, Ending::Evicted);
            }
            self.evict(cx);
        }
        self.waiting.add(place, waiting);
    }

    fn evict(&mut self, cx: &mut Context<'_>) {
        cx.odd("too many pending DNS lookups");
        if let Some((place, waiting)) = self.waiting.oldest_before(f64::INFINITY) {
            unanswered(cx, place, &waiting, self.last, Ending::Evicted);
        }
    }

    fn answer(&mut self, cx: &mut Context<'_>, arrival: &Arrival, message: &Message, size: usize) {
        let client_key = arrival.key.reversed();
        let place = arrival.place(client_key, message.header.id);
        let question = message.question.map(|_| self.question(message));
        if let Some(waiting) = self.waiting.take(place, question) {
            return self.answered(cx, arrival, message, size, place, waiting);
        }
        let again = self.answered.again(place, question, arrival.time, cx.limits.dns_timeout);
        match (again, question) {
            (Some(Again::Second), _) if arrival.kind() == Kind::Dns => cx.odd("second DNS answer"),
            (None, None) if unnamed(arrival, message) => self.orphan(cx, arrival, message, size, place, 0),
            (Some(_), _) | (None, None) => {}
            (None, Some(question)) => self.orphan(cx, arrival, message, size, place, question),
        }
    }

    /// Keep an answer without a query. On other ports than those of DNS, only an answer to a query is certainly DNS.
    fn orphan(
        &mut self,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        message: &Message,
        size: usize,
        place: Place,
        question: u32,
    ) {
        let (source, target) = arrival.key.ports();
        if arrival.transport == Transport::Udp && !is_datagram_port(source, target) {
            return;
        }
        let row = answered_row(row_of(arrival, arrival.key.reversed(), message), arrival, message, size);
        self.early.keep(cx, (place, question), Kept::new(row, &self.found));
    }

    /// Handle the answer to a query that was waiting.
    fn answered(
        &mut self,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        message: &Message,
        size: usize,
        place: Place,
        mut waiting: Waiting,
    ) {
        if transfers(arrival, message, size, &mut waiting) {
            return self.waiting.add(place, waiting);
        }
        cx.release(waiting.cost());
        let mut row = answered_row(row_of(arrival, arrival.key.reversed(), message), arrival, message, size);
        complete(&mut row, &waiting);
        if message.question.is_none() {
            self.found.name.clear();
            self.found.name.extend_from_slice(&waiting.name);
        }
        row.seen |= self.failed_before(arrival, &row, waiting.question);
        self.answered.note(place, waiting.question, arrival.time, waiting.retries);
        if arrival.transport == Transport::Udp && arrival.kind() == Kind::Dns && row.flags & TC != 0 {
            row.truncated = true;
            let asked = asked_by(arrival.key.reversed(), waiting.question);
            self.truncated.keep(cx, asked, Kept::new(row, &self.found));
        } else {
            self.emit(cx, &row);
        }
    }

    /// Note a failure of a question without CD; return what it means if the same question with CD succeeds: that the
    /// server's validation failed (RFC 4035 section 3.2.2).
    fn failed_before(&mut self, arrival: &Arrival, row: &Row, question: u32) -> u8 {
        if !matches!(row.rcode, NOERROR | SERVFAIL | NXDOMAIN) || (row.flags & CD == 0 && row.rcode != SERVFAIL) {
            return 0;
        }
        let asked = asked_by(arrival.key.reversed(), question);
        if row.flags & CD == 0 {
            self.failed.insert(asked, arrival.time);
            self.failed.move_to_back(&asked);
            if self.failed.len() > MOST_KEPT {
                self.failed.pop_front();
            }
            return 0;
        }
        if row.rcode != SERVFAIL && self.failed.remove(&asked).is_some() { FAILED_BEFORE } else { 0 }
    }

    fn emit(&self, cx: &mut Context<'_>, row: &Row) {
        let Found { name, addresses, errors, .. } = &self.found;
        cx.out.lookup(&mut cx.ledger.health, row, Lists { name, addresses, errors });
    }

    fn question(&self, message: &Message) -> u32 {
        // 0 is the number of the first question at a place.
        (self.hasher.hash_one((message.question, self.found.name.as_slice())) as u32).max(1)
    }
}

/// Count what is odd about a message.
fn note(cx: &mut Context<'_>, arrival: &Arrival, message: &Message) {
    match message.fault {
        Some(Fault::Loop) => cx.odd("DNS compression loop"),
        Some(Fault::Malformed) if !arrival.cut => cx.odd("malformed DNS message"),
        _ => {}
    }
    if message.forward {
        cx.odd("forward DNS pointer");
    }
    if message.header.questions > 1 && arrival.kind() == Kind::Dns {
        cx.odd("several DNS questions");
    }
}

fn asked_by(client_key: Key, question: u32) -> Asked {
    let (client, server) = client_key.addresses();
    (client, server, question)
}

/// Return the start of a message that the capture cut, with a whole header: zeros in place of missing numbers.
fn completed<'a>(bytes: &'a [u8], head: &'a mut [u8; HEADER]) -> &'a [u8] {
    if bytes.len() >= HEADER || bytes.len() < LEAST_HEADER {
        return bytes;
    }
    for (place, byte) in head.iter_mut().zip(bytes) {
        *place = *byte;
    }
    head
}
