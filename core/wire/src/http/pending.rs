//! What pairing holds: a request without its response yet, and a response under way.

use super::reader::{Progress, Reader, State};
use crate::records::Asked;

/// Bytes that a waiting request takes beside its longest strings.
const COST: usize = 1000;

/// A request without its response yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) asked: Asked,
    pub(crate) connect: bool,
    pub(crate) head: bool,
    /// Whether its line named no version (RFC 1945).
    pub(crate) simple: bool,
    pub(crate) seq: u32,
    pub(crate) ack: Option<u32>,
    /// Whether the next response answers it.
    pub(crate) certain: bool,
    /// Whether the response that starts where it acknowledged answers it.
    pub(crate) provable: bool,
    pub(crate) sent: Progress,
    /// When its last byte came; None where the capture lost it.
    pub(crate) done_at: Option<f64>,
    /// Whether it was sent whole.
    pub(crate) end: bool,
}

impl Pending {
    /// Bytes that it takes while it waits, about.
    pub(crate) fn cost(&self) -> usize {
        COST + self.asked.characters
    }

    /// Note how much of it was sent before its end, when the next `given_up` bytes are no longer waited for.
    pub(crate) fn cut_off(&mut self, reader: &Reader, given_up: usize) {
        self.sent = reader.progress();
        let given_up = given_up as u64;
        let lost = if reader.state == State::Length { given_up.min(reader.remaining) } else { given_up };
        self.sent.body_bytes += lost;
        self.sent.missing += lost;
    }
}

/// A response under way, with the request that it certainly answers, if any.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) pending: Option<Pending>,
    /// None where it has no head, as HTTP/0.9 has it.
    pub(crate) status: Option<u16>,
    /// Capture time of its first byte.
    pub(crate) time: f64,
    /// Media type, lower case, without parameters.
    pub(crate) content_type: String,
    pub(crate) received: Progress,
}
