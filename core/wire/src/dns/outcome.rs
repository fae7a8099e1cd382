//! The rows of lookups: what a message says, with what its query said.

use super::arrival::{Arrival, Transport};
use super::message::Message;
use super::row::{Lists, NO_RCODE, NO_TYPE, Row};
use super::waiting::{Place, Transfer, Waiting};
use crate::context::Context;
use crate::key::Key;
use crate::records::Ending;

const NOERROR: u16 = 0;
const TC: u8 = 1 << 1;
const DO: u8 = 1 << 6;
const IXFR: u32 = 251;
const AXFR: u32 = 252;

/// Return whether the capture has cut off the question of a message.
pub(super) fn unnamed(arrival: &Arrival, message: &Message) -> bool {
    arrival.cut && message.question.is_none()
}

/// Return the row of a message without its outcome; `client_key` leads from the client to the server.
pub(super) fn row_of(arrival: &Arrival, client_key: Key, message: &Message) -> Row {
    let ((client, server), (client_port, server_port)) = (client_key.addresses(), client_key.ports());
    Row {
        time: arrival.time,
        started: f64::NAN,
        response_time: f64::NAN,
        client: Some(client),
        client_port,
        server,
        server_port,
        kind: arrival.kind() as u8,
        transport: arrival.transport as u8,
        operation: message.header.operation(),
        record_type: message.question.map_or(NO_TYPE, |(kind, _)| u32::from(kind)),
        rcode: NO_RCODE,
        flags: message.flags(),
        seen: message.content.seen,
        answers: 0,
        retries: 0,
        size: 0,
        truncated: false,
        unnamed: unnamed(arrival, message),
        ending: Ending::Complete,
    }
}

/// Add the outcome to the row of an answer of `size` bytes.
pub(super) fn answered_row(row: Row, arrival: &Arrival, message: &Message, size: usize) -> Row {
    let truncated = arrival.transport == Transport::Udp && row.flags & TC != 0;
    Row { rcode: message.rcode(), answers: u32::from(message.header.answers), size: size as u32, truncated, ..row }
}

/// Add what the query says to the row of its answer.
pub(super) fn complete(row: &mut Row, waiting: &Waiting) {
    row.started = waiting.started;
    row.response_time = (row.time - waiting.started).max(0.0); // files may go back in time
    row.retries = waiting.retries;
    row.truncated |= waiting.truncated;
    (row.record_type, row.unnamed) = (waiting.record_type, false);
    row.flags |= waiting.flags & DO;
    if let Some(transfer) = &waiting.transfer {
        row.response_time = transfer.response_time;
        row.answers = row.answers.saturating_add(transfer.answers);
        row.size = row.size.saturating_add(transfer.size);
    }
}

/// Handle an answer to a zone transfer (RFC 5936 section 2.2); return whether more messages follow. The first and the
/// last record of a zone are its SOA; the answer to IXFR is the first one alone if there is nothing new (RFC 1995).
pub(super) fn transfers(arrival: &Arrival, message: &Message, size: usize, waiting: &mut Waiting) -> bool {
    if arrival.transport == Transport::Udp || !matches!(waiting.record_type, AXFR | IXFR) || message.rcode() != NOERROR
    {
        return false;
    }
    let response_time = (arrival.time - waiting.started).max(0.0);
    let first = Transfer { response_time, answers: 0, size: 0, zone_starts: 0 };
    let transfer = waiting.transfer.get_or_insert_with(|| Box::new(first));
    let starts = transfer.zone_starts.saturating_add(message.content.zone_starts);
    let unchanged = waiting.record_type == IXFR && transfer.answers == 0 && message.header.answers == 1;
    if message.content.ends_zone && (starts > 1 || unchanged) {
        return false;
    }
    transfer.zone_starts = starts;
    transfer.answers = transfer.answers.saturating_add(u32::from(message.header.answers));
    transfer.size = transfer.size.saturating_add(size as u32);
    true
}

/// Emit a query that waits no longer.
pub(super) fn unanswered(cx: &mut Context<'_>, place: Place, waiting: &Waiting, time: f64, ending: Ending) {
    cx.release(waiting.cost());
    unanswered_row(cx, place, waiting, time, ending);
}

/// Emit a query that was never charged to the budget.
pub(super) fn unanswered_row(cx: &mut Context<'_>, place: Place, waiting: &Waiting, time: f64, ending: Ending) {
    let ((client, _), (client_port, server_port)) = (place.key.addresses(), place.key.ports());
    let arrival = Arrival::at(place, time);
    let mut row = Row {
        time,
        started: waiting.started,
        response_time: f64::NAN,
        client: Some(client),
        client_port,
        server: waiting.server,
        server_port,
        kind: arrival.kind() as u8,
        transport: arrival.transport as u8,
        operation: waiting.operation,
        record_type: waiting.record_type,
        rcode: NO_RCODE,
        flags: waiting.flags,
        seen: 0,
        answers: 0,
        retries: waiting.retries,
        size: 0,
        truncated: waiting.truncated,
        unnamed: false,
        ending,
    };
    if let Some(transfer) = &waiting.transfer {
        (row.rcode, row.response_time) = (NOERROR, transfer.response_time);
        (row.answers, row.size) = (transfer.answers, transfer.size);
    }
    cx.out.lookup(&mut cx.ledger.health, &row, Lists { name: &waiting.name, ..Lists::default() });
}
