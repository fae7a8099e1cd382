//! What is spoken inside a connection: the same protocols as in the clear, read by the same code.
//!
//! Positions are those of the records in the TCP stream: a message starts where its record does. So what pairing
//! concludes from the numbers of TCP holds for encrypted messages too.

use std::sync::Arc;

use crate::context::Context;
use crate::conversation::Conversation;
use crate::http::Side;
use crate::key::Key;
use crate::records::{Ending, Secured, Wanted};
use crate::strain::Awaited;
use crate::tcp::{Both, Direction, Position, Tcp};

/// The conversation inside, on streams of its own.
#[derive(Debug)]
pub(super) struct Inside {
    conversation: Conversation,
    /// Streams without segments: what was decrypted comes in order.
    streams: Tcp,
    ended: Both<bool>,
}

impl Inside {
    /// Start at `time`; `key` is that of packets from the client. `from_start` tells of each side whether its first byte
    /// comes next.
    pub(super) fn new(key: Key, wanted: Wanted, secured: Arc<Secured>, time: f64, from_start: Both<bool>) -> Self {
        let mut streams = Tcp::new(time);
        for direction in [Direction::Forth, Direction::Back] {
            streams.streams.of_mut(direction).origin = from_start.of(direction).then_some(0);
        }
        let wanted = Wanted { connections: false, ..wanted };
        Self { conversation: Conversation::inside(key, wanted, secured), streams, ended: Both::default() }
    }

    /// Read HTTP/2 from the middle of a connection, because the handshake told so.
    pub(super) fn join_http2(&mut self, cx: &mut Context<'_>) {
        within(cx, |cx| self.conversation.join_http2(cx));
    }

    /// Note the number after a segment of a side, whatever that contains.
    pub(super) fn reach(&mut self, side: Side, end: u32) {
        self.streams.streams.of_mut(direction(side)).next = Some(end);
    }

    /// Handle decrypted bytes at a position.
    pub(super) fn data(&mut self, cx: &mut Context<'_>, side: Side, bytes: &[u8], place: Position) {
        let Self { conversation, streams, ended } = self;
        let direction = direction(side);
        if *ended.of(direction) {
            return;
        }
        streams.last = place.time;
        within(cx, |cx| conversation.data(cx, streams, direction, bytes, place));
    }

    /// Handle `size` missing bytes; 0 if their number is unknown.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: usize) {
        let Self { conversation, streams, .. } = self;
        if size == 0 {
            streams.streams.of_mut(direction(side)).origin = None;
        }
        within(cx, |cx| conversation.gap(cx, streams, direction(side), size));
    }

    /// Note bytes that may be missing.
    pub(super) fn doubt(&mut self, cx: &mut Context<'_>, side: Side) {
        let Self { conversation, streams, .. } = self;
        within(cx, |cx| conversation.doubt(cx, streams, direction(side)));
    }

    /// Handle the end of a direction: close_notify or a FIN, whichever comes first.
    pub(super) fn end(&mut self, cx: &mut Context<'_>, side: Side, time: f64, ack: Option<u32>) {
        let Self { conversation, streams, ended } = self;
        let direction = direction(side);
        if !std::mem::replace(ended.of_mut(direction), true) {
            streams.streams.of_mut(direction).ended = true;
            within(cx, |cx| conversation.end(cx, streams, direction, time, ack));
        }
    }

    /// Handle the end of the connection; return the number of requests.
    pub(super) fn close(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) -> u64 {
        let Self { conversation, streams, .. } = self;
        let requests = conversation.requests();
        within(cx, |cx| conversation.close(cx, streams, ending, time));
        requests
    }

    /// Return what the server waits for.
    pub(super) fn awaited(&self, now: f64) -> Option<Awaited> {
        self.conversation.awaited(now)
    }

    pub(super) fn idle(&self) -> bool {
        self.conversation.idle()
    }

    /// Return the number of requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.conversation.requests()
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        self.conversation.held()
    }
}

/// Requests go forth, because the client of TLS is the client of what is inside.
fn direction(side: Side) -> Direction {
    match side {
        Side::Requests => Direction::Forth,
        Side::Responses => Direction::Back,
    }
}

/// Lend a context for what is inside: TLS within TLS is not followed.
fn within<T>(cx: &mut Context<'_>, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let Context { ledger, limits, protocols, out, lookups, .. } = cx;
    let protocols = crate::protocols::Protocols { tls: false, ..*protocols };
    act(&mut Context { ledger, limits, protocols, out, lookups, keys: &mut None })
}
