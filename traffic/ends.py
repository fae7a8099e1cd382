"""What ends a connection: RSTs, FINs, and the claim of another one between the same ports.

RSTs and FINs count once both sides act upon them, because anyone can forge them.
"""

from math import inf

from traffic.claim import Claim
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.packet import Packet
from traffic.records import CLOSED
from traffic.segment import FAR, MASK, Segment, after
from traffic.stream import Application, Stream


class Reset:
    """A RST of one direction that nothing has contradicted yet.

    Its receiver acts upon it only if it has exactly the number of the next byte (RFC 5961 section 3), and is silent
    then. So whoever goes on sending shows that it was forged, or never arrived.
    """

    __slots__ = ("direction", "doubted", "seq", "time")

    def __init__(self, time: float, direction: int, seq: int) -> None:
        self.time = time
        self.direction = direction
        self.seq = seq
        self.doubted = False
        """Whether its receiver sent anything after it."""


class Ends:
    """Two streams, and what ends them."""

    __slots__ = (
        "application",
        "budget",
        "claim",
        "finished",
        "health",
        "limits",
        "reset",
        "streams",
        "waiting_since",
    )

    application: Application
    streams: tuple[Stream, Stream]

    def __init__(self, limits: Limits, health: Health, budget: Budget) -> None:
        self.limits = limits
        self.health = health
        self.budget = budget
        self.waiting_since = inf
        """Capture time of the longest-waiting segment; infinite if none waits."""
        self.reset: Reset | None = None
        """A RST that no later data has contradicted."""
        self.claim: Claim | None = None
        """The claim of a new connection between the same ports."""
        self.finished = ""
        """How it ended; empty while it is open."""

    @property
    def over(self) -> bool:
        """Whether a RST or a FIN was seen."""
        return self.reset is not None or any(stream.closes() for stream in self.streams)

    def disclaim(self) -> list[tuple[float, Packet]]:
        """Forget the claim of a new connection; return the segments that were kept for it."""
        claim, self.claim = self.claim, None
        return [] if claim is None else claim.take()

    def finish(self, time: float, ending: str) -> None:
        """Close the connection; nothing more will be delivered."""
        if not self.finished:
            self.finished = ending
            for stream in self.streams:
                if stream.given_up() > 0:
                    self._gap(stream, stream.lost_to, stream.given_up())
                self._let_go(stream)
            self.waiting_since = inf
            self.disclaim()
            self.application.close(ending, time)

    def _let_go(self, stream: Stream) -> None:
        """Forget all segments that wait."""
        self.budget.used -= stream.held_bytes
        stream.held, stream.held_bytes = [], 0

    def _charge(self, stream: Stream, size: int) -> None:
        stream.held_bytes += size
        self.budget.used += size

    def _gap(self, stream: Stream, seq: int, size: int) -> None:
        stream.next, stream.recent = seq, b""
        self.health.gaps += 1
        self.health.missing_bytes += size
        self.application.gap(stream.direction, size)

    # RST --------------------------------------------------------------------------------------------------------------

    def _note_reset(self, stream: Stream, segment: Segment) -> None:
        """Note a RST, unless its receiver drops it, or would rather act upon an earlier one (RFC 5961 section 3)."""
        if self._out_of_window(stream, segment.seq):
            self.health.oddities["RST out of window"] += 1
        elif self.reset is None or not self._exact(self.reset):
            self.reset = Reset(segment.time, stream.direction, segment.seq)

    def _out_of_window(self, stream: Stream, seq: int) -> bool:
        near = stream.next if stream.next >= 0 else stream.reached()
        return near >= 0 and abs(after(seq, near)) >= FAR

    def _ahead(self, reset: Reset) -> int:
        """Return how far a RST is ahead of its stream; 0 if the place of the stream is unknown."""
        stream = self.streams[reset.direction]
        return after(reset.seq, stream.next + stream.closing) if stream.next >= 0 else 0

    def _exact(self, reset: Reset) -> bool:
        """Return whether a RST has the number that its receiver expects, as far as that is known."""
        ahead = self._ahead(reset)
        return ahead == 0 or (ahead > 0 and self._received(self.streams[reset.direction], reset.seq))

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
        if self._ahead(reset) > 0 and self._received(stream, reset.seq):
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

    # FIN --------------------------------------------------------------------------------------------------------------

    def _fin(self, stream: Stream, segment: Segment, *, passed: bool) -> None:
        """Handle a FIN in its place; `passed` if other data has its number."""
        if passed:
            self.health.oddities["data after FIN"] += 1
        elif stream.fin == inf:
            stream.fin, stream.fin_ack = segment.time, segment.ack
            self._end_if_received(stream)

    def _outlives_fin(self, stream: Stream) -> None:
        """Discard a FIN if other data has its number, because the sender did not send it."""
        if stream.closing:
            self.health.oddities["data after FIN"] += 1
            stream.fin = inf

    def _drop_fins(self, stream: Stream) -> None:
        """Drop the FINs that wait without data: a stream has only one."""
        for segment in [one for one in stream.held if one.is_fin]:
            stream.held.remove(segment)
            self._charge(stream, -segment.cost)

    def _half_closed(self) -> list[Stream]:
        """Return the directions of which only the acknowledgment of the FIN is missing, after the other has ended."""
        return [stream for stream in self.streams if stream.closing and stream.peer.ended]

    def _end_unacknowledged(self, now: float) -> None:
        """Accept the FIN of the direction that closes last if it has waited for its acknowledgment for too long."""
        for stream in self._half_closed():
            if now - stream.fin >= self.limits.gap_timeout:
                self._end(stream)

    def _end_if_received(self, stream: Stream) -> None:
        """End a direction once its receiver has acknowledged the FIN, or if nothing was captured from the receiver.

        Of the side that closes last, a FIN that acknowledges the other one is enough (RFC 9293 section 3.6).
        """
        seq = (stream.next + 1) & MASK
        waiting = any(segment.ack >= 0 and after(segment.ack, seq) >= 0 for segment in stream.peer.held)
        last = stream.peer.ended and stream.fin_ack == stream.peer.next
        if stream.acknowledged < 0 or waiting or last or self._received(stream, seq):
            self._end(stream)

    def _end_closing(self) -> None:
        """End the directions whose FIN waits to be acknowledged."""
        for stream in self.streams:
            if stream.closing and not self.finished:
                self._end(stream)

    def _end(self, stream: Stream) -> None:
        """End a direction: no more bytes come."""
        stream.ended = True
        stream.next, stream.recent = (stream.next + 1) & MASK, b""
        self.application.end(stream.direction, stream.fin, stream.fin_ack)
        if stream.peer.ended:
            self.finish(max(stream.fin, stream.peer.fin), CLOSED)
