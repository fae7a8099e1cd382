"""Segments that wait for an earlier one, or for the bytes that they acknowledge, and when that is given up."""

from math import inf

from traffic.ends import Ends
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.segment import (
    FAR,
    FIN,
    MASK,
    SEGMENT_COST,
    Segment,
    after,
    contradicts,
    insert,
    new_parts,
    only_start,
    without_start,
)
from traffic.stream import RECENT, Stream


class Waiting(Ends):
    """Two streams whose segments wait for each other."""

    __slots__ = ("resent", "settled")

    def __init__(self, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(limits, health, budget)
        self.resent = 0
        """Retransmitted payload bytes."""
        self.settled = False
        """Whether a direction of which nothing was seen is no longer waited for."""

    def _hold(self, stream: Stream, segment: Segment) -> None:
        peer = stream.peer
        if peer.next < 0 and peer.expected < 0:
            peer.expected = segment.ack
        joined = self.settled and not stream.held
        if joined and stream.next < 0 <= stream.expected and 0 <= after(segment.seq, stream.expected) < FAR:
            stream.next = stream.expected
        if stream.next >= 0:
            unseen = self._unseen(stream, segment)
            if unseen is None:
                return
            segment = unseen
        if segment.is_fin:
            self._drop_fins(stream)
        parts, contradictions = new_parts(stream.held, segment)
        if contradictions:
            self.health.oddities["overlap with different bytes"] += contradictions
        for part in parts:
            insert(stream.held, part)
            self._charge(stream, part.cost)
        if stream.held and self.waiting_since == inf:
            self.waiting_since = segment.time

    def _unseen(self, stream: Stream, segment: Segment) -> Segment | None:
        """Return the part of a segment that was not delivered yet; None for a retransmission."""
        behind = -after(segment.seq, stream.next)
        if behind > FAR:
            self._jump(stream, segment.seq)
        elif behind == 1 and stream.keeps_alive(segment):
            return None
        elif behind == 1 and stream.starts_early(segment):
            self.health.oddities["data at the number of the SYN"] += 1
            stream.next = segment.seq
        elif behind > 0:
            self.resent += min(behind, len(segment.data))
            if contradicts(stream.recent, segment.data, behind):
                self.health.oddities["overlap with different bytes"] += 1
            if behind > segment.size or (behind == segment.size and not segment.flags & FIN):
                return None
            return without_start(segment, behind)
        return segment

    def _jump(self, stream: Stream, seq: int) -> None:
        """Handle a jump of the sequence number: a new connection whose SYN was missed, or a hostile sender."""
        self.health.oddities["sequence number jump"] += 1
        self._let_go(stream)
        stream.lost_to = -1
        self._gap(stream, seq, 0)

    # delivering -------------------------------------------------------------------------------------------------------

    def _deliver_held(self) -> None:
        """Deliver whatever need not wait any longer, in both directions, until nothing moves."""
        moved = False
        while not self.finished and (stream := self._next_stream()) is not None:
            self._deliver(stream, stream.held.pop(0))
            moved = True
        if moved and not self.finished:
            self.waiting_since = self._oldest_held()

    def _next_stream(self) -> Stream | None:
        """Return a stream whose first waiting segment need not wait; the client's, if each would let the other wait."""
        return next((stream for stream in self.streams if stream.held and self._deliverable(stream)), None)

    def _deliverable(self, stream: Stream) -> bool:
        if stream.next < 0:
            return False
        segment = stream.held[0]
        ahead = after(segment.seq, stream.next)
        if ahead > 0:
            if stream.lost_to < 0 or after(segment.seq, stream.lost_to) > 0:
                return False
            self._gap(stream, segment.seq, ahead)
        return self._causal(stream, segment)

    def _causal(self, stream: Stream, segment: Segment) -> bool:
        """Return whether everything that a segment acknowledges has been delivered, or is no longer waited for."""
        peer = stream.peer
        if segment.ack < 0:
            return True
        if peer.next < 0:
            return self.settled and not peer.held
        if after(segment.ack, peer.next) <= 0:
            return True
        if peer.lost_to >= 0 and after(segment.ack, peer.lost_to) <= 0:
            return True
        return self._known_before(stream, segment)

    def _known_before(self, stream: Stream, segment: Segment) -> bool:
        """Return whether the peer's next bytes acknowledge a segment, which therefore came before them.

        A segment that nevertheless acknowledges them is a later retransmission. It is cut where they allow it.
        """
        peer = stream.peer
        first = peer.held[0] if peer.held else None
        if first is None or first.ack < 0 or after(first.seq, peer.next) > 0:
            return False
        size = after(first.ack, segment.seq)
        if 0 < size < len(segment.data):
            head = only_start(segment, size, segment.flags & ~FIN)
            stream.held[:1] = [head, without_start(segment, size)]
            self._charge(stream, SEGMENT_COST)
        return size > 0

    def _deliver(self, stream: Stream, segment: Segment) -> None:
        self._charge(stream, -segment.cost)
        overlap = after(stream.next, segment.seq)
        passed = overlap > segment.size
        if overlap > 0:
            segment = without_start(segment, overlap)
        stream.next = (segment.seq + len(segment.data)) & MASK
        stream.recent = segment.data[-RECENT:]
        if segment.data:
            self._outlives_fin(stream)
            self._outlives_reset(stream, segment.time)
            if stream.sink is not None and not stream.ended:
                stream.sink.data(segment.data, segment.time, segment.seq, segment.ack)
        if segment.cut:
            self._gap(stream, segment.end, segment.cut)
        if segment.flags & FIN:
            self._fin(stream, segment, passed=passed)

    # giving up --------------------------------------------------------------------------------------------------------

    def _force(self, now: float) -> None:
        while self.waiting_since < inf and not self.finished and self._overdue(now):
            self._give_up_one()
            self._deliver_held()

    def _overdue(self, now: float) -> bool:
        if now - self.waiting_since >= self.limits.gap_timeout and not self._unreceived(self._first_held()):
            return True
        client, server = self.streams
        if (
            len(client.held) + len(server.held) > self.limits.held_segments
            or client.held_bytes + server.held_bytes > self.limits.connection_buffer
            or self.budget.used > self.budget.limit
        ):
            self.health.oddities["reassembly buffer full"] += 1
            return True
        return False

    def _give_up_one(self) -> None:
        """Stop waiting for what holds up the segment that was captured first."""
        stream = self._first_held()
        segment = stream.held[0]
        peer = stream.peer
        if stream.next < 0:
            self._join(stream, segment.seq)
        elif segment.is_fin and self._unreceived(stream):
            self._drop_fins(stream)
            self.waiting_since = self._oldest_held()
        elif after(segment.seq, stream.next) > 0:
            self._gap(stream, segment.seq, after(segment.seq, stream.next))
        elif peer.next < 0:
            self._settle(peer, segment.ack)
        elif peer.held and 0 < after(peer.held[0].seq, peer.next) <= after(segment.ack, peer.next):
            self._gap(peer, peer.held[0].seq, after(peer.held[0].seq, peer.next))
        else:
            peer.lost_to = segment.ack
            self.application.doubt(peer.direction)

    def _first_held(self) -> Stream:
        return min((stream for stream in self.streams if stream.held), key=lambda stream: stream.held[0].time)

    def _oldest_held(self) -> float:
        return min((segment.time for stream in self.streams for segment in stream.held), default=inf)

    def _unreceived(self, stream: Stream) -> bool:
        """Return whether the receiver misses the same bytes as we do: they were lost and will be retransmitted."""
        missing = stream.next >= 0 and after(stream.held[0].seq, stream.next) > 0
        return missing and stream.acknowledged >= 0 and after(stream.acknowledged, stream.next) <= 0

    def _join(self, stream: Stream, seq: int) -> None:
        """Start mid-stream: at the first bytes captured, or at the number that the peer's first bytes acknowledge."""
        told = stream.peer.held[0].ack if stream.peer.held else -1
        stream.next = told if told >= 0 and 0 < after(seq, told) < FAR else stream.first_byte()

    def _settle(self, peer: Stream, ack: int) -> None:
        """Let a stream without delivered bytes start where it was acknowledged, or earlier."""
        self.settled = True
        if peer.held:
            seq = peer.held[0].seq
            peer.next = ack if 0 < after(seq, ack) < FAR else peer.first_byte()
        else:
            peer.expected = ack
