//! Pairs responses with requests.
//!
//! Responses come in the order of their requests (RFC 9112 section 9.3), so a queue pairs them while both directions
//! are complete. After a loss the queue is not trusted: an earlier request may have been answered by lost bytes, and a
//! response may answer a lost request. Then TCP's own numbers decide. A client that waits for each response before its
//! next request acknowledges with that request everything answered before, so its answer starts at exactly the byte
//! that the request acknowledged. Only such a response is paired, and then the queue is trusted again. A client that
//! was seen to pipeline gives no such proof, so its exchanges stay unpaired after a loss. Lost bytes may also hide
//! pipelining. So if requests may be missing, the next one is trusted only if it also acknowledges a response that the
//! server sent after receiving all bytes before that request: then the missing bytes were not sent together with it.
//! Without such a response, the pair must be confirmed: the client's next request, or the FIN with which it closes
//! first, acknowledges its response and nothing after it, so no other was outstanding. A client that pipelines only now
//! and then, always in lost bytes, goes undetected.

use std::collections::VecDeque;

use super::fields::{BodyLength, Fields};
use super::framing::Http;
use super::head::{RequestLine, contradicts};
use super::pending::{PendingRequest, PendingResponse};
use super::reader::{Progress, Side};
use super::upgrade::{is_websocket, websocket_key};
use crate::bytes::{partition, trimmed};
use crate::context::Context;
use crate::records::{Asked, Ending, Ends};
use crate::tcp::Position;
use crate::tcp::sequence::after;
use crate::text::printable;

/// Maximum bytes of a Content-Type to inspect.
const LONGEST_TYPE: usize = 2048;
/// The request whose body is being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uploading {
    pub(super) ordinal: u64,
    pub(super) connect: bool,
}

/// The pairing state of one connection.
#[derive(Debug)]
pub(crate) struct Pairing {
    pub(super) ends: Ends,
    /// Number of requests so far.
    pub(crate) count: u64,
    /// Missing bytes of the client that TCP currently no longer waits for.
    pub(crate) given_up: usize,
    /// Sequence number of the server's next byte; None while its stream is unknown.
    pub(crate) server_next: Option<u32>,
    /// Waiting requests. They are large, so the queue holds their places only: an idle connection keeps its room.
    pub(super) pending: VecDeque<Box<PendingRequest>>,
    pub(super) uploading: Option<Uploading>,
    pub(super) answer: Option<PendingResponse>,
    /// An answer that came before the whole request was sent, or that is not confirmed yet, and when it ended.
    pub(super) finished: Option<Box<(PendingResponse, Option<f64>)>>,
    interim: bool,
    certain: bool,
    pipelined: bool,
    /// Start of the last response head, interim responses included, or of skipped bytes of a response.
    last: Option<Position>,
    /// Whether requests may be missing before the next one.
    lossy: bool,
}

impl Pairing {
    pub(crate) fn new(ends: Ends) -> Self {
        Self {
            ends,
            count: 0,
            given_up: 0,
            server_next: None,
            pending: VecDeque::new(),
            uploading: None,
            answer: None,
            finished: None,
            interim: false,
            certain: true,
            pipelined: false,
            last: None,
            lossy: false,
        }
    }

    /// Return whether no exchange is under way.
    pub(crate) fn idle(&self) -> bool {
        self.pending.is_empty() && self.answer.is_none()
    }

    /// Return whether the latest request is answered, before it is complete.
    pub(super) fn answers(&self) -> bool {
        self.answer.is_some() || self.finished.is_some()
    }

    /// Return whether the current response has no request that is certainly its own.
    pub(crate) fn unpaired(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.pending.is_none())
    }

    /// Return whether the next answer belongs to an HTTP/0.9 request, so that it may have no head.
    pub(super) fn simple(&self) -> bool {
        self.pending.front().is_some_and(|first| first.certain && first.simple)
    }

    /// Note that requests may be missing.
    pub(crate) fn requests_lost(&mut self) {
        self.certain = false;
        self.lossy = true;
    }

    /// Note that responses may be missing, so that waiting requests may have been answered.
    pub(crate) fn responses_lost(&mut self) {
        self.certain = false;
        for pending in &mut self.pending {
            pending.certain = false;
        }
    }

    /// Pair a complete response with its likely request if the client acknowledges it and nothing more.
    pub(crate) fn confirm(&mut self, ack: Option<u32>) {
        if self.pending.is_empty()
            && ack.is_some()
            && ack == self.server_next
            && let Some((answer, _)) = self.finished.as_deref_mut()
            && answer.likely.is_some()
        {
            answer.pending = answer.likely.take();
        }
    }

    /// Return whether the request acknowledges an answer to the waiting one, although no server byte was seen.
    fn misses_answer(&self, place: Position) -> bool {
        let last = self.pending.back().filter(|_| self.certain && self.server_next.is_none());
        last.and_then(|last| place.ack.zip(last.ack)).is_some_and(|(ack, before)| after(ack, before) > 0)
    }

    /// Return whether the request acknowledges a response that was sent after all earlier request bytes had arrived.
    fn answers_all_before(&self, place: Position) -> bool {
        let Some(Position { seq, ack: Some(ack), .. }) = self.last else {
            return false;
        };
        after(seq, place.ack.unwrap_or(u32::MAX)) < 0 && after(ack, place.seq) >= 0
    }

    /// Return the bytes of the budget that waiting requests use, and what is kept of all messages.
    pub(super) fn held(&self) -> usize {
        let answers = self.answer.iter().chain(self.finished.as_ref().map(|finished| &finished.0));
        let pending = self.pending.iter().map(|pending| pending.cost() + pending.kept());
        pending.sum::<usize>() + answers.map(PendingResponse::kept).sum::<usize>()
    }
}

impl Http {
    // messages reported by the readers --------------------------------------------------------------------------------

    /// Handle a complete request head; return the length of its body.
    pub(super) fn request(&mut self, cx: &mut Context<'_>, line: &RequestLine<'_>, fields: &Fields<'_>) -> BodyLength {
        let place = self.requests.place;
        let wire = [line.method, &fields.host, line.target, line.version, &fields.user_agent, &fields.referrer];
        let limit = cx.limits.string_length;
        let headers = fields.named_text(&cx.limits.named_fields, limit);
        let mut asked = Asked::new(place.time, self.pairing.count + 1, wire, &headers, limit);
        for oddity in &fields.oddities {
            self.note(cx, Side::Requests, oddity);
        }
        if contradicts(line.target, &fields.host) {
            self.note(cx, Side::Requests, "Host differs from the target");
        }
        if !fields.forwarding.is_empty() {
            let named = cx.limits.trusted_proxies.client(&fields.forwarding);
            asked.client = named.client;
            if named.malformed {
                self.note(cx, Side::Requests, "bad client address");
            }
        }
        self.before(cx, place);
        cx.ledger.health.requests += 1;
        let pairing = &mut self.pairing;
        pairing.count += 1;
        cx.out.request(&mut cx.ledger.health, &mut pairing.ends, &mut asked);
        let connect = line.method == b"CONNECT";
        pairing.uploading = Some(Uploading { ordinal: asked.ordinal, connect });
        let pending = Box::new(PendingRequest {
            asked,
            connect,
            head: line.method == b"HEAD",
            simple: line.version == b"0.9",
            websocket_key: websocket_key(cx, fields),
            seq: place.seq,
            ack: place.ack,
            certain: pairing.certain,
            provable: !pairing.lossy,
            sent: Progress::default(),
            done_at: None,
            end: false,
        });
        cx.ledger.budget.used += pending.cost();
        pairing.pending.push_back(pending);
        fields.length.unwrap_or(BodyLength::Bytes(0))
    }

    /// Handle a complete response head; return the length of its body.
    pub(super) fn response(&mut self, cx: &mut Context<'_>, status: u16, fields: &Fields<'_>) -> BodyLength {
        let place = self.responses.place;
        self.pairing.last = Some(place);
        self.pairing.interim = (100..200).contains(&status) && status != 101;
        if !(101..200).contains(&status) {
            self.requests.answered(status);
        }
        if self.pairing.interim {
            return BodyLength::Bytes(0);
        }
        for oddity in &fields.oddities {
            self.note(cx, Side::Responses, oddity);
        }
        if status == 101 && fields.upgrade.is_empty() {
            self.note(cx, Side::Responses, "101 without Upgrade");
        }
        let (pending, likely) = match self.answered(cx, place) {
            Some(first) if !first.certain && !first.provable => (None, Some(first)),
            first => (first, None),
        };
        let paired = pending.is_some();
        let (head, connect) = pending.as_ref().map_or((false, false), |pending| (pending.head, pending.connect));
        let content_type = media_type(&fields.content_type, cx.limits.string_length);
        let headers = fields.named_text(&cx.limits.named_fields, cx.limits.string_length);
        let received = Progress::default();
        self.pairing.answer = Some(PendingResponse {
            pending,
            likely,
            status: Some(status),
            time: place.time,
            content_type,
            headers,
            received,
            websocket: None,
        });
        if !paired {
            // Requests and responses are out of step, and this response may answer a HEAD, so its end is unknown too.
            self.pairing.responses_lost();
        }
        if status == 101 && cx.protocols.websocket && is_websocket(fields) {
            self.become_websocket(cx, fields);
            return BodyLength::Bytes(0);
        }
        if status == 101 || (connect && (200..300).contains(&status)) {
            self.tunnel(cx, status, &fields.upgrade, place.time);
            return BodyLength::Bytes(0);
        }
        if head || status == 204 || status == 304 {
            return BodyLength::Bytes(0);
        }
        match fields.length {
            None | Some(BodyLength::Unknown) => BodyLength::UntilClose,
            Some(length) => length,
        }
    }

    /// Return whether the server sends an answer without a head, as in HTTP/0.9.
    #[cold]
    pub(super) fn headless(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.pairing.simple() {
            return false;
        }
        let (pending, time) = (self.pairing.first(cx), self.responses.place.time);
        let (content_type, headers, received) = (String::new(), String::new(), Progress::default());
        self.pairing.answer = Some(PendingResponse {
            pending,
            likely: None,
            status: None,
            time,
            content_type,
            headers,
            received,
            websocket: None,
        });
        true
    }

    /// Handle the end of a message; its last byte came at `time`, None if the capture lost it.
    pub(super) fn ended(&mut self, cx: &mut Context<'_>, side: Side, time: Option<f64>) {
        if side == Side::Requests {
            self.upload_ended(cx, time);
        } else if self.pairing.interim {
            self.pairing.interim = false;
        } else if let Some(answer) = self.pairing.answer.take() {
            self.answer_ended(cx, answer, time);
        }
    }

    // losses ----------------------------------------------------------------------------------------------------------

    /// Note that a reader no longer knows where messages start.
    pub(super) fn lost(&mut self, cx: &mut Context<'_>, side: Side, malformed: bool) {
        if side == Side::Requests {
            self.pairing.requests_lost();
            if self.pairing.uploading.is_some() {
                self.upload_ended(cx, None);
            }
            return;
        }
        if self.pairing.finished.as_ref().is_some_and(|finished| finished.0.likely.is_some()) {
            self.flush_finished(cx); // no later request has confirmed it
        }
        let ending = if malformed { Ending::Malformed } else { Ending::Gap };
        if let Some(mut answer) = self.pairing.answer.take() {
            answer.received = self.responses.progress(cx);
            self.give(cx, answer, None, ending, None);
        } else if malformed && self.pairing.pending.front().is_some_and(|first| first.certain) {
            let time = self.responses.place.time;
            if let Some(first) = self.pairing.first(cx) {
                let of_server = self.responses.oddities.clone();
                self.unanswered(cx, first, ending, time, of_server);
            }
        }
        self.pairing.responses_lost();
    }

    /// Note bytes, from `place` on, that belong to no known message.
    pub(super) fn skipped(&mut self, side: Side, place: Position) {
        match side {
            Side::Requests => self.pairing.requests_lost(),
            Side::Responses => {
                self.pairing.last = Some(place);
                self.pairing.responses_lost();
            }
        }
    }

    // the end ---------------------------------------------------------------------------------------------------------

    /// Close the connection and emit everything that waits.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) {
        self.flush_finished(cx);
        if let Some(mut answer) = self.pairing.answer.take() {
            answer.received = self.responses.progress(cx);
            self.give(cx, answer, None, ending, Some(time));
        }
        self.give_up(cx, ending, time);
    }

    /// End the server's stream, which completes a body delimited by it (RFC 9112 section 6.3).
    pub(crate) fn close_body(&mut self, cx: &mut Context<'_>, time: f64) {
        if let Some(answer) = self.pairing.answer.take() {
            self.answer_ended(cx, answer, Some(time));
        }
    }

    // helpers ---------------------------------------------------------------------------------------------------------

    /// Check what still waits when a request arrives.
    fn before(&mut self, cx: &mut Context<'_>, place: Position) {
        self.pairing.confirm(place.ack);
        self.flush_finished(cx);
        if self.pairing.misses_answer(place) {
            self.pairing.responses_lost();
        }
        let pairing = &mut self.pairing;
        let waits = !pairing.pending.is_empty();
        if pairing.certain {
            pairing.pipelined |= waits || pairing.answer.is_some();
        } else if pairing.pending.back().is_some_and(|last| last.ack == place.ack) {
            pairing.pipelined = true;
        } else if waits && !pairing.pipelined {
            self.give_up(cx, Ending::Gap, place.time);
        }
        let pairing = &mut self.pairing;
        if pairing.lossy && pairing.answers_all_before(place) {
            pairing.lossy = false;
        }
        let (pending, budget) = (pairing.pending.len(), &cx.ledger.budget);
        if pending >= cx.limits.pending_requests || (pending > 0 && budget.used > budget.limit) {
            cx.odd("too many pending requests");
            pairing.pipelined = true;
            pairing.certain = false;
            self.give_up(cx, Ending::Evicted, place.time);
        }
    }

    /// Return the request that a response answers, certainly if it is certain or provable.
    fn answered(&mut self, cx: &mut Context<'_>, place: Position) -> Option<Box<PendingRequest>> {
        self.flush_finished(cx);
        let pairing = &mut self.pairing;
        let first = pairing.pending.front()?;
        if first.certain {
            return pairing.first(cx);
        }
        if pairing.pending.len() > 1 || pairing.pipelined || first.ack != Some(place.seq) {
            return None;
        }
        if place.ack.is_none_or(|ack| after(ack, first.seq) <= 0) {
            pairing.pipelined = true; // sent before the server had any of this request, so it answers another
            return None;
        }
        pairing.certain = !pairing.lossy;
        pairing.first(cx)
    }
}

/// Return the media type of a Content-Type field in lower case, without parameters (RFC 9110 section 8.3.1).
pub(crate) fn media_type(field: &[u8], limit: usize) -> String {
    let field = field.get(..LONGEST_TYPE).unwrap_or(field);
    printable(&trimmed(partition(field, b';').0).to_ascii_lowercase(), limit)
}
