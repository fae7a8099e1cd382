"""What two streams say to each other: recognises HTTP/1, tells client from server, and runs readers and pairing."""

from collections.abc import Callable
from typing import Final

from traffic.head import may_start_request, may_start_response, starts_request, starts_response
from traffic.health import Health
from traffic.limits import Limits
from traffic.messages import CLOSE, HEAD, LOST, Reader, RequestReader, ResponseReader
from traffic.pairing import Addresses, Pairing
from traffic.records import Record
from traffic.tcp import Connection

_HTTP2_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_TLS_RECORD: Final = (b"\x16\x03\x00", b"\x16\x03\x01", b"\x16\x03\x02", b"\x16\x03\x03")


class Opening:
    """Takes the bytes of one direction until it is known what the connection carries."""

    __slots__ = ("conversation", "direction", "first")

    def __init__(self, conversation: "Conversation", direction: int) -> None:
        self.conversation = conversation
        self.direction = direction
        self.first = True

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """See `Sink`."""
        first, self.first = self.first, False
        sink = self.conversation.recognise(self.direction, data, first)
        if sink is not None:
            sink.data(data, time, seq, ack)
        else:
            self.conversation.doubt(self.direction)


class Conversation:
    """The application of one connection."""

    __slots__ = (
        "addresses",
        "budget",
        "client",
        "connection",
        "doubts",
        "emit",
        "foreign",
        "health",
        "limits",
        "pairing",
    )

    def __init__(
        self,
        connection: Connection,
        addresses: Callable[[int], Addresses],
        limits: Limits,
        health: Health,
        emit: Callable[[Record], None],
    ) -> None:
        self.connection = connection
        self.addresses = addresses
        self.limits = limits
        self.health = health
        self.budget = connection.budget
        self.emit = emit
        self.client = 0
        self.foreign = False
        self.pairing: Pairing | None = None
        self.doubts: list[int | None] = [None, None]
        """By direction: how far the other one had come when bytes were missed before HTTP was recognised."""
        for stream in connection.streams:
            stream.sink = Opening(self, stream.direction)

    # recognition -----------------------------------------------------------------------------------------------------

    def recognise(self, direction: int, data: bytes, first: bool) -> Reader | None:
        """Look at a segment before anything is known; the reader for this direction once it is HTTP/1."""
        if starts_request(data):
            return self._start(direction, direction)
        if starts_response(data):
            return self._start(direction, 1 - direction)
        if not first:
            return None
        if data[:3] in _TLS_RECORD:
            self._unreadable("TLS")
        elif data[:16] == _HTTP2_PREFACE[:16]:
            self._unreadable("HTTP/2")
        elif self.connection.streams[direction].origin >= 0:
            # The very first byte of the stream: less proof is needed.
            if direction == 0 and may_start_request(data):
                return self._start(direction, direction)
            if may_start_response(data):
                return self._start(direction, 1 - direction)
            self._foreign()
        return None

    def _start(self, direction: int, client: int) -> Reader:
        """HTTP/1 it is: `direction` is at the start of a message, and `client` sends the requests."""
        pairing = Pairing(
            self.addresses(client), self.connection.streams[1 - client], self.limits, self.health, self.emit
        )
        requests = RequestReader(pairing, self.limits, self.health, self.budget)
        responses = ResponseReader(pairing, self.limits, self.health, self.budget)
        pairing.requests, pairing.responses = requests, responses
        self.client, self.pairing = client, pairing
        streams = self.connection.streams
        other = streams[1 - direction]
        unread = isinstance(other.sink, Opening) and other.sink.first and other.origin >= 0
        reader, peer = (requests, responses) if direction == client else (responses, requests)
        peer.state = HEAD if unread else LOST
        streams[direction].sink, other.sink = reader, peer
        for lost, position in enumerate(self.doubts):
            if position is not None:
                self._doubt(pairing, lost, position)
        return reader

    def _unreadable(self, kind: str) -> None:
        self.health.unreadable[kind] += 1
        for stream in self.connection.streams:
            stream.sink = None

    def _foreign(self) -> None:
        if not self.foreign:
            self.foreign = True
            self.health.unreadable["other"] += 1

    # what TCP reports ------------------------------------------------------------------------------------------------

    def gap(self, direction: int, size: int) -> None:
        """See `Application`."""
        sink = self.connection.streams[direction].sink
        if isinstance(sink, Reader):
            if size:
                sink.gap(size)
            else:
                sink.lose(malformed=False)
            if sink.state == LOST:
                self.doubt(direction)
        elif isinstance(sink, Opening):
            sink.first = False
            self.doubt(direction)

    def doubt(self, direction: int) -> None:
        """See `Application`."""
        position = self.connection.streams[1 - direction].position
        if self.pairing is not None:
            self._doubt(self.pairing, direction, position)
        else:
            self.doubts[direction] = position

    def _doubt(self, pairing: Pairing, direction: int, position: int) -> None:
        if direction == self.client:
            pairing.requests_lost(position)
        else:
            pairing.responses_lost()

    def end(self, direction: int, time: float) -> None:
        """See `Application`."""
        sink, pairing = self.connection.streams[direction].sink, self.pairing
        if isinstance(sink, Reader) and pairing is not None:
            sink.end(time)
            if direction != self.client and sink.state == CLOSE:
                pairing.close_body(time)

    def close(self, ending: str, time: float) -> None:
        """See `Application`."""
        if self.pairing is not None:
            self.pairing.close(ending, time)
        for stream in self.connection.streams:
            if isinstance(stream.sink, Reader):
                stream.sink.close()
            stream.sink = None
