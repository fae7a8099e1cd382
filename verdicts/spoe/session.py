"""What is said on one connection with HAProxy: bytes in, questions and bytes to send out. Pure.

    state     frame                answer                   next
    new       HAPROXY-HELLO        AGENT-HELLO              open, or closed after a health check
    new       anything else        DISCONNECT               closed
    open      NOTIFY               ACK, by and by           open
    open      HAPROXY-DISCONNECT   DISCONNECT               closed
    open      UNSET, a fragment    DISCONNECT               closed
    open      HAPROXY-HELLO        DISCONNECT               closed
    open      an unknown frame     nothing                  open
    closed    anything             nothing                  closed

Payloads in fragments are not taken; we do not announce that we could, and HAProxy up to 3.0 then reports error 3 for
what does not fit into a frame.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from verdicts.spoe.frames import (
    ACK,
    AGENT_DISCONNECT,
    AGENT_HELLO,
    HAPROXY_DISCONNECT,
    HAPROXY_HELLO,
    LENGTH,
    NOTIFY,
    SMALLEST_LIMIT,
    UNSET,
    Frame,
    Message,
    frame_in,
    framed,
    items,
    items_in,
    messages_in,
    variables,
)
from verdicts.spoe.values import INVALID, Value, WrongFrame

LARGEST_FRAME: Final = 2**20
"""Bytes of a frame that we take."""
VERSION: Final = "2.0"
PIPELINING: Final = "pipelining"
NORMAL: Final = 0
TOO_BIG: Final = 3
NO_VERSION: Final = 5
NO_SIZE: Final = 6
NO_CAPABILITIES: Final = 7
UNSUPPORTED_VERSION: Final = 8
WRONG_SIZE: Final = 9
FRAGMENTED: Final = 10
NO_RESOURCES: Final = 13
"""Status codes (section 3.5)."""


class Notified(NamedTuple):
    """Messages that want an answer."""

    stream: int
    number: int
    messages: list[Message]


class Session:
    """One connection."""

    def __init__(self, largest: int = LARGEST_FRAME) -> None:
        """Frames with more than `largest` bytes are refused."""
        self.closed = False
        """Whether nothing more is said: the connection is to be closed once `take` is sent."""
        self.greeted = False
        """Whether the other side has introduced itself."""
        self.problem = ""
        """What was wrong with what it said; empty if nothing was."""
        self._largest = largest
        self._received = bytearray()
        self._outgoing: list[bytes] = []

    def receive(self, piece: bytes) -> list[Notified]:
        """Take bytes, and return what is asked. Answer each with `acknowledge`, in any order."""
        found: list[Notified] = []
        self._received += piece
        try:
            while not self.closed and (body := self._next()) is not None:
                if (notified := self._frame(frame_in(body))) is not None:
                    found.append(notified)
        except WrongFrame as wrong:
            self.problem = str(wrong)
            self.disconnect(wrong.status, str(wrong))
        return found

    def acknowledge(self, notified: Notified, values: Mapping[str, Value]) -> None:
        """Answer a question by variables."""
        if not self.closed:
            self._send(Frame(ACK, True, notified.stream, notified.number, variables(values)))

    def disconnect(self, status: int = NORMAL, text: str = "normal") -> None:
        """Say good-bye. A second call does nothing."""
        if not self.closed:
            self._send(Frame(AGENT_DISCONNECT, True, 0, 0, items({"status-code": status, "message": text})))
        self.closed = True
        self._received.clear()

    def take(self) -> bytes:
        """Return the bytes to send."""
        sent, self._outgoing = b"".join(self._outgoing), []
        return sent

    def _next(self) -> bytes | None:
        """Return the next frame without its length; None if it is not complete."""
        if len(self._received) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._received)
        if length > self._largest:
            raise WrongFrame(TOO_BIG, "frame is too big")
        if len(self._received) < LENGTH.size + length:
            return None
        body = bytes(memoryview(self._received)[LENGTH.size : LENGTH.size + length])
        del self._received[: LENGTH.size + length]
        return body

    def _frame(self, frame: Frame) -> Notified | None:
        if not self.greeted:
            self._greet(frame)
        elif frame.kind == UNSET or (frame.kind == NOTIFY and not frame.whole):
            raise WrongFrame(FRAGMENTED, "payload fragmentation is not supported")
        elif frame.kind == NOTIFY:
            return Notified(frame.stream, frame.number, messages_in(frame.payload))
        elif frame.kind == HAPROXY_DISCONNECT:
            self.disconnect()
        elif frame.kind == HAPROXY_HELLO:
            raise WrongFrame(INVALID, "invalid frame received: a second HELLO")
        return None

    def _greet(self, frame: Frame) -> None:
        """Agree on version, size of frames, and whether questions may overtake each other."""
        if frame.kind != HAPROXY_HELLO or not frame.whole:
            raise WrongFrame(INVALID, "invalid frame received: no HELLO")
        said = items_in(frame.payload)
        size = said.get("max-frame-size")
        _check(said, size)
        if isinstance(size, int):
            self._largest = min(self._largest, size)
        wanted = _words(said["capabilities"])
        capabilities = PIPELINING if PIPELINING in wanted else ""
        agreed: dict[str, Value] = {
            "version": VERSION, "max-frame-size": self._largest, "capabilities": capabilities,
        }  # fmt: skip
        self._send(Frame(AGENT_HELLO, True, 0, 0, items(agreed)))
        self.greeted = True
        self.closed = said.get("healthcheck") is True

    def _send(self, frame: Frame) -> None:
        self._outgoing.append(framed(frame))


def _check(said: Mapping[str, Value], size: Value) -> None:
    if not isinstance(said.get("supported-versions"), str):
        raise WrongFrame(NO_VERSION, "version value not found")
    if not isinstance(size, int) or isinstance(size, bool):
        raise WrongFrame(NO_SIZE, "max-frame-size value not found")
    if not isinstance(said.get("capabilities"), str):
        raise WrongFrame(NO_CAPABILITIES, "capabilities value not found")
    if not any(word.partition(".")[0] == VERSION[0] for word in _words(said["supported-versions"])):
        raise WrongFrame(UNSUPPORTED_VERSION, "unsupported version")
    if size < SMALLEST_LIMIT:
        raise WrongFrame(WRONG_SIZE, "max-frame-size too big or too small")


def _words(value: Value) -> list[str]:
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else []
