"""Random conversations, in which every field of a message identifies its exchange."""

import itertools
from dataclasses import dataclass, field
from random import Random

from wire import ACK, CLIENT, MASK, SERVER, Segment, Talk, chunked

WAITS = (1, 1)
"""A client that waits for each response before its next request: minimum and maximum requests at a time."""
PIPELINES = (2, 4)
MIXES = (1, 3)


@dataclass
class Said:
    """An exchange as it was sent."""

    method: str
    request_bytes: int
    response_bytes: int
    status: int


@dataclass
class Conversation:
    """A talk, and its exchanges by request target."""

    chance: Random
    in_one_go: tuple[int, int] = WAITS
    said: dict[str, Said] = field(default_factory=dict)
    talk: Talk = field(default_factory=Talk)

    def __post_init__(self) -> None:
        chance = self.chance
        first = (
            chance.choice([1000, MASK - chance.randint(0, 600)]),
            chance.choice([5000, MASK - chance.randint(0, 600)]),
        )
        self.talk = Talk(first=first, segment_size=chance.choice([8, 40, 100, 1460]))
        count = chance.randint(1, 7)
        while len(self.said) < count:
            pairs = [self._exchange() for _ in range(chance.randint(*self.in_one_go))]
            for request, _ in pairs:
                self._say(CLIENT, request)
            for _, response in pairs:
                self._say(SERVER, response)
        if chance.random() < 0.2:
            self._last_until_close()
        elif chance.random() < 0.7:
            self.talk.close()

    def _say(self, side: int, octets: bytes) -> None:
        if self.chance.random() < 0.1:
            self.talk.wait(self.chance.choice([0.01, 1.5]))
        self.talk.say(side, octets, self.chance.choice([0, self.chance.randint(1, 60)]))

    def _exchange(self) -> tuple[bytes, bytes]:
        chance, number = self.chance, len(self.said)
        method = chance.choice(["GET", "GET", "POST", "HEAD"])
        status = chance.choice([200, 200, 404, 204, 304])
        request, sent = self._body() if method == "POST" else (b"\r\n", 0)
        response, answered = (b"\r\n", 0) if status in (204, 304) else self._body()
        if method == "HEAD":
            response, answered = b"Content-Length: 55\r\n\r\n", 0
        self.said[f"/{number}"] = Said(method, sent, answered, status)
        interim = b"HTTP/1.1 100 Continue\r\n\r\n" if chance.random() < 0.1 else b""
        return (
            f"{method} /{number} HTTP/1.1\r\nHost: host{number}\r\n".encode() + request,
            interim + f"HTTP/1.1 {status} OK\r\nContent-Type: for/{number}\r\n".encode() + response,
        )

    def _body(self) -> tuple[bytes, int]:
        chance = self.chance
        body = bytes(chance.choices(b"abcdef", k=chance.randint(0, 300)))
        if chance.random() < 0.5:
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body), len(body)
        cuts = sorted({0, len(body), *(chance.randint(0, len(body)) for _ in range(chance.randint(0, 4)))})
        parts = [body[a:b] for a, b in itertools.pairwise(cuts)]
        trailers = b"Checked: yes\r\n" if chance.random() < 0.3 else b""
        return b"Transfer-Encoding: chunked\r\n\r\n" + chunked(parts, trailers), len(body)

    def _last_until_close(self) -> None:
        number, body = len(self.said), b"x" * self.chance.randint(0, 300)
        self.said[f"/{number}"] = Said("GET", 0, len(body), 200)
        self._say(CLIENT, f"GET /{number} HTTP/1.0\r\nHost: host{number}\r\n\r\n".encode())
        self._say(SERVER, f"HTTP/1.0 200 OK\r\nContent-Type: for/{number}\r\n\r\n".encode() + body)
        self.talk.close()


def shuffled(chance: Random, segments: list[Segment], window: int) -> list[Segment]:
    """Return segments that each moved by at most `window` places."""
    places = [number + chance.uniform(0, window) for number in range(len(segments))]
    return [segment for _, segment in sorted(zip(places, segments, strict=True), key=lambda pair: pair[0])]


def repeated(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Return segments with duplicates, and with retransmissions that are split and joined differently."""
    again: list[Segment] = []
    for index, segment in enumerate(segments):
        again.append(segment)
        if chance.random() < 0.1:
            again.append(segment)
        if segment.data and chance.random() < 0.2:
            start = chance.randrange(len(segment.data))
            again.append(segment.part(start, chance.randint(start, len(segment.data))))
        if chance.random() < 0.1:
            again.append(_joined([other for other in segments[: index + 1] if other.side == segment.side][-3:]))
    return [segment for segment in again if segment.data or segment.flags != ACK]


def _joined(run: list[Segment]) -> Segment:
    """Join consecutive segments of one side like a retransmission does: with the latest acknowledgment."""
    if any(segment.flags != run[-1].flags for segment in run):
        return run[-1]
    return run[0]._replace(data=b"".join(segment.data for segment in run), ack=run[-1].ack)


def with_losses(chance: Random, segments: list[Segment]) -> list[Segment]:
    """Remove some segments, as if not captured: single ones, bursts, or those of one side."""
    share = chance.choice([0.02, 0.1, 0.3, 0.6])
    kind = chance.choice(["any", "burst", "side"])
    if kind == "burst":
        kept = list(segments)
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(kept) + 1)
            del kept[start : start + chance.randint(1, 6)]
        return kept
    side = chance.randint(0, 1)
    return [segment for segment in segments if (kind == "side" and segment.side != side) or chance.random() > share]
