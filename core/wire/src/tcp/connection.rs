//! Two streams that acknowledge each other.
//!
//! A segment is delivered once all earlier bytes of its own direction, and all bytes that it acknowledges in the other,
//! have been delivered; so requests come before their responses, whatever the order of the capture. Bytes that do not
//! arrive within `gap_timeout`, or before a limit is reached, are a gap: a number, never zeros. Of bytes received
//! twice, the first copy counts. A stream joined in the middle waits as long for an earlier segment before it starts.

use super::claim::Claim;
use super::ends::Reset;
use super::handshakes::Handshake;
use super::held::Held;
use super::sequence::{ACK, CONTROL, FAR, FIN, RST, SYN, advanced, after};
use super::stream::{Both, Direction, Position, Stream};
use super::windows::Windows;
use crate::context::Context;
use crate::conversation::Conversation;
use crate::records::Ending;

/// Bytes that may be captured before the SYN of their stream.
const LATE: i64 = 1 << 16;

/// The parts of a segment that matter to its connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) time: f64,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    /// The TCP header as far as it was captured, for what is seldom needed of it.
    pub(crate) head: &'a [u8],
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
    pub(super) waiting_since: Option<f64>,
    /// A RST that no later data has contradicted.
    pub(super) reset: Option<Reset>,
    /// Whether a direction of which nothing was seen is no longer waited for.
    pub(super) settled: bool,
    /// The claim of a new connection between the same ports.
    pub(crate) claim: Option<Box<Claim>>,
    pub(crate) windows: Windows,
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
            windows: Windows::default(),
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
        if let (Some(own), Some(other)) = (own, other) {
            self.windows.scale(direction, own.scale, other.scale);
        }
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

    /// Return how many more bytes the receiver of a direction has room for, if it is known.
    pub(crate) fn room(&self, direction: Direction) -> Option<i64> {
        let stream = self.streams.of(direction);
        let window = self.windows.of(direction.reversed())?;
        Some(window - after(stream.next?, stream.acknowledged?))
    }

    /// Return whether time alone will change something soon, so that `force_due` must be called.
    pub(crate) fn waits(&self) -> bool {
        self.waiting_since.is_some() || self.reset.is_some() || self.half_closed()
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
}
