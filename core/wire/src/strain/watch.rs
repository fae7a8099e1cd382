//! Looks at all open connections in turn, and tells which of them have waited long for their clients.
//!
//! Each connection is looked at once in `PERIOD`, a few at each tick. So what is noted of one is never more than a
//! sample, and nothing is done for a packet.

use super::Awaited;
use crate::context::Context;
use crate::flows::Connection;
use crate::records::{Ends, StrainKind, StrainRow};

/// Seconds between two looks at a connection.
const PERIOD: f64 = 5.0;
/// Seconds that a client may take for the next step.
pub(crate) const LONG: f64 = 10.0;
/// Bytes per second below which a body, or the reading of a response, does not go on. Thin mobile lines have more.
pub(crate) const RATE: f64 = 256.0;

/// Bytes of room below which a receiver stops its peer.
pub(crate) const NO_ROOM: i64 = 256;

/// What was seen of a connection when it was last looked at.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// When its connection started, because another may have taken its slot.
    started: f64,
    kind: StrainKind,
    since: f64,
    bytes: u64,
    time: f64,
}

/// Looks at connections by slot.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    samples: Vec<Option<Sample>>,
    /// The next slot.
    next: usize,
    /// Slots that are due, and when that was.
    due: f64,
    time: Option<f64>,
}

impl Watch {
    /// Look at the connections that are due.
    pub(crate) fn look(&mut self, cx: &mut Context<'_>, connections: &[Option<Box<Connection>>], now: f64) {
        let passed = now - self.time.replace(now).unwrap_or(now);
        let all = connections.len();
        self.samples.resize(all, None);
        self.due = (self.due + all as f64 * passed / PERIOD).min(all as f64);
        while self.due >= 1.0 {
            self.due -= 1.0;
            self.next = if self.next + 1 < all { self.next + 1 } else { 0 };
            let connection = connections.get(self.next).and_then(Option::as_deref);
            if let Some(sample) = self.samples.get_mut(self.next) {
                let awaited = connection.and_then(|connection| Some((connection, connection.awaited(now)?)));
                *sample = awaited.map(|(connection, awaited)| noted(cx, connection, awaited, *sample, now));
            }
        }
    }
}

/// Tell of a connection if what it waits for takes too long; return what to remember of it.
fn noted(cx: &mut Context<'_>, connection: &Connection, awaited: Awaited, before: Option<Sample>, now: f64) -> Sample {
    let started = connection.tcp.started;
    let Awaited { kind, bytes, count, .. } = awaited;
    let same = |one: &Sample| {
        one.started == started && one.kind == kind && awaited.since.is_none_or(|since| since == one.since)
    };
    let before = before.filter(same);
    let since = awaited.since.or(before.map(|before| before.since)).unwrap_or(now);
    let stands = |before: Sample| (bytes.saturating_sub(before.bytes) as f64) < RATE * (now - before.time);
    let slow = !matches!(kind, StrainKind::SlowBody | StrainKind::SlowRead) || before.is_some_and(stands);
    if slow && now - since >= LONG {
        let Ends { client: (client, port), server, .. } = connection.conversation.ends();
        let row = StrainRow { time: now, client: (Some(client), port), server, kind, since, amount: count, bytes };
        cx.out.strain(&mut cx.ledger.health, row);
    }
    // A client that reads or sends enough starts anew.
    let since = if slow || awaited.since.is_some() || before.is_none() { since } else { now };
    Sample { started, kind, since, bytes, time: now }
}
