//! What ends a connection: RSTs, FINs, and the claim of another one between the same ports.
//!
//! RSTs and FINs count once both sides act upon them, because anyone can forge them.

use std::collections::VecDeque;

use super::claim::Postponed;
use super::connection::Tcp;
use super::held::{COST, Held};
use super::sequence::{FAR, after};
use super::stream::{Direction, EACH};
use crate::context::Context;
use crate::conversation::Conversation;
use crate::records::Ending;

/// A RST of one direction that nothing has contradicted yet.
///
/// Its receiver acts upon it only if it has exactly the number of the next byte (RFC 5961 section 3), and is silent
/// then. So whoever goes on sending shows that it was forged, or never arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reset {
    pub(super) time: f64,
    pub(super) direction: Direction,
    seq: u32,
    /// Whether its receiver sent anything after it.
    pub(super) doubted: bool,
}

impl Tcp {
    /// Return whether a RST or a FIN was seen.
    pub(crate) fn over(&self) -> bool {
        self.reset.is_some() || self.streams.forth.closes() || self.streams.back.closes()
    }

    /// Forget the claim of a new connection; return the segments that were kept for it.
    pub(crate) fn disclaim(&mut self, cx: &mut Context<'_>) -> VecDeque<Postponed> {
        self.claim.take().map(|claim| claim.take(&mut cx.ledger.budget)).unwrap_or_default()
    }

    /// Close the connection; nothing more will be delivered.
    pub(super) fn finish(&mut self, app: &mut Conversation, cx: &mut Context<'_>, time: f64, ending: Ending) {
        if self.finished.is_some() {
            return;
        }
        self.finished = Some(ending);
        for direction in EACH {
            let stream = self.streams.of(direction);
            let given_up = stream.given_up();
            if given_up > 0 {
                self.gap(app, cx, direction, stream.lost_to.unwrap_or_default(), given_up);
            }
            self.let_go(cx, direction);
        }
        self.waiting_since = None;
        self.disclaim(cx);
        app.close(cx, self, ending, time);
    }

    /// Forget all segments that wait in a direction.
    pub(super) fn let_go(&mut self, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        cx.ledger.budget.used -= stream.held_bytes;
        stream.held.clear();
        stream.held_bytes = 0;
    }

    pub(super) fn gap(
        &mut self,
        app: &mut Conversation,
        cx: &mut Context<'_>,
        direction: Direction,
        seq: u32,
        size: usize,
    ) {
        let stream = self.streams.of_mut(direction);
        stream.next = Some(seq);
        stream.recent.clear();
        cx.ledger.health.gaps += 1;
        cx.ledger.health.missing_bytes += size as u64;
        app.gap(cx, self, direction, size);
    }

    // RST -------------------------------------------------------------------------------------------------------------

    pub(super) fn out_of_window(&self, direction: Direction, seq: u32) -> bool {
        let stream = self.streams.of(direction);
        stream.next.or_else(|| stream.reached()).is_some_and(|near| after(seq, near).abs() >= FAR)
    }

    /// Note a RST, unless its receiver drops it, or would rather act upon an earlier one (RFC 5961 section 3).
    pub(super) fn note_reset(&mut self, cx: &mut Context<'_>, direction: Direction, segment: &Held) {
        if self.out_of_window(direction, segment.seq) {
            cx.odd("RST out of window");
        } else if self.reset.is_none_or(|reset| !self.exact(reset)) {
            self.reset = Some(Reset { time: segment.time, direction, seq: segment.seq, doubted: false });
        }
    }

    /// Return how far a RST is ahead of its stream; None if the place of the stream is unknown.
    fn ahead(&self, reset: Reset) -> Option<i64> {
        let stream = self.streams.of(reset.direction);
        let next = stream.next?.wrapping_add(u32::from(stream.closing()));
        Some(after(reset.seq, next))
    }

    /// Return whether a RST has the number that its receiver expects, as far as that is known.
    pub(super) fn exact(&self, reset: Reset) -> bool {
        self.ahead(reset).is_none_or(|ahead| ahead == 0 || (ahead > 0 && self.received(reset.direction, reset.seq)))
    }

    /// Return whether the peer has acknowledged all bytes before a number.
    fn received(&self, direction: Direction, seq: u32) -> bool {
        self.streams.of(direction).acknowledged.is_some_and(|acknowledged| after(acknowledged, seq) >= 0)
    }

    /// Return for how long a RST may be contradicted, in seconds.
    pub(super) fn patience(&self, app: &Conversation, cx: &Context<'_>, reset: Reset) -> f64 {
        let believed = self.exact(reset) && !reset.doubted && !app.idle();
        if believed { cx.limits.gap_timeout } else { cx.limits.closed_timeout.max(cx.limits.gap_timeout) }
    }

    /// Count the bytes that the peer received before a RST as lost, if they were not captured.
    pub(super) fn lose_before(&mut self, reset: Reset) {
        if self.ahead(reset).is_some_and(|ahead| ahead > 0) && self.received(reset.direction, reset.seq) {
            self.streams.of_mut(reset.direction).lost_to = Some(reset.seq);
        }
    }

    /// Discard a RST if data goes on in order, because the receiver rejected it (RFC 5961, TCP-AO, forged RSTs).
    pub(super) fn outlives_reset(&mut self, cx: &mut Context<'_>, direction: Direction, time: f64) {
        let Some(reset) = self.reset.filter(|reset| time > reset.time) else {
            return;
        };
        let next = self.streams.of(direction).next.unwrap_or(reset.seq);
        let before = direction == reset.direction && after(next, reset.seq) <= 0;
        if !before || time - reset.time >= cx.limits.gap_timeout {
            cx.odd("data after RST");
            self.reset = None;
        }
    }

    // FIN -------------------------------------------------------------------------------------------------------------

    /// Handle a FIN in its place; `passed` if other data has its number.
    pub(super) fn fin(
        &mut self,
        app: &mut Conversation,
        cx: &mut Context<'_>,
        direction: Direction,
        segment: &Held,
        passed: bool,
    ) {
        let stream = self.streams.of_mut(direction);
        if passed {
            cx.odd("data after FIN");
        } else if stream.fin.is_none() {
            stream.fin = Some(segment.time);
            stream.fin_ack = segment.ack;
            self.end_if_received(app, cx, direction);
        }
    }

    /// Discard a FIN if other data has its number, because the sender did not send it.
    pub(super) fn outlives_fin(&mut self, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        if stream.closing() {
            stream.fin = None;
            cx.odd("data after FIN");
        }
    }

    /// Drop the FINs that wait without data: a stream has only one.
    pub(super) fn drop_fins(&mut self, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        let before = stream.held.len();
        stream.held.retain(|one| !one.is_fin());
        let size = (before - stream.held.len()) * COST;
        stream.held_bytes -= size;
        cx.release(size);
    }

    /// Return whether only the acknowledgment of a FIN is missing in some direction, after the other has ended.
    pub(super) fn half_closed(&self) -> bool {
        EACH.into_iter().any(|direction| self.closes_last(direction))
    }

    fn closes_last(&self, direction: Direction) -> bool {
        self.streams.of(direction).closing() && self.streams.of(direction.reversed()).ended
    }

    /// Accept the FIN of the direction that closes last if it has waited for its acknowledgment for too long.
    pub(super) fn end_unacknowledged(&mut self, app: &mut Conversation, cx: &mut Context<'_>, now: f64) {
        for direction in EACH {
            let due = self.streams.of(direction).fin.is_some_and(|fin| now - fin >= cx.limits.gap_timeout);
            if due && self.closes_last(direction) {
                self.end(app, cx, direction);
            }
        }
    }

    /// End a direction once its receiver has acknowledged the FIN, or if nothing was captured from the receiver.
    ///
    /// Of the side that closes last, a FIN that acknowledges the other one is enough (RFC 9293 section 3.6).
    pub(super) fn end_if_received(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of(direction);
        let Some(seq) = stream.next.map(|next| next.wrapping_add(1)) else {
            return;
        };
        let peer = self.streams.of(direction.reversed());
        let waiting = peer.held.iter().any(|segment| segment.ack.is_some_and(|ack| after(ack, seq) >= 0));
        let last = peer.ended && stream.fin_ack.is_some() && stream.fin_ack == peer.next;
        if stream.acknowledged.is_none() || waiting || last || self.received(direction, seq) {
            self.end(app, cx, direction);
        }
    }

    /// End a direction: no more bytes come.
    fn end(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        stream.ended = true;
        stream.next = stream.next.map(|next| next.wrapping_add(1));
        stream.recent = Vec::new();
        let (time, ack) = (stream.fin.unwrap_or_default(), stream.fin_ack);
        app.end(cx, self, direction, time, ack);
        let peer = self.streams.of(direction.reversed());
        if peer.ended {
            let time = peer.fin.map_or(time, |fin| fin.max(time));
            self.finish(app, cx, time, Ending::Closed);
        }
    }

    /// End the directions whose FIN waits to be acknowledged.
    pub(super) fn end_closing(&mut self, app: &mut Conversation, cx: &mut Context<'_>) {
        for direction in EACH {
            if self.streams.of(direction).closing() && self.finished.is_none() {
                self.end(app, cx, direction);
            }
        }
    }
}
