//! An exchange that becomes a WebSocket (RFC 6455 section 4): it ends when the WebSocket does.

use super::fields::Fields;
use super::framing::Http;
use super::pairing::Pairing;
use super::pending::PendingResponse;
use super::reader::{Progress, Side, State};
use crate::bytes::trimmed;
use crate::context::Context;
use crate::records::Ends;
use crate::tcp::Position;
use crate::websocket::{Extensions, WebSocket, accepts, extensions};

/// Maximum bytes of a Sec-WebSocket-Key to keep; valid ones have 24.
const LONGEST_KEY: usize = 64;

/// A WebSocket. There is one on a connection at most, so it is charged like one: by the number of connections.
#[derive(Debug)]
pub(crate) struct Upgraded {
    pub(super) socket: WebSocket,
    /// Where the first frame of the client starts, if the bytes before it were not read.
    awaited: Option<u32>,
}

/// Return whether a head offers or accepts a WebSocket.
pub(super) fn is_websocket(fields: &Fields<'_>) -> bool {
    trimmed(&fields.upgrade).eq_ignore_ascii_case(b"websocket")
}

/// Return the key of a request that asks for a WebSocket.
pub(super) fn websocket_key(cx: &Context<'_>, fields: &Fields<'_>) -> Option<Box<[u8]>> {
    if fields.upgrade.is_empty() || !cx.protocols.websocket || !is_websocket(fields) {
        return None;
    }
    let key = fields.other(b"sec-websocket-key");
    Some(key.get(..LONGEST_KEY).unwrap_or(&key).into())
}

impl Http {
    /// Read a WebSocket whose handshake was missed.
    pub(crate) fn joined(ends: Ends, time: f64) -> Self {
        let mut http = Self::new(Pairing::new(ends));
        let upgraded = Upgraded { socket: WebSocket::new(Extensions::Other), awaited: None };
        http.pairing.answer = Some(PendingResponse {
            pending: None,
            likely: None,
            status: None,
            time,
            content_type: String::new(),
            headers: String::new(),
            received: Progress::default(),
            websocket: Some(Box::new(upgraded)),
        });
        (http.requests.state, http.responses.state) = (State::Upgraded, State::Upgraded);
        http
    }

    /// Go on as a WebSocket after a 101.
    #[cold]
    pub(super) fn become_websocket(&mut self, cx: &mut Context<'_>, fields: &Fields<'_>) {
        let Some(answer) = &mut self.pairing.answer else {
            return;
        };
        let accept = fields.other(b"sec-websocket-accept");
        let proven = |key: &Option<Box<[u8]>>| key.as_ref().is_some_and(|key| accepts(key, &accept));
        if answer.likely.as_ref().is_some_and(|likely| proven(&likely.websocket_key)) {
            answer.pending = answer.likely.take(); // no other request has this key
        }
        let seen = !accept.is_empty() || !self.responses.oddities.contains(&"head cut short");
        let wrong = seen && answer.pending.as_ref().is_some_and(|pending| !proven(&pending.websocket_key));
        let socket = WebSocket::new(extensions(&fields.other(b"sec-websocket-extensions")));
        // The client waits for the 101 (RFC 6455 section 4.1), which acknowledges all that it sent before.
        let aligned = self.requests.state == State::Head && self.requests.held.is_empty();
        let awaited = self.responses.place.ack.filter(|_| !aligned);
        answer.websocket = Some(Box::new(Upgraded { socket, awaited }));
        if wrong {
            self.note(cx, Side::Responses, "wrong Sec-WebSocket-Accept");
        }
        for side in [Side::Requests, Side::Responses] {
            self.close_reader(cx, side);
            self.reader(side).state = State::Upgraded;
        }
        self.responses.reset();
        if !aligned && awaited.is_none() {
            self.skip_frames(cx, Side::Requests, 0);
        }
    }

    /// Read frames; the exchange ends with the second Close frame (RFC 6455 section 7.1.4).
    #[cold]
    pub(super) fn frames(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8], place: Position) {
        let Some(upgraded) = websocket_of(&mut self.pairing.answer) else {
            return;
        };
        if side == Side::Requests && upgraded.awaited.take().is_some_and(|start| start != place.seq) {
            upgraded.socket.gap(cx, side, 0);
        }
        if !upgraded.socket.data(cx, side, data, place.time) {
            return;
        }
        self.close_reader(cx, Side::Requests);
        self.close_reader(cx, Side::Responses);
        if let Some(answer) = self.pairing.answer.take() {
            self.answer_ended(cx, answer, Some(place.time));
        }
    }

    /// Skip bytes of frames that the capture lost; 0 if their number is unknown.
    #[cold]
    pub(super) fn skip_frames(&mut self, cx: &mut Context<'_>, side: Side, size: u64) {
        if let Some(upgraded) = websocket_of(&mut self.pairing.answer) {
            upgraded.socket.gap(cx, side, size);
        }
    }
}

fn websocket_of(answer: &mut Option<PendingResponse>) -> Option<&mut Upgraded> {
    answer.as_mut()?.websocket.as_deref_mut()
}
