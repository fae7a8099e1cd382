//! The exchanges of one connection: what waits to be complete, and the records that it becomes.

use super::framing::Http;
use super::pairing::{Pairing, Uploading};
use super::pending::{PendingRequest, PendingResponse};
use super::reader::State;
use super::tap::details;
use crate::content::released;
use crate::context::Context;
use crate::records::{Content, Ending, Exchange};

impl Pairing {
    /// Remove and return the oldest waiting request.
    pub(super) fn first(&mut self, cx: &mut Context<'_>) -> Option<Box<PendingRequest>> {
        let first = self.pending.pop_front()?;
        cx.release(first.cost());
        Some(first)
    }

    /// Return a request that was not emitted yet.
    fn find(&mut self, ordinal: u64) -> Option<&mut PendingRequest> {
        let answers = self.answer.iter_mut().chain(self.finished.as_mut().map(|finished| &mut finished.0));
        let answered = answers.filter_map(|answer| answer.pending.as_deref_mut().or(answer.likely.as_deref_mut()));
        self.pending.iter_mut().rev().map(Box::as_mut).chain(answered).find(|pending| pending.asked.ordinal == ordinal)
    }
}

impl Http {
    pub(super) fn upload_ended(&mut self, cx: &mut Context<'_>, time: Option<f64>) {
        let Some(Uploading { ordinal, connect }) = self.pairing.uploading.take() else {
            return;
        };
        let sent = self.requests.progress(cx);
        if let Some(pending) = self.pairing.find(ordinal) {
            pending.sent = sent;
            pending.done_at = time;
            pending.end = true;
        } else {
            released(cx, sent.kept);
        }
        let finished = self.pairing.finished.as_ref().and_then(|finished| finished.0.pending.as_ref());
        if finished.is_some_and(|pending| pending.asked.ordinal == ordinal) {
            self.flush_finished(cx);
        }
        if connect {
            self.requests.state = State::Opaque;
        }
    }

    pub(super) fn answer_ended(&mut self, cx: &mut Context<'_>, mut answer: PendingResponse, time: Option<f64>) {
        answer.received = self.responses.progress(cx);
        if answer.pending.as_ref().is_some_and(|pending| pending.connect) {
            let tunnel = answer.status.is_some_and(|status| status < 300);
            self.requests.state = if tunnel { State::Opaque } else { State::Head };
        }
        if answer.likely.is_some() || answer.pending.as_ref().is_some_and(|pending| !pending.end) {
            // It is not confirmed yet, or came before the whole request was sent.
            self.pairing.finished = Some(Box::new((answer, time)));
        } else {
            self.give(cx, answer, time, Ending::Complete, None);
        }
    }

    pub(super) fn flush_finished(&mut self, cx: &mut Context<'_>) {
        if let Some((answer, time)) = self.pairing.finished.take().map(|finished| *finished) {
            self.give(cx, answer, time, Ending::Complete, None);
        }
    }

    /// Emit an exchange: its last byte came at `time`, or it was given up `now`.
    pub(super) fn give(
        &mut self,
        cx: &mut Context<'_>,
        answer: PendingResponse,
        time: Option<f64>,
        ending: Ending,
        now: Option<f64>,
    ) {
        let PendingResponse { mut pending, likely, status, time: answered, content_type, headers, .. } = answer;
        let PendingResponse { received, websocket, .. } = answer;
        if let Some(pending) = pending.as_mut().filter(|pending| !pending.end) {
            pending.cut_off(cx, &mut self.requests, self.pairing.given_up);
        }
        let started = pending.as_ref().map(|pending| pending.asked.time);
        let end = time.or(now).unwrap_or(answered);
        let done_at = pending.as_ref().and_then(|pending| pending.done_at);
        let sent = pending.as_mut().map(|pending| std::mem::take(&mut pending.sent)).unwrap_or_default();
        let mut oddities = received.oddities;
        let of_response = oddities.len() as u32;
        oddities.extend(sent.oddities);
        let mut exchange = Exchange {
            time: done_at.map_or(end, |done_at| end.max(done_at)),
            status,
            request_bytes: sent.body_bytes,
            response_bytes: received.body_bytes,
            response_time: span(
                started,
                received.found.as_ref().map_or(Some(answered), |found| found.answered(answered)),
            ),
            total_time: if ending == Ending::Complete { span(started, time) } else { None },
            content_type,
            headers,
            missing_bytes: received.missing + sent.missing,
            ending,
            answered: Some(answered),
            oddities,
            response_oddities: of_response,
            details: details(sent.found, received.found, started),
        };
        let content = Content::of(cx, [sent.kept, received.kept], &exchange, started);
        if let Some(upgraded) = websocket {
            upgraded.socket.describe(&mut exchange, started);
        }
        cx.ledger.health.unpaired_responses += u64::from(pending.is_none());
        self.emit(cx, pending, exchange, content);
        if let Some(likely) = likely {
            cx.ledger.budget.used += likely.cost();
            self.pairing.pending.push_front(likely); // it waits again
        }
    }

    /// Emit every waiting request as unanswered.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>, ending: Ending, time: f64) {
        while let Some(pending) = self.pairing.first(cx) {
            let ending = if pending.certain { ending } else { Ending::Gap };
            self.unanswered(cx, pending, ending, time, Vec::new());
        }
    }

    /// Emit a request without a response; `oddities` are those of what the server sent in its place.
    pub(super) fn unanswered(
        &mut self,
        cx: &mut Context<'_>,
        mut pending: Box<PendingRequest>,
        ending: Ending,
        time: f64,
        mut oddities: Vec<&'static str>,
    ) {
        if !pending.end {
            pending.cut_off(cx, &mut self.requests, self.pairing.given_up);
        }
        cx.ledger.health.unanswered_requests += 1;
        let sent = std::mem::take(&mut pending.sent);
        let of_response = oddities.len() as u32;
        oddities.extend(sent.oddities);
        let exchange = Exchange {
            time,
            status: None,
            request_bytes: sent.body_bytes,
            response_bytes: 0,
            response_time: None,
            total_time: None,
            content_type: String::new(),
            headers: String::new(),
            missing_bytes: sent.missing,
            ending,
            answered: None,
            oddities,
            response_oddities: of_response,
            details: details(sent.found, None, None),
        };
        let content = Content::of(cx, [sent.kept, None], &exchange, Some(pending.asked.time));
        self.emit(cx, Some(pending), exchange, content);
    }

    fn emit(
        &mut self,
        cx: &mut Context<'_>,
        mut pending: Option<Box<PendingRequest>>,
        exchange: Exchange,
        content: Option<Content>,
    ) {
        cx.ledger.health.exchanges += 1;
        let asked = pending.as_mut().map(|pending| &mut pending.asked);
        cx.out.exchange(&mut cx.ledger.health, &mut self.pairing.ends, asked, exchange, content);
    }
}

/// Return the seconds between two times; None if one is unknown or they are in the wrong order.
fn span(start: Option<f64>, end: Option<f64>) -> Option<f64> {
    start.zip(end).filter(|(start, end)| end >= start).map(|(start, end)| end - start)
}
