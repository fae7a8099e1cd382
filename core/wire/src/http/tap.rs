//! Reads bodies that say more than their size: operations in requests, and server-sent events in responses.

use super::fields::Fields;
use super::framing::Http;
use super::head::RequestLine;
use super::reader::Side;
use crate::bytes::{partition, trimmed};
use crate::context::Context;
use crate::events::EventReader;
use crate::operations::OperationReader;
use crate::records::Details;

/// Memory of a tap in bytes, besides the start of a body.
const COST: usize = 128;

/// Reads one body while it passes.
#[derive(Debug)]
pub(crate) enum Tap {
    /// A request that may name an operation.
    Operation(OperationReader),
    /// A response of type `text/event-stream`.
    Events(EventReader),
}

/// What a tap found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    operation: String,
    messages: u64,
    /// When the first message ended.
    first_message: Option<f64>,
}

impl Tap {
    /// Return a tap for a request, if its head says that it may name an operation.
    pub(super) fn of_request(line: &RequestLine<'_>, fields: &Fields<'_>) -> Option<Self> {
        let field = |name: &[u8]| fields.other(name);
        OperationReader::new(line.method, line.target, &fields.content_type, field).map(Self::Operation)
    }

    /// Return a tap for a response, if it is an event stream that is not compressed.
    pub(super) fn of_response(fields: &Fields<'_>) -> Option<Self> {
        let media_type = trimmed(partition(&fields.content_type, b';').0);
        let stream = media_type.eq_ignore_ascii_case(b"text/event-stream");
        let readable = stream && matches!(fields.other(b"content-encoding").as_slice(), b"" | b"identity");
        readable.then(|| Self::Events(EventReader::default()))
    }

    /// Read the next bytes of the body.
    pub(super) fn data(&mut self, cx: &mut Context<'_>, part: &[u8], time: f64) {
        match self {
            Self::Operation(reader) => reader.data(cx, part),
            Self::Events(reader) => reader.data(part, time),
        }
    }

    /// Skip bytes that the capture lost.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>) {
        match self {
            Self::Operation(reader) => reader.gap(cx),
            Self::Events(reader) => reader.gap(),
        }
    }

    /// End the body.
    pub(super) fn finish(self, cx: &mut Context<'_>) -> Found {
        cx.release(COST);
        match self {
            Self::Operation(reader) => Found { operation: reader.finish(cx), ..Found::default() },
            Self::Events(reader) => {
                Found { messages: reader.events, first_message: reader.first(), ..Found::default() }
            }
        }
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        COST + if let Self::Operation(reader) = self { reader.held() } else { 0 }
    }
}

impl Http {
    /// Read the next body of a side with a tap, if there is room for one.
    pub(super) fn open_tap(&mut self, cx: &mut Context<'_>, side: Side, tap: Option<Tap>) {
        self.close_tap(cx, side);
        self.reader(side).tap = tap.filter(|_| cx.charge(COST)).map(Box::new);
    }

    pub(super) fn close_tap(&mut self, cx: &mut Context<'_>, side: Side) {
        if let Some(tap) = self.reader(side).tap.take() {
            tap.finish(cx);
        }
    }
}

/// Return the details of an exchange whose request started at `started`; None if the taps found nothing.
pub(super) fn details(
    sent: Option<Box<Found>>,
    received: Option<Box<Found>>,
    started: Option<f64>,
) -> Option<Box<Details>> {
    if sent.is_none() && received.is_none() {
        return None;
    }
    let (sent, received) = (sent.unwrap_or_default(), received.unwrap_or_default());
    let first = started.zip(received.first_message);
    let details = Details {
        operation: sent.operation,
        response_messages: received.messages,
        first_message_time: first.map(|(started, first)| (first - started).max(0.0)),
        ..Details::default()
    };
    (details != Details::default()).then(|| Box::new(details))
}
