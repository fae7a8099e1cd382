"""A living connection of 60 exchanges, and forged segments within it."""

from collections.abc import Callable

from wire import MASK, Decoded, Segment, Talk, decode, get, ok

from traffic.records import COMPLETE

REQUESTS = 60
Attack = Callable[[Talk], None]


def forge(talk: Talk, side: int, seq: int, flags: int, ack: int = 0, data: bytes = b"") -> None:
    """Add a segment that its sender has not sent."""
    talk.segments.append(Segment(talk.time, side, seq & MASK, ack & MASK, flags, data))
    talk.time += talk.step


def living(
    attack: Attack, *, every: int = 10, pause: float = 0.0, slow: bool = True, talk: Talk | None = None
) -> Decoded:
    """Decode a connection with 60 requests, attacked before and within some of its exchanges.

    A pause follows each attack; one within an exchange only if the server is `slow`.
    """
    talk = talk or Talk()
    for number in range(REQUESTS):
        if number % every == 5:
            attack(talk)
            talk.wait(pause)
        talk.client(get(f"/{number}"))
        if number % every == 7:
            attack(talk)
            talk.wait(pause if slow else 0)
        talk.server(ok(status=400 + number))
    return decode(talk.close().frames)


def all_paired(decoded: Decoded) -> bool:
    whole = decoded.pairs == [(f"/{number}", 400 + number) for number in range(REQUESTS)]
    return whole and decoded.endings == [COMPLETE] * REQUESTS and decoded.held == 0


def challenge(talk: Talk, side: int) -> None:
    """Let the real peer answer with the numbers of the open connection (RFC 5961)."""
    talk.send(side)
