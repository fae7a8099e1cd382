//! What the bodies of a stream say besides their size: an operation, server-sent events, or a WebSocket (RFC 8441).

use super::fields::{Fields, Name};
use crate::bytes::{partition, trimmed};
use crate::context::Context;
use crate::events::EventReader;
use crate::http::Side;
use crate::operations::OperationReader;
use crate::records::Exchange;
use crate::websocket::{self, WebSocket, extensions};

/// Reads the bodies of one stream.
#[derive(Debug)]
pub(super) enum Inside {
    /// A request that may name an operation, and a response that may be a stream of events.
    Bodies(Option<OperationReader>, Option<EventReader>),
    /// The messages of both sides.
    Socket(Box<WebSocket>),
}

impl Inside {
    /// Start with the head of a request; None if it names no operation, and its body cannot either.
    pub(super) fn of_request(cx: &Context<'_>, fields: &Fields) -> Option<Box<Self>> {
        if !cx.protocols.operations {
            return None;
        }
        let other = |name: &[u8]| {
            let name = if name == b"soapaction" { Name::SoapAction } else { Name::ContentEncoding };
            fields.text(name).to_vec()
        };
        let (method, path) = (fields.known(Name::Method)?, fields.known(Name::Path)?);
        let content_type = fields.known(Name::ContentType).unwrap_or_default();
        let reader = OperationReader::new(method, path, content_type, other)?;
        Some(Box::new(Self::Bodies(Some(reader), None)))
    }

    /// Return the reader of a WebSocket that the server accepts, if there is room for it.
    pub(super) fn of_websocket(cx: &mut Context<'_>, fields: &Fields) -> Option<Box<Self>> {
        if !cx.protocols.websocket || !cx.charge(websocket::COST) {
            return None;
        }
        let extensions = extensions(fields.text(Name::Extensions));
        Some(Box::new(Self::Socket(Box::new(WebSocket::new(extensions)))))
    }

    /// Return the reader of a response that is an event stream, if it is not compressed.
    pub(super) fn of_events(cx: &Context<'_>, fields: &Fields) -> Option<EventReader> {
        let content_type = fields.known(Name::ContentType).filter(|_| cx.protocols.operations)?;
        let stream = trimmed(partition(content_type, b';').0).eq_ignore_ascii_case(b"text/event-stream");
        (stream && matches!(fields.text(Name::ContentEncoding), b"" | b"identity")).then(EventReader::default)
    }

    /// Read content of a side.
    pub(super) fn data(&mut self, cx: &mut Context<'_>, side: Side, bytes: &[u8], time: f64) {
        match (self, side) {
            (Self::Socket(socket), _) => {
                socket.data(cx, side, bytes, time);
            }
            (Self::Bodies(Some(operation), _), Side::Requests) => operation.data(cx, bytes),
            (Self::Bodies(_, Some(events)), Side::Responses) => events.data(bytes, time),
            (Self::Bodies(..), _) => {}
        }
    }

    /// Skip `size` bytes of a side that the capture lost; 0 if their number is unknown.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: u64) {
        match (self, side) {
            (Self::Socket(socket), _) => socket.gap(cx, side, size),
            (Self::Bodies(Some(operation), _), Side::Requests) => operation.gap(cx),
            (Self::Bodies(_, Some(events)), Side::Responses) => events.gap(),
            (Self::Bodies(..), _) => {}
        }
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Socket(_) => websocket::COST,
            Self::Bodies(operation, _) => operation.as_ref().map_or(0, OperationReader::held),
        }
    }

    /// Complete the exchange, whose request started at `started`.
    pub(super) fn describe(self, cx: &mut Context<'_>, exchange: &mut Exchange, started: Option<f64>) {
        match self {
            Self::Socket(socket) => {
                cx.release(websocket::COST);
                exchange.missing_bytes = 0; // the WebSocket counts them itself
                socket.describe(exchange, started);
            }
            Self::Bodies(operation, events) => {
                let operation = operation.map(|reader| reader.finish(cx)).unwrap_or_default();
                let details = exchange.details.get_or_insert_default();
                if details.operation.is_empty() {
                    details.operation = operation;
                }
                if let Some(events) = events {
                    let first = started.zip(events.first());
                    details.response_messages = events.events;
                    details.first_message_time = first.map(|(started, first)| (first - started).max(0.0));
                }
            }
        }
    }
}
