"""TCP reassembly: takes segments in any order and delivers bytes in order (RFC 9293).

A segment is delivered once all earlier bytes of its own direction, and all bytes that it acknowledges in the other,
have been delivered; so requests come before their responses, whatever the order of the capture. Bytes that do not
arrive within `gap_timeout`, or before a limit is reached, are a gap: a number, never zeros. Of bytes received twice,
the first copy counts. A stream joined in the middle waits as long for an earlier segment before it starts.
"""

from math import inf
from typing import Final

from traffic.claim import Claim
from traffic.handshakes import Handshake
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.packet import Packet
from traffic.records import CLOSED, RESET
from traffic.reset import Reset
from traffic.segment import (
    ACK,
    FAR,
    FIN,
    MASK,
    RST,
    SEGMENT_COST,
    SYN,
    Segment,
    after,
    contradicts,
    insert,
    new_parts,
    only_start,
    without_start,
)
from traffic.stream import Application, Stream

_CONTROL: Final = FIN | SYN | RST
_RECENT: Final = 256
"""Bytes of the last segment to keep, in order to detect a retransmission with different content."""
_LATE: Final = 2**16
"""Bytes that may be captured before the SYN of their stream."""


class Connection:
    """Two streams that acknowledge each other."""

    __slots__ = (
        "application",
        "budget",
        "claim",
        "connect_time",
        "finished",
        "health",
        "key",
        "last",
        "limits",
        "resent",
        "reset",
        "settled",
        "started",
        "strays",
        "streams",
        "waiting_since",
    )

    application: Application

    def __init__(self, key: bytes, time: float, limits: Limits, health: Health, budget: Budget) -> None:
        self.key = key
        """Packet key of direction 0, as built by `traffic.network`."""
        client, server = Stream(0), Stream(1)
        client.peer, server.peer = server, client
        client.connection = server.connection = self
        self.streams = (client, server)
        self.limits = limits
        self.health = health
        self.budget = budget
        self.last = time
        self.started = time
        """Capture time of the first packet seen."""
        self.connect_time = -1.0
        """Seconds from the SYN of one side to that of the other; -1 if one of them was not seen."""
        self.resent = 0
        """Retransmitted payload bytes."""
        self.waiting_since = inf
        """Capture time of the longest-waiting segment; infinite if none waits."""
        self.reset: Reset | None = None
        """A RST that no later data has contradicted."""
        self.settled = False
        """Whether a direction of which nothing was seen is no longer waited for."""
        self.claim: Claim | None = None
        """The claim of a new connection between the same ports."""
        self.finished = ""
        """How it ended; empty while it is open."""
        self.strays = False
        """Whether the last segment seems to belong to another connection between the same ports."""

    def shake(self, own: Handshake | None, other: Handshake | None) -> None:
        """Record the handshake, as far as it was seen."""
        seen = [shake.time for shake in (own, other) if shake is not None]
        if seen:
            self.started = min(seen)
        if own is not None and other is not None:
            self.connect_time = max(seen) - min(seen)

    def recall(self, stream: Stream, handshake: Handshake | None) -> None:
        """Let a FIN that was captured before any data wait for its place in the stream."""
        if handshake is not None and handshake.fin >= 0 and 0 <= after(handshake.fin, stream.next) < FAR:
            self._hold(stream, Segment(handshake.fin, b"", 0, self.last, -1, FIN))

    def segment(self, stream: Stream, time: float, packet: Packet) -> bool:
        """Handle a segment; return whether it may have ended the connection or changed what it waits for."""
        self.last = time
        flags = packet.flags
        ack = packet.ack if flags & ACK else -1
        if ack >= 0:
            stream.peer.acknowledged = ack
            if stream.peer.closing:
                self._end_if_received(stream.peer)
                if self.finished:
                    return True
        reset = self.reset
        if reset is not None and stream.direction != reset.direction and not flags & RST:
            reset.doubted = True
        data = packet.data[packet.payload : packet.end]
        plain = not flags & _CONTROL and not packet.cut
        if plain and not data:
            return stream.peer.ended
        if plain and self._in_order(stream, packet.seq, ack):
            self._pass_on(stream, data, time, packet.seq, ack)
            if reset is None and not stream.peer.held:
                return False
            self._outlives_reset(stream, time)
        else:
            cut = packet.cut - max(0, packet.payload - packet.end)
            self._irregular(stream, Segment(packet.seq, data, cut, time, ack, flags))
        self._deliver_held()
        self._force(time)
        return True

    @property
    def waits(self) -> bool:
        """Whether time alone will change something soon, so that `force_due` must be called."""
        return self.waiting_since < inf or self.reset is not None or any(self._half_closed())

    @property
    def over(self) -> bool:
        """Whether a RST or a FIN was seen."""
        return self.reset is not None or any(stream.closes() for stream in self.streams)

    def hears_only(self, stream: Stream) -> bool:
        """Return whether nothing was captured from the other side of a stream."""
        return stream.acknowledged < 0 and self.connect_time < 0

    def force_due(self, now: float) -> None:
        """Give up what has waited since before `now - gap_timeout`, and accept a FIN or RST that nobody contradicts."""
        self._force(now)
        for stream in self._half_closed():
            if now - stream.fin >= self.limits.gap_timeout:
                self._end(stream)
        reset = self.reset
        if reset is not None and now - reset.time >= self._patience(reset):
            self.drain(reset.time, RESET)

    def drain(self, time: float, ending: str) -> None:
        """Deliver everything that waits, with its gaps, and close."""
        while self.waiting_since < inf and not self.finished:
            self._give_up_one()
            self._deliver_held()
        reset = self.reset
        if reset is not None and (self._exact(reset) or not reset.doubted):
            time, ending = reset.time, RESET
            self._lose_before(reset)
        for stream in self.streams:
            if stream.closing and not self.finished:
                self._end(stream)
        self.finish(time, ending)

    def finish(self, time: float, ending: str) -> None:
        """Close the connection; nothing more will be delivered."""
        if not self.finished:
            self.finished = ending
            for stream in self.streams:
                if stream.given_up() > 0:
                    self._gap(stream, stream.lost_to, stream.given_up())
                self.budget.used -= stream.held_bytes
                stream.held, stream.held_bytes = [], 0
            self.waiting_since = inf
            self.disclaim()
            self.application.close(ending, time)

    def _in_order(self, stream: Stream, seq: int, ack: int) -> bool:
        """Return whether a segment is the next one, and everything it acknowledges has been delivered."""
        known = stream.peer.next >= 0 and (ack < 0 or after(stream.peer.next, ack) >= 0)
        return known and seq == stream.next and not stream.held

    def _pass_on(self, stream: Stream, data: bytes, time: float, seq: int, ack: int) -> None:
        if stream.fin < inf:
            self._outlives_fin(stream)
        stream.next = (seq + len(data)) & MASK
        stream.recent = data[-_RECENT:]
        if stream.sink is not None:
            stream.sink.data(data, time, seq, ack)

    # control ----------------------------------------------------------------------------------------------------------

    def _irregular(self, stream: Stream, segment: Segment) -> None:
        """Handle a segment that is out of order or carries control bits."""
        if segment.flags & SYN:
            stream.start(segment.seq)
            if segment.ack >= 0:
                stream.peer.start((segment.ack - 1) & MASK)
            segment.seq = (segment.seq + 1) & MASK
        elif segment.flags & RST:
            self._note_reset(stream, segment)
            return
        elif stream.unnumbered(segment):
            self._number(stream, segment)
        elif stream.strays(segment, over=self.over):
            self.strays = True
            return
        elif segment.flags & FIN and not segment.data and self._out_of_window(stream, segment.seq):
            self.health.oddities["FIN out of window"] += 1
            return
        if segment.data or segment.cut or segment.flags & FIN:
            self._hold(stream, segment)

    def _out_of_window(self, stream: Stream, seq: int) -> bool:
        near = stream.next if stream.next >= 0 else stream.reached()
        return near >= 0 and abs(after(seq, near)) >= FAR

    def disclaim(self) -> list[tuple[float, Packet]]:
        """Forget the claim of a new connection; return the segments that were kept for it."""
        claim, self.claim = self.claim, None
        return [] if claim is None else claim.take()

    def _number(self, stream: Stream, segment: Segment) -> None:
        """Put a generated segment without numbers after everything that was sent before it."""
        self.health.oddities["sequence numbers all 0"] += 1
        for side in self.streams:
            side.next = max(side.next, 0)
        segment.seq, segment.ack = stream.next, stream.peer.next

    def reused_by(self, stream: Stream, seq: int) -> bool:
        """Return whether a SYN with this number asks for a new connection between the same ports."""
        if stream.origin >= 0:
            return stream.origin != seq
        if stream.next >= 0:
            return after(stream.next, seq) not in range(1, FAR)
        first = stream.held[0].seq if stream.held else stream.expected
        return first >= 0 and after(first, seq) not in range(1, _LATE)

    def _note_reset(self, stream: Stream, segment: Segment) -> None:
        """Note a RST, unless its receiver drops it, or would rather act upon an earlier one (RFC 5961 section 3)."""
        if self._out_of_window(stream, segment.seq):
            self.health.oddities["RST out of window"] += 1
        elif self.reset is None or not self._exact(self.reset):
            self.reset = Reset(segment.time, stream.direction, segment.seq)

    def _exact(self, reset: Reset) -> bool:
        """Return whether a RST has the number that its receiver expects, as far as that is known."""
        stream = self.streams[reset.direction]
        if stream.next < 0:
            return True
        ahead = after(reset.seq, stream.next + stream.closing)
        return ahead == 0 or (ahead > 0 and self._received(stream, reset.seq))

    def _received(self, stream: Stream, seq: int) -> bool:
        """Return whether the peer has acknowledged all bytes before a number."""
        return stream.acknowledged >= 0 and after(stream.acknowledged, seq) >= 0

    def _patience(self, reset: Reset) -> float:
        """Return for how long a RST may be contradicted, in seconds."""
        believed = self._exact(reset) and not reset.doubted and not self.application.idle()
        longest = max(self.limits.gap_timeout, self.limits.closed_timeout)
        return self.limits.gap_timeout if believed else longest

    def _lose_before(self, reset: Reset) -> None:
        """Count the bytes that the peer received before a RST as lost, if they were not captured."""
        stream = self.streams[reset.direction]
        if (
            stream.next >= 0
            and after(reset.seq, stream.next + stream.closing) > 0
            and self._received(stream, reset.seq)
        ):
            stream.lost_to = reset.seq

    def _outlives_reset(self, stream: Stream, time: float) -> None:
        """Discard a RST if data goes on in order, because the receiver rejected it (RFC 5961, TCP-AO, forged RSTs)."""
        reset = self.reset
        if reset is None or time <= reset.time:
            return
        before = stream.direction == reset.direction and after(stream.next, reset.seq) <= 0
        if not before or time - reset.time >= self.limits.gap_timeout:
            self.health.oddities["data after RST"] += 1
            self.reset = None

    def _outlives_fin(self, stream: Stream) -> None:
        """Discard a FIN if other data has its number, because the sender did not send it."""
        if stream.closing:
            self.health.oddities["data after FIN"] += 1
            stream.fin = inf

    def _half_closed(self) -> list[Stream]:
        """Return the directions of which only the acknowledgment of the FIN is missing, after the other has ended."""
        return [stream for stream in self.streams if stream.closing and stream.peer.ended]

    def _end_if_received(self, stream: Stream) -> None:
        """End a direction once its receiver has acknowledged the FIN, or if nothing was captured from the receiver."""
        seq = (stream.next + 1) & MASK
        waiting = any(segment.ack >= 0 and after(segment.ack, seq) >= 0 for segment in stream.peer.held)
        if stream.acknowledged < 0 or waiting or self._received(stream, seq):
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        """End a direction: no more bytes come."""
        stream.ended = True
        stream.next, stream.recent = (stream.next + 1) & MASK, b""
        self.application.end(stream.direction, stream.fin, stream.fin_ack)
        if stream.peer.ended:
            self.finish(max(stream.fin, stream.peer.fin), CLOSED)

    # waiting ----------------------------------------------------------------------------------------------------------

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
        if segment.flags & FIN and segment.seq == segment.end:
            self._drop_fins(stream)
        parts, contradictions = new_parts(stream.held, segment)
        if contradictions:
            self.health.oddities["overlap with different bytes"] += contradictions
        for part in parts:
            insert(stream.held, part)
            self._charge(stream, part.cost)
        if stream.held and self.waiting_since == inf:
            self.waiting_since = segment.time

    def _drop_fins(self, stream: Stream) -> None:
        """Drop the FINs that wait without data: a stream has only one."""
        for segment in [one for one in stream.held if one.flags & FIN and one.seq == one.end]:
            stream.held.remove(segment)
            self._charge(stream, -segment.cost)

    def _unseen(self, stream: Stream, segment: Segment) -> Segment | None:
        """Return the part of a segment that was not delivered yet; None for a retransmission."""
        behind = -after(segment.seq, stream.next)
        size = len(segment.data)
        if behind > FAR:
            self._jump(stream, segment.seq)
        elif behind == 1 and stream.keeps_alive(segment):
            return None
        elif behind == 1 and stream.starts_early(segment):
            self.health.oddities["data at the number of the SYN"] += 1
            stream.next = segment.seq
        elif behind > 0:
            self.resent += min(behind, size)
            if contradicts(stream.recent, segment.data, behind):
                self.health.oddities["overlap with different bytes"] += 1
            if behind > size + segment.cut or (behind == size + segment.cut and not segment.flags & FIN):
                return None
            return without_start(segment, behind)
        return segment

    def _charge(self, stream: Stream, size: int) -> None:
        stream.held_bytes += size
        self.budget.used += size

    def _jump(self, stream: Stream, seq: int) -> None:
        """Handle a jump of the sequence number: a new connection whose SYN was missed, or a hostile sender."""
        self.health.oddities["sequence number jump"] += 1
        self.budget.used -= stream.held_bytes
        stream.held, stream.held_bytes, stream.lost_to = [], 0, -1
        self._gap(stream, seq, 0)

    def _deliver_held(self) -> None:
        """Deliver whatever need not wait any longer, in both directions, until nothing moves."""
        moved = False
        while not self.finished and (stream := self._next_stream()) is not None:
            self._deliver(stream, stream.held.pop(0))
            moved = True
        if moved and not self.finished:
            self.waiting_since = self._oldest_held()

    def _oldest_held(self) -> float:
        return min((segment.time for stream in self.streams for segment in stream.held), default=inf)

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
        contradicted = overlap > len(segment.data) + segment.cut
        if overlap > 0:
            segment = without_start(segment, overlap)
        if segment.data and stream.fin < inf:
            self._outlives_fin(stream)
        stream.next = (segment.seq + len(segment.data)) & MASK
        stream.recent = segment.data[-_RECENT:]
        if segment.data:
            self._outlives_reset(stream, segment.time)
            if stream.sink is not None and not stream.ended:
                stream.sink.data(segment.data, segment.time, segment.seq, segment.ack)
        if segment.cut:
            self._gap(stream, segment.end, segment.cut)
        if segment.flags & FIN and contradicted:
            self.health.oddities["data after FIN"] += 1
        elif segment.flags & FIN and stream.fin == inf:
            stream.fin, stream.fin_ack = segment.time, segment.ack
            self._end_if_received(stream)

    # giving up --------------------------------------------------------------------------------------------------------

    def _first_held(self) -> Stream:
        return min((stream for stream in self.streams if stream.held), key=lambda stream: stream.held[0].time)

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

    def _unreceived(self, stream: Stream) -> bool:
        """Return whether the receiver misses the same bytes as we do: they were lost and will be retransmitted."""
        missing = stream.next >= 0 and after(stream.held[0].seq, stream.next) > 0
        return missing and stream.acknowledged >= 0 and after(stream.acknowledged, stream.next) <= 0

    def _give_up_one(self) -> None:
        """Stop waiting for what holds up the segment that was captured first."""
        stream = self._first_held()
        segment = stream.held[0]
        peer = stream.peer
        if stream.next < 0:
            self._join(stream, segment.seq)
        elif segment.flags & FIN and segment.seq == segment.end and self._unreceived(stream):
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

    def _gap(self, stream: Stream, seq: int, size: int) -> None:
        stream.next, stream.recent = seq, b""
        self.health.gaps += 1
        self.health.missing_bytes += size
        self.application.gap(stream.direction, size)
