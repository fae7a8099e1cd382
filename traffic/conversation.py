"""The bytes of one TCP connection: recognise HTTP/1, tell the client from the server, and run readers and pairing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from traffic.clients import Clients
from traffic.forwarding import TrustedProxies
from traffic.head import may_start_request, may_start_response, starts_request, starts_response
from traffic.health import Health
from traffic.limits import Limits
from traffic.messages import CLOSE, HEAD, LOST, Reader
from traffic.outbox import Outbox
from traffic.pairing import Pairing
from traffic.pending import Addresses
from traffic.preamble import proxied_client, proxy_header_size, starts_socks
from traffic.readers import RequestReader, ResponseReader
from traffic.records import EVICTED, RESET, TcpConnection, TlsHello
from traffic.segment import MASK
from traffic.stream import Application, Sink
from traffic.tcp import Connection
from traffic.text import OTHER, printable
from traffic.tls import HelloReader, starts_hello

_HTTP2_START: Final = b"PRI * "
"""Start of the preface, which the capture may have cut; no other request has this method (RFC 9113 section 11.6)."""
_LONGEST_HOST_NAME: Final = 255
_TLS_RECORD: Final = (b"\x16\x03\x00", b"\x16\x03\x01", b"\x16\x03\x02", b"\x16\x03\x03")


class Opening(Sink):
    """Takes the bytes of one direction until the protocol is known."""

    __slots__ = ("conversation", "direction", "first", "foreign", "header")

    def __init__(self, conversation: Conversation, direction: int) -> None:
        self.conversation = conversation
        self.direction = direction
        self.first = True
        self.foreign = False
        """Whether its first byte was not HTTP, so that no message of its own follows."""
        self.header = 0
        """Remaining bytes of a PROXY protocol header."""

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """See `Sink`."""
        size = len(data)
        if self.first:
            data = self._message_start(data)
            if not data:
                return
        first, self.first = self.first, False
        sink = self.conversation.recognise(self, data, first)
        if sink is not None:
            sink.data(data, time, (seq + size - len(data)) & MASK, ack)
        elif self.conversation.connection.streams[self.direction].origin < 0:
            self.conversation.doubt(self.direction)  # joined mid-stream, possibly within a message

    def _message_start(self, data: bytes) -> bytes:
        """Return what follows a PROXY protocol header and empty lines (RFC 9112 section 2.2)."""
        size = self.header
        if not size and (size := proxy_header_size(data)):
            self.conversation.announce(self.direction, data)
        self.header = max(0, size - len(data))
        return data[size:].lstrip(b"\r\n")

    def gap(self, size: int) -> None:
        """Skip `size` missing bytes; 0 if their number is unknown."""
        if 0 < size <= self.header:
            self.header -= size
        else:
            self.first, self.header = False, 0
            self.foreign = self.foreign and size > 0  # after a jump, it may be another connection
            self.conversation.doubt(self.direction)


class Refusal(Sink):
    """Takes the first bytes of a server whose client speaks TLS or HTTP/2: it may refuse that in plain HTTP/1."""

    __slots__ = ("conversation", "direction", "kind", "server_name")

    def __init__(self, conversation: Conversation, direction: int, kind: str) -> None:
        self.conversation = conversation
        self.direction = direction
        self.kind = kind
        """As what the connection is counted."""
        self.server_name = ""
        """Under which server name it is counted; empty if under none."""

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """See `Sink`."""
        sink = self.conversation.refused(self) if starts_response(data) else None
        self.conversation.connection.streams[self.direction].sink = sink
        if sink is not None:
            sink.data(data, time, seq, ack)


class Conversation(Application):
    """The application data of one connection."""

    __slots__ = (
        "addresses",
        "announced",
        "budget",
        "client",
        "connection",
        "doubts",
        "foreign",
        "health",
        "limits",
        "outbox",
        "pairing",
        "proxies",
        "socks",
        "wanted",
    )

    def __init__(
        self,
        connection: Connection,
        addresses: Callable[[int], Addresses],
        limits: Limits,
        health: Health,
        outbox: Outbox,
        proxies: TrustedProxies,
        wanted: frozenset[type] = frozenset(),
    ) -> None:
        self.connection = connection
        self.addresses = addresses
        self.limits = limits
        self.health = health
        self.budget = connection.budget
        self.outbox = outbox
        self.proxies = proxies
        self.wanted = wanted
        """Optional kinds of records to emit, besides requests and exchanges."""
        self.client = 0
        self.announced: tuple[int, str] | None = None
        """Who sent the first PROXY protocol header, and the client in it, if any."""
        self.foreign = False
        """Whether the connection is counted as unreadable because its protocol is unknown."""
        self.socks = False
        self.pairing: Pairing | None = None
        self.doubts = [False, False]
        """Per direction: whether bytes were missed before HTTP was recognised."""
        for stream in connection.streams:
            stream.sink = Opening(self, stream.direction)

    # recognition ------------------------------------------------------------------------------------------------------

    def recognise(self, opening: Opening, data: bytes, first: bool) -> Sink | None:
        """Inspect a segment while the protocol is unknown; return the reader of this direction once it is HTTP/1."""
        direction = opening.direction
        if data[:3] in _TLS_RECORD and (first or starts_hello(data)):  # at the start, or after some kind of STARTTLS
            self._unreadable("TLS", direction)
            return self._hello(direction)
        if opening.foreign:
            return None
        if starts_request(data):
            return self._start(direction, direction)
        if starts_response(data):
            return self._start(direction, 1 - direction)
        if not first:
            return None
        if data.startswith(_HTTP2_START):
            self._unreadable("HTTP/2", direction)
        elif self.connection.streams[direction].origin >= 0:
            # This is the very first byte of the stream, so weaker evidence is enough.
            if direction == 0 and may_start_request(data):
                return self._start(direction, direction)
            if may_start_response(data):
                return self._start(direction, 1 - direction)
            self._foreign(opening, data)
        return None

    def _start(self, direction: int, client: int) -> Reader:
        """Start reading HTTP/1: a message starts in `direction`, and `client` sends the requests."""
        self._known()
        server = self.connection.streams[1 - client]
        pairing = Pairing(self._clients(client), server, self.limits, self.health, self.budget, self.outbox)
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
        for lost, doubted in enumerate(self.doubts):
            if doubted:
                self.doubt(lost)
        return reader

    def announce(self, direction: int, header: bytes) -> None:
        """Note the first PROXY protocol header. A proxy sends it at the start; a second one, its client made up."""
        if self.announced is None:
            starts = self.connection.streams[direction].origin >= 0
            self.announced = (direction, proxied_client(header) if starts else "")

    def _clients(self, client: int) -> Clients:
        """Return the clients of the requests that `client` sends."""
        direction, announced = self.announced or (client, "")
        return Clients(self.addresses(client), announced if direction == client else "", self.proxies)

    def refused(self, refusal: Refusal) -> Reader:
        """Read HTTP/1 after all, and take back what the connection was counted as."""
        self.health.unreadable[refusal.kind] -= 1
        if refusal.server_name:
            self.health.server_names -= Counter((refusal.server_name,))  # also removes a name at zero
        client = 1 - refusal.direction
        hello = self.connection.streams[client].sink
        if isinstance(hello, HelloReader):
            hello.close()
        return self._start(refusal.direction, client)

    def _unreadable(self, kind: str, direction: int) -> None:
        """Count a connection on which `direction` does not speak HTTP/1; the other side may refuse that."""
        self._known()
        self.health.unreadable[kind] += 1
        stream, other = self.connection.streams[direction], self.connection.streams[1 - direction]
        unread = isinstance(other.sink, Opening) and other.sink.first
        stream.sink, other.sink = None, Refusal(self, other.direction, kind) if unread else None

    def _hello(self, direction: int) -> Sink:
        """Look for the server name, the only thing that TLS reveals, in what the client sends."""
        self.client = direction
        reader = HelloReader(self._server_named, self.budget)
        self.connection.streams[direction].sink = reader
        return reader

    def _server_named(self, wire_name: bytes) -> None:
        names, name = self.health.server_names, printable(wire_name.lower(), _LONGEST_HOST_NAME)
        counted = name if name in names or len(names) < self.limits.server_names else OTHER
        names[counted] += 1
        answer = self.connection.streams[1 - self.client].sink
        if isinstance(answer, Refusal):
            answer.server_name = counted
        if TlsHello in self.wanted:
            self.outbox.add(TlsHello(self.connection.last, *self.addresses(self.client), name))

    def _foreign(self, opening: Opening, data: bytes) -> None:
        """Note a stream that does not start with HTTP/1. Only after a SOCKS handshake may a message follow."""
        self.socks = self.socks or starts_socks(data)
        opening.foreign = not self.socks
        if not self.foreign:
            self.foreign = True
            self.health.unreadable["other"] += 1

    def _known(self) -> None:
        """Take back that the protocol is unknown."""
        if self.foreign:
            self.foreign = False
            self.health.unreadable["other"] -= 1

    # events from TCP --------------------------------------------------------------------------------------------------

    def gap(self, direction: int, size: int) -> None:
        """See `Application`."""
        sink = self.connection.streams[direction].sink
        if isinstance(sink, Reader):
            if size:
                sink.gap(size)
            else:
                sink.jump()
            if sink.state == LOST:
                self.doubt(direction)
        elif isinstance(sink, HelloReader):
            sink.close()
        elif isinstance(sink, Opening):
            sink.gap(size)
        elif isinstance(sink, Refusal):
            self.connection.streams[direction].sink = None

    def doubt(self, direction: int) -> None:
        """See `Application`."""
        stream = self.connection.streams[direction]
        if isinstance(stream.sink, Reader):
            stream.sink.give_up(max(0, stream.given_up()))
        if self.pairing is None:
            self.doubts[direction] = True
        elif direction == self.client:
            self.pairing.requests_lost()
        else:
            self.pairing.responses_lost()

    def idle(self) -> bool:
        """See `Application`."""
        pairing = self.pairing
        return pairing is None or (not pairing.pending and pairing.answer is None)

    def end(self, direction: int, time: float, ack: int) -> None:
        """See `Application`."""
        sink, pairing = self.connection.streams[direction].sink, self.pairing
        if isinstance(sink, Reader) and pairing is not None:
            sink.end(time)
            if direction == self.client and not self.connection.streams[1 - direction].ended:
                pairing.confirm(ack)
            elif direction != self.client and sink.state == CLOSE:
                pairing.close_body(time)

    def close(self, ending: str, time: float) -> None:
        """See `Application`."""
        if ending not in (RESET, EVICTED):
            self._cut_heads()
        pairing, self.pairing = self.pairing, None
        if pairing is not None:
            pairing.close(ending, time)
        if TcpConnection in self.wanted:
            self._tell(pairing, ending, time)
        for stream in self.connection.streams:
            if isinstance(stream.sink, (Reader, HelloReader)):
                stream.sink.close()
            stream.sink = None

    def _cut_heads(self) -> None:
        """Report heads whose end was not captured. After a FIN, there is no end: the sender gave up."""
        for direction in (self.client, 1 - self.client):
            stream = self.connection.streams[direction]
            if isinstance(stream.sink, Reader) and not stream.ended:
                stream.sink.cut_head()

    def _tell(self, pairing: Pairing | None, ending: str, time: float) -> None:
        """Emit a record of the connection."""
        connection = self.connection
        self.outbox.add(
            TcpConnection(
                time,
                *self.addresses(self.client),
                connection.started,
                connection.connect_time if connection.connect_time >= 0 else None,
                0 if pairing is None else pairing.count,
                connection.resent,
                ending,
            )
        )
