"""The HTTP/1.1 server that nginx asks, with keep-alive: httptools (llhttp) parses, a judge answers.

A subrequest of `auth_request` has no body. One with a body is mirrored: nobody heeds its answer, and it is only logged.
"""

import asyncio
from collections import Counter, deque
from typing import Final

import httptools

from verdicts.auth_request.asking import NotAsked, answer_to, question_of, refusal
from verdicts.judge import Judge
from verdicts.verdict import Verdict

LARGEST_HEAD: Final = 2**16
"""Bytes of names and values of a header; nginx takes 32 KiB unless it is configured otherwise."""
LARGEST_BODY: Final = 2**30
"""Bytes of a body, which only a mirrored request has; a request with a larger one is refused."""
MOST_PIPELINED: Final = 32
"""Requests of a connection without an answer."""
IDLE: Final = 75.0
"""Seconds without a request after which a connection is closed."""
MALFORMED: Final = "malformed requests"
REFUSED: Final = "connections refused"


class AuthRequestServer:
    """What all connections share."""

    def __init__(self, judge: Judge, most: int) -> None:
        """At most `most` connections are open at a time."""
        self.judge = judge
        self.most = most
        self.problems = Counter[str]()
        """What was wrong with connections."""
        self.connections: set[Connection] = set()

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection."""
        return Connection(self)

    def disconnect(self) -> None:
        """Close all connections."""
        for connection in list(self.connections):
            connection.close()


class Connection(asyncio.Protocol):
    """One connection of nginx. Requests are answered in their order."""

    def __init__(self, server: AuthRequestServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._head = 0
        self._body = bytearray()
        self._body_size = 0
        self._answers: deque[_Slot] = deque()
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, if there are not too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._server.connections) >= self._server.most:
            self._server.problems[REFUSED] += 1
            transport.close()
            return
        self._server.connections.add(self)
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; what still waits is answered to nobody."""
        self._transport = None
        self._server.connections.discard(self)
        if self._idle is not None:
            self._idle.cancel()

    def data_received(self, data: bytes) -> None:
        """Have all that is asked judged."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse("400 Bad Request", "an upgrade is not for this server")
        except (httptools.HttpParserError, _TooLargeError):
            self._refuse("400 Bad Request", "not HTTP/1.1, or too large")

    def pause_writing(self) -> None:
        """Read nothing while nginx reads no answers."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._fields, self._head = [], 0
        self._body, self._body_size = bytearray(), 0

    def on_url(self, url: bytes) -> None:
        """Count the target, which the front names itself."""
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field."""
        self._count(len(name) + len(value))
        self._fields.append((name, value))

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body, as far as the rules see it."""
        self._body_size += len(piece)
        if self._body_size > LARGEST_BODY:
            raise _TooLargeError
        self._body += piece[: max(self._server.judge.longest_body - len(self._body), 0)]

    def on_message_complete(self) -> None:
        """Have the request judged."""
        if self._transport is None or self._transport.is_closing():
            return
        if len(self._answers) >= MOST_PIPELINED:
            self._refuse("503 Service Unavailable", "too many requests wait on this connection")
            return
        try:
            question = question_of(self._fields, bytes(self._body), self._body_size)
        except NotAsked as wrong:
            self._refuse("400 Bad Request", str(wrong))
            return
        slot = _Slot()
        self._answers.append(slot)
        mirrored = self._body_size > 0
        self._server.judge.ask(question, lambda verdict: self._answer(slot, verdict), heeded=not mirrored)
        self._rest()

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > LARGEST_HEAD:
            raise _TooLargeError

    def _answer(self, slot: "_Slot", verdict: Verdict) -> None:
        slot.answer = answer_to(verdict)
        while self._answers and self._answers[0].answer:
            sent = self._answers.popleft().answer
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(sent)

    def _refuse(self, status: str, text: str) -> None:
        self._server.problems[MALFORMED] += 1
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(refusal(status, text))
            self._transport.close()

    def _rest(self) -> None:
        """Begin to count the time without requests anew."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self.close)


class _TooLargeError(Exception):
    """A request exceeds a limit."""


class _Slot:
    """Room for the answer to a request; empty until it is there."""

    answer = b""
