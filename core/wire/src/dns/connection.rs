//! DNS over TCP (RFC 7766): queries one way, and answers in any order the other way.

use super::arrival::{Arrival, Transport};
use super::stream::MessageStream;
use crate::context::Context;
use crate::http::Side;
use crate::key::Key;

/// Both directions of a connection that carries messages.
#[derive(Debug)]
pub(crate) struct DnsConnection {
    /// From the client to the server.
    key: Key,
    queries: MessageStream,
    answers: MessageStream,
    /// Latest capture time: a message that arrives out of order is complete with its last segment.
    latest: f64,
}

impl DnsConnection {
    pub(crate) fn new(key: Key) -> Self {
        Self { key, queries: MessageStream::default(), answers: MessageStream::default(), latest: 0.0 }
    }

    fn stream(&mut self, side: Side) -> &mut MessageStream {
        match side {
            Side::Requests => &mut self.queries,
            Side::Responses => &mut self.answers,
        }
    }

    /// Handle the next bytes of a side, captured at `time`.
    pub(crate) fn arrived(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8], time: f64) {
        let key = if side == Side::Requests { self.key } else { self.key.reversed() };
        self.latest = self.latest.max(time);
        let arrival = Arrival { time: self.latest, key, transport: Transport::Tcp, cut: false };
        self.stream(side).data(cx, data, |cx, message| {
            cx.with_lookups(|lookups, cx| lookups.message(cx, &arrival, message));
        });
    }

    /// Handle missing bytes of a side.
    pub(crate) fn missed(&mut self, cx: &mut Context<'_>, side: Side) {
        self.stream(side).gap(cx);
    }

    /// Handle the end of the connection. Queries that wait may still be answered on another one, or time out.
    pub(crate) fn closed(&mut self, cx: &mut Context<'_>) {
        self.queries.release(cx);
        self.answers.release(cx);
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.queries.held() + self.answers.held()
    }
}
