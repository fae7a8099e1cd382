//! Two streams that acknowledge each other.
//!
//! A segment is delivered once all earlier bytes of its own direction, and all bytes that it acknowledges in the other,
//! have been delivered; so requests come before their responses, whatever the order of the capture. Bytes that do not
//! arrive within `gap_timeout`, or before a limit is reached, are a gap: a number, never zeros. Of bytes received
//! twice, the first copy counts. A stream joined in the middle waits as long for an earlier segment before it starts.

use std::collections::VecDeque;

use super::claim::{Claim, Postponed};
use super::ends::Reset;
use super::handshakes::Handshake;
use super::held::{self, Held, contradicts, new_parts};
use super::sequence::{ACK, FAR, FIN, RST, SYN, advanced, after};
use super::stream::{Both, Direction, Position, Stream};
use crate::context::Context;
use crate::conversation::Conversation;
use crate::records::Ending;

const CONTROL: u8 = FIN | SYN | RST;

/// Bytes that may be captured before the SYN of their stream.
const LATE: i64 = 1 << 16;

/// The parts of a segment that matter to its connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) time: f64,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    /// The captured bytes of the payload.
    pub(crate) payload: &'a [u8],
    /// Payload bytes at the end that were not captured.
    pub(crate) cut: usize,
}

/// The TCP half of a connection; `Conversation` is the other half, and receives what this one delivers.
#[derive(Debug)]
pub(crate) struct Tcp {
    pub(crate) streams: Both<Stream>,
    /// Capture time of the latest packet.
    pub(crate) last: f64,
    /// Capture time of the first packet seen.
    pub(crate) started: f64,
    /// Seconds from the SYN of one side to that of the other; None if one of them was not seen.
    pub(crate) connect_time: Option<f64>,
    /// Retransmitted payload bytes.
    pub(crate) resent: u64,
    /// How the connection ended; None while it is open.
    pub(crate) finished: Option<Ending>,
    /// Whether the last segment seems to belong to another connection between the same ports.
    pub(crate) strays: bool,
    /// Capture time of the longest-waiting segment; None if none waits.
    waiting_since: Option<f64>,
    /// A RST that no later data has contradicted.
    pub(super) reset: Option<Reset>,
    /// Whether a direction of which nothing was seen is no longer waited for.
    settled: bool,
    /// The claim of a new connection between the same ports.
    pub(crate) claim: Option<Box<Claim>>,
}

impl Tcp {
    pub(crate) fn new(time: f64) -> Self {
        Self {
            streams: Both::default(),
            last: time,
            started: time,
            connect_time: None,
            resent: 0,
            finished: None,
            strays: false,
            waiting_since: None,
            reset: None,
            settled: false,
            claim: None,
        }
    }

    /// Record the handshake, as far as it was seen: that of the side in `direction`, and that of the other.
    pub(crate) fn shake(&mut self, direction: Direction, own: Option<Handshake>, other: Option<Handshake>) {
        match (own, other) {
            (Some(one), Some(two)) => {
                self.started = one.time.min(two.time);
                self.connect_time = Some((one.time - two.time).abs());
            }
            (Some(one), None) | (None, Some(one)) => self.started = one.time,
            (None, None) => {}
        }
        self.begin(direction, own);
        self.begin(direction.reversed(), other);
    }

    fn begin(&mut self, direction: Direction, handshake: Option<Handshake>) {
        if let Some(handshake) = handshake {
            self.start(direction, handshake.seq, handshake.ack);
        }
    }

    fn start(&mut self, direction: Direction, seq: u32, ack: Option<u32>) {
        self.streams.of_mut(direction).start(seq);
        if let Some(ack) = ack {
            self.streams.of_mut(direction.reversed()).start(ack.wrapping_sub(1));
        }
    }

    /// Let a FIN that was captured before any data wait for its place in the stream.
    pub(crate) fn recall(
        &mut self,
        app: &mut Conversation,
        cx: &mut Context<'_>,
        direction: Direction,
        handshake: Option<Handshake>,
    ) {
        if let Some(seq) = handshake.and_then(|handshake| handshake.fin)
            && let Some(next) = self.streams.of(direction).next
            && (0..FAR).contains(&after(seq, next))
        {
            let fin = Held { seq, data: Vec::new(), cut: 0, time: self.last, ack: None, flags: FIN };
            self.hold(app, cx, direction, fin);
        }
    }

    /// Handle a segment; return whether it may have ended the connection or changed what it waits for.
    pub(crate) fn segment(
        &mut self,
        app: &mut Conversation,
        cx: &mut Context<'_>,
        direction: Direction,
        packet: &Packet<'_>,
    ) -> bool {
        self.last = packet.time;
        let ack = (packet.flags & ACK != 0).then_some(packet.ack);
        if ack.is_some() {
            let peer = self.streams.of_mut(direction.reversed());
            peer.acknowledged = ack;
            if peer.closing() {
                self.end_if_received(app, cx, direction.reversed());
                if self.finished.is_some() {
                    return true;
                }
            }
        }
        if let Some(reset) = &mut self.reset {
            reset.doubted |= direction != reset.direction && packet.flags & RST == 0;
        }
        let peer = self.streams.of(direction.reversed());
        let plain = packet.flags & CONTROL == 0 && packet.cut == 0;
        if plain && packet.payload.is_empty() {
            return peer.ended;
        }
        let known = peer.next.is_some_and(|next| ack.is_none_or(|ack| after(next, ack) >= 0));
        let peer_waits = !peer.held.is_empty();
        let stream = self.streams.of_mut(direction);
        if plain && known && stream.next == Some(packet.seq) && stream.held.is_empty() {
            stream.next = Some(advanced(packet.seq, packet.payload.len()));
            stream.remember(packet.payload);
            if stream.closing() {
                self.outlives_fin(cx, direction);
            }
            app.data(cx, self, direction, packet.payload, Position { time: packet.time, seq: packet.seq, ack });
            if self.reset.is_none() && !peer_waits {
                return false;
            }
            self.outlives_reset(cx, direction, packet.time);
        } else {
            let Packet { time, seq, flags, payload, cut, .. } = *packet;
            self.irregular(app, cx, direction, Held { seq, data: payload.to_vec(), cut, time, ack, flags });
        }
        self.deliver_held(app, cx);
        self.force(app, cx, packet.time);
        true
    }

    /// Return whether time alone will change something soon, so that `force_due` must be called.
    pub(crate) fn waits(&self) -> bool {
        self.waiting_since.is_some() || self.reset.is_some() || self.half_closed()
    }

    /// Return whether a RST or a FIN was seen.
    pub(crate) fn over(&self) -> bool {
        self.reset.is_some() || self.streams.forth.closes() || self.streams.back.closes()
    }

    /// Return whether nothing was captured from the side other than that of a direction.
    pub(crate) fn hears_only(&self, direction: Direction) -> bool {
        self.streams.of(direction).acknowledged.is_none() && self.connect_time.is_none()
    }

    /// Give up what has waited since before `now - gap_timeout`, and accept a FIN or RST that nobody contradicts.
    pub(crate) fn force_due(&mut self, app: &mut Conversation, cx: &mut Context<'_>, now: f64) {
        self.force(app, cx, now);
        self.end_unacknowledged(app, cx, now);
        if let Some(reset) = self.reset
            && now - reset.time >= self.patience(app, cx, reset)
        {
            self.drain(app, cx, reset.time, Ending::Reset);
        }
    }

    /// Deliver everything that waits, with its gaps, and close.
    pub(crate) fn drain(&mut self, app: &mut Conversation, cx: &mut Context<'_>, time: f64, ending: Ending) {
        while self.waiting_since.is_some() && self.finished.is_none() {
            self.give_up_one(app, cx);
            self.deliver_held(app, cx);
        }
        let (mut time, mut ending) = (time, ending);
        if let Some(reset) = self.reset.filter(|reset| self.exact(*reset) || !reset.doubted) {
            (time, ending) = (reset.time, Ending::Reset);
            self.lose_before(reset);
        }
        self.end_closing(app, cx);
        self.finish(app, cx, time, ending);
    }

    /// Close the connection; nothing more will be delivered.
    pub(super) fn finish(&mut self, app: &mut Conversation, cx: &mut Context<'_>, time: f64, ending: Ending) {
        if self.finished.is_some() {
            return;
        }
        self.finished = Some(ending);
        for direction in [Direction::Forth, Direction::Back] {
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

    fn let_go(&mut self, cx: &mut Context<'_>, direction: Direction) {
        let stream = self.streams.of_mut(direction);
        cx.ledger.budget.used -= stream.held_bytes;
        stream.held.clear();
        stream.held_bytes = 0;
    }

    // control ---------------------------------------------------------------------------------------------------------

    /// Handle a segment that is out of order or carries control bits.
    fn irregular(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction, mut segment: Held) {
        if segment.flags & SYN != 0 {
            self.start(direction, segment.seq, segment.ack);
            segment.seq = segment.seq.wrapping_add(1);
        } else if segment.flags & RST != 0 {
            return self.note_reset(cx, direction, &segment);
        } else if self.unnumbered(direction, &segment) {
            self.number(cx, direction, &mut segment);
        } else if self.strays(direction, &segment) {
            self.strays = true;
            return;
        } else if segment.flags & FIN != 0 && segment.data.is_empty() && self.out_of_window(direction, segment.seq) {
            return cx.odd("FIN out of window");
        }
        if segment.size() > 0 || segment.flags & FIN != 0 {
            self.hold(app, cx, direction, segment);
        }
    }

    /// Forget the claim of a new connection; return the segments that were kept for it.
    pub(crate) fn disclaim(&mut self, cx: &mut Context<'_>) -> VecDeque<Postponed> {
        self.claim.take().map(|claim| claim.take(&mut cx.ledger.budget)).unwrap_or_default()
    }

    /// Return whether a segment comes from a generated capture in which all numbers are 0.
    fn unnumbered(&self, direction: Direction, segment: &Held) -> bool {
        let origins = [self.streams.of(direction).origin, self.streams.of(direction.reversed()).origin];
        let zeros =
            segment.seq == 0 && segment.ack.unwrap_or(0) == 0 && origins.into_iter().flatten().all(|one| one == 0);
        zeros && (segment.data.len() > 1 || segment.flags & FIN != 0)
    }

    /// Put a generated segment without numbers after everything that was sent before it.
    fn number(&mut self, cx: &mut Context<'_>, direction: Direction, segment: &mut Held) {
        cx.odd("sequence numbers all 0");
        segment.ack = Some(*self.streams.of_mut(direction.reversed()).next.get_or_insert(0));
        segment.seq = *self.streams.of_mut(direction).next.get_or_insert(0);
    }

    /// Return whether a segment seems to belong to another connection, whose SYN was missed.
    ///
    /// Both its numbers are far off, or, if this connection is over, further on than it got.
    fn strays(&self, direction: Direction, segment: &Held) -> bool {
        let (stream, peer) = (self.streams.of(direction), self.streams.of(direction.reversed()));
        let (Some(here), Some(there), Some(ack)) = (stream.reached(), peer.reached(), segment.ack) else {
            return false;
        };
        let (ahead, beyond) = (after(segment.seq, here), after(ack, there));
        segment.size() > 1 && (ahead.abs().min(beyond.abs()) > FAR || (self.over() && ahead.min(beyond) > 0))
    }

    /// Return whether a SYN with this number asks for a new connection between the same ports.
    pub(crate) fn reused_by(&self, direction: Direction, seq: u32) -> bool {
        let stream = self.streams.of(direction);
        if let Some(origin) = stream.origin {
            return origin != seq;
        }
        if let Some(next) = stream.next {
            return !(1..FAR).contains(&after(next, seq));
        }
        let first = stream.held.front().map(|first| first.seq).or(stream.expected);
        first.is_some_and(|first| !(1..LATE).contains(&after(first, seq)))
    }

    // waiting ---------------------------------------------------------------------------------------------------------

    fn hold(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction, segment: Held) {
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

    /// Deliver whatever need not wait any longer, in both directions, until nothing moves.
    fn deliver_held(&mut self, app: &mut Conversation, cx: &mut Context<'_>) {
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
        [Direction::Forth, Direction::Back].into_iter().find(|direction| self.deliverable(app, cx, *direction))
    }

    /// Return the capture time of the longest-waiting segment.
    fn oldest_held(&self) -> Option<f64> {
        let held = self.streams.forth.held.iter().chain(&self.streams.back.held);
        held.map(|segment| segment.time).reduce(f64::min)
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

    /// Return the waiting segment that was captured first, and its direction.
    fn first_held(&self) -> Option<(Direction, &Held)> {
        let forth = self.streams.forth.held.front().map(|first| (Direction::Forth, first));
        let back = self.streams.back.held.front().map(|first| (Direction::Back, first));
        match (forth, back) {
            (Some(one), Some(two)) => Some(if two.1.time < one.1.time { two } else { one }),
            (one, two) => one.or(two),
        }
    }

    fn force(&mut self, app: &mut Conversation, cx: &mut Context<'_>, now: f64) {
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

    /// Stop waiting for what holds up the segment that was captured first.
    fn give_up_one(&mut self, app: &mut Conversation, cx: &mut Context<'_>) {
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

    fn gap(&mut self, app: &mut Conversation, cx: &mut Context<'_>, direction: Direction, seq: u32, size: usize) {
        let stream = self.streams.of_mut(direction);
        stream.next = Some(seq);
        stream.recent.clear();
        cx.ledger.health.gaps += 1;
        cx.ledger.health.missing_bytes += size as u64;
        app.gap(cx, self, direction, size);
    }
}
