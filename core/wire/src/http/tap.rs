//! Reads bodies that say more than their size: operations in requests, server-sent events in responses, and messages of
//! gRPC-Web in both.

use super::fields::Fields;
use super::head::RequestLine;
use super::reader::Reader;
use crate::bytes::{partition, starts_with_ignoring_case, trimmed};
use crate::context::Context;
use crate::events::EventReader;
use crate::grpc::{self, Form, Messages};
use crate::operations::OperationReader;
use crate::protocols::Protocols;
use crate::records::Details;
use crate::text::printable;

/// Memory of a tap in bytes, besides the start of a body.
const COST: usize = 256;
const EVENT_STREAM: &[u8] = b"text/event-stream";
/// Maximum characters of an operation of gRPC-Web.
const LONGEST_OPERATION: usize = 256;

/// Reads one body while it passes.
#[derive(Debug)]
pub(crate) enum Tap {
    /// A request that may name an operation.
    Operation(OperationReader),
    /// A response of type `text/event-stream`.
    Events(EventReader),
    /// Messages of gRPC-Web.
    Messages(Box<Call>),
}

/// One side of a call of gRPC-Web.
#[derive(Debug)]
pub(crate) struct Call {
    messages: Messages,
    operation: String,
    first_message: Option<f64>,
    /// When the trailers had come.
    trailers: Option<f64>,
}

impl Call {
    fn new(content_type: &[u8], path: &[u8]) -> Option<Box<Self>> {
        let form = Form::of(content_type).filter(|form| *form != Form::Grpc)?;
        let operation = printable(grpc::operation(path), LONGEST_OPERATION);
        Some(Box::new(Self { messages: Messages::new(form), operation, first_message: None, trailers: None }))
    }

    fn data(&mut self, part: &[u8], time: f64) {
        if self.messages.feed(part) > 0 {
            self.first_message.get_or_insert(time);
        }
        if self.messages.status.is_some() {
            self.trailers.get_or_insert(time);
        }
    }

    fn found(self) -> Found {
        let Self { messages: Messages { count, status, .. }, operation, first_message, trailers } = self;
        let answered = if count > 1 { first_message } else { trailers };
        Found { protocol: "grpc-web", operation, messages: count, first_message, answered, grpc_status: status }
    }
}

/// What a tap found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Empty if the version of the request says it.
    protocol: &'static str,
    operation: String,
    messages: u64,
    /// When the first message ended.
    first_message: Option<f64>,
    /// When a call was answered.
    answered: Option<f64>,
    grpc_status: Option<u32>,
}

impl Found {
    /// Return when a response was there whose head came at `time`. A call of gRPC is answered by its trailers, which the
    /// head may hold, or by the first of several messages.
    pub(super) fn answered(&self, time: f64) -> Option<f64> {
        let in_head = self.protocol.is_empty() || self.grpc_status.is_some();
        self.answered.or(in_head.then_some(time))
    }
}

impl Tap {
    /// Return a tap for a request, if its head says that it may name an operation.
    pub(super) fn of_request(protocols: Protocols, line: &RequestLine<'_>, fields: &Fields<'_>) -> Option<Box<Self>> {
        if line.method == b"POST"
            && let Some(call) = of_call(protocols, fields, line.target)
        {
            return Some(Box::new(Self::Messages(call)));
        }
        if !protocols.operations {
            return None;
        }
        let field = |name: &[u8]| fields.other(name);
        let reader = OperationReader::new(line.method, line.target, &fields.content_type, field)?;
        Some(Box::new(Self::Operation(reader)))
    }

    /// Return a tap for a response, if it is an event stream that is not compressed, or answers a call.
    pub(super) fn of_response(protocols: Protocols, fields: &Fields<'_>) -> Option<Box<Self>> {
        match fields.content_type.first()? | 0x20 {
            b'a' => {
                let mut call = of_call(protocols, fields, b"")?;
                call.messages.status = grpc::status(&fields.other(b"grpc-status")); // if there is nothing else
                Some(Box::new(Self::Messages(call)))
            }
            b't' if protocols.operations && is_event_stream(&fields.content_type) => {
                let readable = matches!(fields.other(b"content-encoding").as_slice(), b"" | b"identity");
                readable.then(|| Box::new(Self::Events(EventReader::default())))
            }
            _ => None,
        }
    }

    /// Read the next bytes of the body.
    #[cold]
    pub(super) fn data(&mut self, cx: &mut Context<'_>, part: &[u8], time: f64) {
        match self {
            Self::Operation(reader) => reader.data(cx, part),
            Self::Events(reader) => reader.data(part, time),
            Self::Messages(call) => call.data(part, time),
        }
    }

    /// Skip `size` bytes that the capture lost.
    #[cold]
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, size: u64) {
        match self {
            Self::Operation(reader) => reader.gap(cx),
            Self::Events(reader) => reader.gap(),
            Self::Messages(call) => call.messages.gap(size),
        }
    }

    /// End the body.
    #[cold]
    pub(super) fn finish(self, cx: &mut Context<'_>) -> Box<Found> {
        cx.release(COST);
        Box::new(match self {
            Self::Operation(reader) => Found { operation: reader.finish(cx), ..Found::default() },
            Self::Events(reader) => {
                Found { messages: reader.events, first_message: reader.first(), ..Found::default() }
            }
            Self::Messages(call) => call.found(),
        })
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        COST + if let Self::Operation(reader) = self { reader.held() } else { 0 }
    }
}

impl Reader {
    /// Read the next body with a tap, if it has one and there is room for it.
    #[inline]
    pub(super) fn open_tap(&mut self, cx: &mut Context<'_>, tap: Option<Box<Tap>>) {
        self.close_tap(cx);
        self.tap = tap.filter(|_| cx.charge(COST));
    }

    #[inline]
    pub(super) fn close_tap(&mut self, cx: &mut Context<'_>) {
        if let Some(tap) = self.tap.take() {
            tap.finish(cx);
        }
    }
}

fn is_event_stream(content_type: &[u8]) -> bool {
    starts_with_ignoring_case(content_type, EVENT_STREAM)
        && trimmed(partition(content_type, b';').0).len() == EVENT_STREAM.len()
}

#[cold]
fn of_call(protocols: Protocols, fields: &Fields<'_>, path: &[u8]) -> Option<Box<Call>> {
    if protocols.http2 { Call::new(&fields.content_type, path) } else { None }
}

/// Return the details of an exchange whose request started at `started`; None if the taps found nothing.
#[inline]
pub(super) fn details(
    sent: Option<Box<Found>>,
    received: Option<Box<Found>>,
    started: Option<f64>,
) -> Option<Box<Details>> {
    if sent.is_none() && received.is_none() { None } else { both(sent, received, started) }
}

#[cold]
fn both(sent: Option<Box<Found>>, received: Option<Box<Found>>, started: Option<f64>) -> Option<Box<Details>> {
    let (sent, received) = (sent.unwrap_or_default(), received.unwrap_or_default());
    let first = started.zip(received.first_message);
    let details = Details {
        protocol: if received.protocol.is_empty() { sent.protocol } else { received.protocol },
        operation: sent.operation,
        grpc_status: received.grpc_status,
        request_messages: sent.messages,
        response_messages: received.messages,
        first_message_time: first.map(|(started, first)| (first - started).max(0.0)),
        ..Details::default()
    };
    (details != Details::default()).then(|| Box::new(details))
}
