//! Segments that wait for an earlier one, or for the bytes that they acknowledge, and when that is given up.

use super::connection::Tcp;
use super::held::{self, Held, contradicts, new_parts};
use super::sequence::{FAR, FIN, advanced, after};
use super::stream::{Both, Direction, EACH, Position};
use crate::context::Context;
use crate::conversation::Conversation;

impl Tcp {
    pub(super) fn hold(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction, segment: Held) {
        let time = segment.time;
        let peer = self.streams.of_mut(direction.reversed());
        if peer.next.is_none() && peer.expected.is_none() {
            peer.expected = segment.ack;
        }
        let settled = self.settled;
        let stream = self.streams.of_mut(direction);
        if let (true, true, None, Some(expected)) = (settled, stream.held.is_empty(), stream.next, stream.expected)
            && (0..FAR).contains(&after(segment.seq, expected))
        {
            stream.next = Some(expected);
        }
        let Some(segment) = self.unseen(app, cx, direction, segment) else {
            return;
        };
        if segment.is_fin() {
            self.drop_fins(cx, direction);
        }
        let stream = self.streams.of_mut(direction);
        let (parts, contradictions) = new_parts(&stream.held, segment);
        if contradictions > 0 {
            cx.ledger.health.odd_many("overlap with different bytes", contradictions);
        }
        for part in parts {
            stream.held_bytes += part.cost();
            cx.ledger.budget.used += part.cost();
            held::insert(&mut stream.held, part);
        }
        if !stream.held.is_empty() && self.waiting_since.is_none() {
            self.waiting_since = Some(time);
        }
    }

    /// Return the part of a segment that was not delivered yet; None for a retransmission.
    fn unseen(
        &mut self,
        app: &mut Conversation,
        cx: &mut Context<'_>,
        direction: Direction,
        segment: Held,
    ) -> Option<Held> {
        let stream = self.streams.of(direction);
        let Some(next) = stream.next else {
            return Some(segment);
        };
        let behind = -after(segment.seq, next);
        if behind > FAR {
            self.jump(app, cx, direction, segment.seq);
        } else if behind == 1 && stream.keeps_alive(&segment) {
            return None;
        } else if behind == 1 && stream.starts_early(&segment) {
            cx.odd("data at the number of the SYN");
            self.streams.of_mut(direction).next = Some(segment.seq);
        } else if behind > 0 {
            let behind = behind as usize;
            self.resent += behind.min(segment.data.len()) as u64;
            if contradicts(&stream.recent, &segment.data, behind) {
                cx.odd("overlap with different bytes");
            }
            let fin = segment.flags & FIN != 0;
            if behind > segment.size() || (behind == segment.size() && !fin) {
                return None;
            }
            return Some(segment.without_start(behind));
        }
        Some(segment)
    }

    /// Handle a jump of the sequence number: a new connection whose SYN was missed, or a hostile sender.
    fn jump(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction, seq: u32) {
        cx.odd("sequence number jump");
        self.let_go(cx, direction);
        self.streams.of_mut(direction).lost_to = None;
        self.gap(app, cx, direction, seq, 0);
    }

    // delivering ------------------------------------------------------------------------------------------------------

    /// Deliver whatever need not wait any longer, in both directions, until nothing moves.
    pub(super) fn deliver_held(&mut self, app: &mut Conversation, cx: &mut Context<'_>) {
        let mut moved = false;
        while self.finished.is_none()
            && let Some(direction) = self.next_direction(app, cx)
        {
            self.deliver_first(app, cx, direction);
            moved = true;
        }
        if moved && self.finished.is_none() {
            self.waiting_since = self.oldest_held();
        }
    }

    /// Return a direction whose first waiting segment need not wait; the client's, if each would let the other wait.
    fn next_direction(&mut self, app: &mut Conversation, cx: &mut Context<'_>) -> Option<Direction> {
        EACH.into_iter().find(|direction| self.deliverable(app, cx, *direction))
    }

    /// Return whether the first waiting segment of a direction need not wait any longer.
    fn deliverable(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction) -> bool {
        let stream = self.streams.of(direction);
        let (Some(next), Some(first)) = (stream.next, stream.held.front()) else {
            return false;
        };
        let (seq, ahead) = (first.seq, after(first.seq, next));
        if ahead > 0 {
            if stream.lost_to.is_none_or(|lost_to| after(seq, lost_to) > 0) {
                return false;
            }
            self.gap(app, cx, direction, seq, ahead as usize);
        }
        self.causal(cx, direction)
    }

    /// Return whether everything that the first waiting segment acknowledges was delivered or given up.
    fn causal(&mut self, cx: &mut Context<'_>, direction: Direction) -> bool {
        let peer = self.streams.of(direction.reversed());
        let Some(ack) = self.streams.of(direction).held.front().and_then(|first| first.ack) else {
            return true;
        };
        let Some(next) = peer.next else {
            return self.settled && peer.held.is_empty();
        };
        after(ack, next) <= 0
            || peer.lost_to.is_some_and(|lost_to| after(ack, lost_to) <= 0)
            || self.known_before(cx, direction, next)
    }

    /// Return whether the peer's next bytes acknowledge the first waiting segment, which therefore came before them.
    ///
    /// A segment that nevertheless acknowledges them is a later retransmission. It is cut where they allow it.
    fn known_before(&mut self, cx: &mut Context<'_>, direction: Direction, peer_next: u32) -> bool {
        let peer = self.streams.of(direction.reversed());
        let Some((seq, Some(ack))) = peer.held.front().map(|first| (first.seq, first.ack)) else {
            return false;
        };
        if after(seq, peer_next) > 0 {
            return false;
        }
        let stream = self.streams.of_mut(direction);
        let Some(segment) = stream.held.front() else {
            return false;
        };
        let size = after(ack, segment.seq);
        if 0 < size && size < segment.data.len() as i64 {
            let head = segment.only_start(size as usize, segment.flags & !FIN);
            let rest = segment.without_start(size as usize);
            stream.held.pop_front();
            stream.held.push_front(rest);
            stream.held.push_front(head);
            stream.held_bytes += held::COST;
            cx.ledger.budget.used += held::COST;
        }
        size > 0
    }

    fn deliver_first(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        let Some(mut segment) = stream.held.pop_front() else {
            return;
        };
        stream.held_bytes -= segment.cost();
        cx.ledger.budget.used -= segment.cost();
        let overlap = stream.next.map_or(0, |next| after(next, segment.seq));
        let passed = overlap > segment.size() as i64;
        if overlap > 0 {
            segment = segment.without_start(overlap as usize);
        }
        stream.next = Some(advanced(segment.seq, segment.data.len()));
        stream.remember(&segment.data);
        if !segment.data.is_empty() {
            self.outlives_fin(cx, direction);
            self.outlives_reset(cx, direction, segment.time);
            if !self.streams.of(direction).ended {
                let place = Position { time: segment.time, seq: segment.seq, ack: segment.ack };
                app.data(cx, self, direction, &segment.data, place);
            }
        }
        if segment.cut > 0 {
            self.gap(app, cx, direction, segment.end(), segment.cut);
        }
        if segment.flags & FIN != 0 {
            self.fin(app, cx, direction, &segment, passed);
        }
    }

    // giving up -------------------------------------------------------------------------------------------------------

    pub(super) fn force(&mut self, app: &mut Conversation, cx: &mut Context<'_>, now: f64) {
        while let Some(since) = self.waiting_since
            && self.finished.is_none()
            && self.overdue(cx, now - since)
        {
            self.give_up_one(app, cx);
            self.deliver_held(app, cx);
        }
    }

    fn overdue(&self, cx: &mut Context<'_>, waited: f64) -> bool {
        if waited >= cx.limits.gap_timeout && !self.unreceived() {
            return true;
        }
        let Both { forth, back } = &self.streams;
        let full = forth.held.len() + back.held.len() > cx.limits.held_segments
            || forth.held_bytes + back.held_bytes > cx.limits.connection_buffer
            || cx.ledger.budget.used > cx.ledger.budget.limit;
        if full {
            cx.odd("reassembly buffer full");
        }
        full
    }

    /// Stop waiting for what holds up the segment that was captured first.
    pub(super) fn give_up_one(&mut self, app: &mut Conversation, cx: &mut Context<'_>) {
        let Some((direction, first)) = self.first_held() else {
            self.waiting_since = None;
            return;
        };
        let (seq, ack) = (first.seq, first.ack);
        let peer = self.streams.of(direction.reversed());
        let Some(next) = self.streams.of(direction).next else {
            return self.join(direction, seq);
        };
        if first.is_fin() && self.unreceived() {
            self.drop_fins(cx, direction);
            self.waiting_since = self.oldest_held();
            return;
        }
        if after(seq, next) > 0 {
            return self.gap(app, cx, direction, seq, after(seq, next) as usize);
        }
        let ack = ack.unwrap_or(u32::MAX);
        let Some(peer_next) = peer.next else {
            return self.settle(direction.reversed(), ack);
        };
        if let Some(missing) = peer.held.front()
            && (1..=after(ack, peer_next)).contains(&after(missing.seq, peer_next))
        {
            let seq = missing.seq;
            return self.gap(app, cx, direction.reversed(), seq, after(seq, peer_next) as usize);
        }
        self.streams.of_mut(direction.reversed()).lost_to = Some(ack);
        app.doubt(cx, self, direction.reversed());
    }

    /// Return the waiting segment that was captured first, and its direction.
    fn first_held(&self) -> Option<(Direction, &Held)> {
        let forth = self.streams.forth.held.front().map(|first| (Direction::Forth, first));
        let back = self.streams.back.held.front().map(|first| (Direction::Back, first));
        match (forth, back) {
            (Some(one), Some(two)) => Some(if two.1.time < one.1.time { two } else { one }),
            (one, two) => one.or(two),
        }
    }

    /// Return the capture time of the longest-waiting segment.
    fn oldest_held(&self) -> Option<f64> {
        let held = self.streams.forth.held.iter().chain(&self.streams.back.held);
        held.map(|segment| segment.time).reduce(f64::min)
    }

    /// Return whether the receiver misses the same bytes as we do: they were lost and will be retransmitted.
    fn unreceived(&self) -> bool {
        let Some((direction, first)) = self.first_held() else {
            return false;
        };
        let stream = self.streams.of(direction);
        let (Some(next), Some(acknowledged)) = (stream.next, stream.acknowledged) else {
            return false;
        };
        after(first.seq, next) > 0 && after(acknowledged, next) <= 0
    }

    /// Start mid-stream: at the first bytes captured, or at the number that the peer's first bytes acknowledge.
    fn join(&mut self, direction: Direction, seq: u32) {
        let told = self.streams.of(direction.reversed()).held.front().and_then(|first| first.ack);
        let start = told.filter(|told| (1..FAR).contains(&after(seq, *told)));
        let stream = self.streams.of_mut(direction);
        stream.next = start.or(stream.first_byte());
    }

    /// Let a stream without delivered bytes start where it was acknowledged, or earlier.
    fn settle(&mut self, direction: Direction, ack: u32) {
        self.settled = true;
        let stream = self.streams.of_mut(direction);
        match stream.held.front() {
            Some(first) if (1..FAR).contains(&after(first.seq, ack)) => stream.next = Some(ack),
            Some(_) => stream.next = stream.first_byte(),
            None => stream.expected = Some(ack),
        }
    }
}
