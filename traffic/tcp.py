"""TCP reassembly: takes segments in any order and delivers bytes in order (RFC 9293).

A segment is delivered once all earlier bytes of its own direction, and all bytes that it acknowledges in the other,
have been delivered; so requests come before their responses, whatever the order of the capture. Bytes that do not
arrive within `gap_timeout`, or before a limit is reached, are a gap: a number, never zeros. Of bytes received twice,
the first copy counts. A stream joined in the middle waits as long for an earlier segment before it starts.
"""

from math import inf
from typing import Final

from traffic.handshakes import Handshake
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.packet import Packet
from traffic.records import RESET
from traffic.segment import ACK, CONTROL, FAR, FIN, MASK, RST, SYN, Segment, after
from traffic.stream import RECENT, Stream
from traffic.waiting import Waiting

_LATE: Final = 2**16
"""Bytes that may be captured before the SYN of their stream."""


class Side(Stream):
    """One direction of a connection, from which the connection is found."""

    __slots__ = ("connection",)

    def __init__(self, direction: int, connection: "Connection") -> None:
        super().__init__(direction)
        self.connection = connection


class Connection(Waiting):
    """Two streams that acknowledge each other."""

    __slots__ = ("connect_time", "key", "last", "started", "strays")

    streams: tuple[Side, Side]

    def __init__(self, key: bytes, time: float, limits: Limits, health: Health, budget: Budget) -> None:
        super().__init__(limits, health, budget)
        client, server = Side(0, self), Side(1, self)
        client.peer, server.peer = server, client
        self.streams = (client, server)
        self.key = key
        """Packet key of direction 0, as built by `traffic.network`."""
        self.last = time
        self.started = time
        """Capture time of the first packet seen."""
        self.connect_time = -1.0
        """Seconds from the SYN of one side to that of the other; -1 if one of them was not seen."""
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

    def reused_by(self, stream: Stream, seq: int) -> bool:
        """Return whether a SYN with this number asks for a new connection between the same ports."""
        if stream.origin >= 0:
            return stream.origin != seq
        if stream.next >= 0:
            return after(stream.next, seq) not in range(1, FAR)
        first = stream.held[0].seq if stream.held else stream.expected
        return first >= 0 and after(first, seq) not in range(1, _LATE)

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
        plain = not flags & CONTROL and not packet.cut
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

    def _in_order(self, stream: Stream, seq: int, ack: int) -> bool:
        """Return whether a segment is the next one, and everything it acknowledges has been delivered."""
        known = stream.peer.next >= 0 and (ack < 0 or after(stream.peer.next, ack) >= 0)
        return known and seq == stream.next and not stream.held

    def _pass_on(self, stream: Stream, data: bytes, time: float, seq: int, ack: int) -> None:
        if stream.fin < inf:
            self._outlives_fin(stream)
        stream.next = (seq + len(data)) & MASK
        stream.recent = data[-RECENT:]
        if stream.sink is not None:
            stream.sink.data(data, time, seq, ack)

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
        if segment.size or segment.flags & FIN:
            self._hold(stream, segment)

    def _number(self, stream: Stream, segment: Segment) -> None:
        """Put a generated segment without numbers after everything that was sent before it."""
        self.health.oddities["sequence numbers all 0"] += 1
        for side in self.streams:
            side.next = max(side.next, 0)
        segment.seq, segment.ack = stream.next, stream.peer.next

    @property
    def waits(self) -> bool:
        """Whether time alone will change something soon, so that `force_due` must be called."""
        return self.waiting_since < inf or self.reset is not None or any(self._half_closed())

    def hears_only(self, stream: Stream) -> bool:
        """Return whether nothing was captured from the other side of a stream."""
        return stream.acknowledged < 0 and self.connect_time < 0

    def force_due(self, now: float) -> None:
        """Give up what has waited since before `now - gap_timeout`, and accept a FIN or RST that nobody contradicts."""
        self._force(now)
        self._end_unacknowledged(now)
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
        self._end_closing()
        self.finish(time, ending)
