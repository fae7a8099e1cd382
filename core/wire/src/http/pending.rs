//! What pairing keeps: unanswered requests, and the current response.

use super::reader::{Progress, Reader, State};
use super::upgrade::Upgraded;
use crate::content::held;
use crate::context::Context;
use crate::records::Asked;

/// Memory of a waiting request in bytes, besides its longest strings.
const COST: usize = 1000;

/// A request that waits for its response.
#[derive(Debug)]
pub(crate) struct PendingRequest {
    pub(crate) asked: Asked,
    pub(crate) connect: bool,
    pub(crate) head: bool,
    /// Whether its line has no version (RFC 1945).
    pub(crate) simple: bool,
    /// The key of a request for a WebSocket.
    pub(crate) websocket_key: Option<Box<[u8]>>,
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
    /// Whether the next response answers it.
    pub(crate) certain: bool,
    /// Whether a response that starts at the byte it acknowledged answers it.
    pub(crate) provable: bool,
    pub(crate) sent: Progress,
    /// When its last byte came; None if the capture lost it.
    pub(crate) done_at: Option<f64>,
    /// Whether it was sent completely.
    pub(crate) end: bool,
}

impl PendingRequest {
    /// Return its approximate memory in bytes while it waits.
    pub(crate) fn cost(&self) -> usize {
        COST + self.asked.characters
    }

    /// Return the bytes of the budget that are used by what is kept of it.
    pub(crate) fn kept(&self) -> usize {
        held(self.sent.kept.as_deref())
    }

    /// Record how much was sent before the end of the request; the next `given_up` bytes will not come.
    pub(crate) fn cut_off(&mut self, cx: &mut Context<'_>, reader: &mut Reader, given_up: usize) {
        self.sent = reader.progress(cx);
        let given_up = given_up as u64;
        let lost = if reader.state == State::Length { given_up.min(reader.remaining) } else { given_up };
        self.sent.body_bytes += lost;
        self.sent.missing += lost;
    }
}

/// The current response, and the request that it certainly answers, if any.
#[derive(Debug)]
pub(crate) struct PendingResponse {
    pub(crate) pending: Option<Box<PendingRequest>>,
    /// The request that it answers if the next one shows that no other was waiting.
    pub(crate) likely: Option<Box<PendingRequest>>,
    /// None if it has no head, as in HTTP/0.9.
    pub(crate) status: Option<u16>,
    /// Capture time of the first byte.
    pub(crate) time: f64,
    /// Media type in lower case, without parameters.
    pub(crate) content_type: String,
    /// Its named fields, as lines of `name: value`.
    pub(crate) headers: String,
    pub(crate) received: Progress,
    /// What the connection became with it.
    pub(crate) websocket: Option<Box<Upgraded>>,
}

impl PendingResponse {
    /// Return the bytes of the budget that are used by what is kept of it, and of its request.
    pub(crate) fn kept(&self) -> usize {
        let requests = self.pending.iter().chain(&self.likely).map(|pending| pending.kept());
        requests.sum::<usize>() + held(self.received.kept.as_deref())
    }
}
