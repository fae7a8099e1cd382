"""Random conversations in HTTP/2, joined late or with losses: whatever is told of an exchange is right."""

from collections.abc import Iterator
from random import Random

import pytest
from http2_wire import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    Fields,
    Http2Talk,
    assert_nothing_wrong,
    data,
    decode2,
    frame,
    reset,
)
from wire import CLIENT, SERVER, Talk

from traffic.frame import Frame

STREAMS = 60


def request_fields(dice: Random) -> Fields:
    """Return a request of which some fields come again and again, and others are new."""
    yield from [(":method", dice.choice(("GET", "POST", "PUT"))), (":scheme", "http")]
    yield from [(":path", f"/{dice.randrange(30)}"), (":authority", f"{dice.randrange(5)}.example")]
    yield from [("user-agent", f"agent/{dice.randrange(4)}"), ("x-id", str(dice.random()))][: dice.randrange(3)]


def header_frames(dice: Random, stream: int, block: bytes, flags: int) -> Iterator[bytes]:
    """Yield a header block in HEADERS and any number of CONTINUATION frames."""
    cuts = sorted(dice.sample(range(1, len(block)), dice.choice((0, 0, 1, min(3, len(block) - 1)))))
    for start, end in zip([0, *cuts], [*cuts, len(block)], strict=True):
        kind, kept = (CONTINUATION, 0) if start else (HEADERS, flags)
        yield frame(kind, kept | (END_HEADERS if end == len(block) else 0), stream, block[start:end])


def ask(dice: Random, talk: Http2Talk, stream: int) -> None:
    body = dice.randbytes(dice.choice((0, 0, 100, 3000)))
    block = talk.block(CLIENT, request_fields(dice))
    frames = header_frames(dice, stream, block, 0 if body else END_STREAM)
    talk.send(CLIENT, *frames, data(stream, body, end=True) if body else b"")


def answer(dice: Random, talk: Http2Talk, stream: int) -> None:
    if dice.random() < 0.1:
        talk.send(dice.choice((CLIENT, SERVER)), reset(stream))
        return
    fields = [("content-type", dice.choice(("text/html", "a/b"))), ("etag", str(dice.random()))]
    trailers = [("x-sum", str(dice.random()))] if dice.random() < 0.3 else None
    body = dice.randbytes(dice.randrange(4000))
    talk.response(stream, dice.choice((200, 201, 404, 500)), fields=fields, body=body, trailers=trailers)


def random_frames(dice: Random) -> list[Frame]:
    """Return a conversation with many streams at a time, in segments of any size."""
    talk = Http2Talk(Talk(segment_size=dice.choice((30, 200, 536, 1460, 9000))))
    asked: list[int] = []
    for stream in range(1, 2 * STREAMS, 2):
        ask(dice, talk, stream)
        asked.append(stream)
        while asked and dice.random() < 0.5:
            answer(dice, talk, asked.pop(dice.randrange(len(asked))))
    dice.shuffle(asked)
    for stream in asked:
        answer(dice, talk, stream)
    return talk.close().frames


def damaged(dice: Random, frames: list[Frame]) -> list[Frame]:
    """Join late, lose single packets here and there, or lose several in a row."""
    place, share = dice.randrange(len(frames)), dice.choice((0.005, 0.02, 0.1))
    kinds = (
        frames[place:],
        [one for one in frames if dice.random() > share],
        frames[:place] + frames[place + dice.randrange(1, 30) :],
    )
    return dice.choice(kinds)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_told_is_right(seed: int) -> None:
    dice = Random(seed)
    frames = random_frames(dice)
    truth = decode2(frames)
    assert len(truth.exchanges) == STREAMS
    for _ in range(12):
        assert_nothing_wrong(decode2(damaged(dice, frames)), truth)
