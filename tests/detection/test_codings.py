"""Content codings are undone, and what is wrong with them has a name: by the core, and by its fallback in Python."""

import gzip
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.core import CORE
from detection.codings import (
    CHECKSUM,
    HEADERLESS,
    MALFORMED,
    TOO_MANY,
    TRAILING,
    TRUNCATED,
    Undo,
    decoded,
)
from detection.messages import Message, message

TEXT = b"To be or not to be, that is the question. To be or not to be."
BROTLI = bytes.fromhex("1b130000a4b0b2ea8147028a")
"""10 times X and 10 times Y."""
HAS_CORE = hasattr(CORE, "decode_content")


def zipped(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


def raw(plain: bytes) -> bytes:
    maker = zlib.compressobj(wbits=-15)
    return maker.compress(plain) + maker.flush()


@pytest.fixture(params=["python", "core"])
def undo(request: pytest.FixtureRequest) -> Iterator[Undo]:
    """Return one of both implementations."""
    if request.param == "python":
        yield decoded
    elif HAS_CORE:
        yield CORE.decode_content
    else:
        pytest.skip("the core is not built: make fast")


@pytest.mark.parametrize(
    ("body", "named", "problem"),
    [
        (TEXT, b"", ""),
        (gzip.compress(TEXT, mtime=0), b"gzip", ""),
        (gzip.compress(TEXT, mtime=0), b" X-GZIP,identity", ""),
        (zlib.compress(TEXT), b"deflate", ""),
        (
            gzip.compress(TEXT[:9], mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(TEXT[9:], mtime=0),
            b"gzip",
            "",
        ),
        (zlib.compress(gzip.compress(raw(TEXT), mtime=0)), b"deflate, gzip, deflate", HEADERLESS),
        (gzip.compress(TEXT, mtime=0) + b"\0", b"gzip", TRAILING),
        (zlib.compress(TEXT) + b"tail", b"deflate", TRAILING),
        (gzip.compress(TEXT, mtime=0)[:-1] + b"\1", b"gzip", CHECKSUM),
        (zlib.compress(TEXT)[:-1] + b"\0", b"deflate", CHECKSUM),
        (gzip.compress(TEXT, mtime=0)[:-1], b"gzip", TRUNCATED),
        (zlib.compress(TEXT)[:-1], b"deflate", TRUNCATED),
        (TEXT, b"gzip", MALFORMED),
        (TEXT, b"deflate", MALFORMED),
        (gzip.compress(TEXT, mtime=0), b"zip\xe9'\t , gzip", "unknown content coding zip\\xe9\\'"),
        (TEXT, b"gzip," * 5, TOO_MANY),
    ],
)
def test_the_body_and_its_problem(undo: Undo, body: bytes, named: bytes, problem: str) -> None:
    assert undo(body, named, 1000) == (TEXT, problem, False)


def test_an_empty_body_has_no_problem(undo: Undo) -> None:
    assert undo(b"", b"gzip, deflate, unknown", 10) == (b"", "", False)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_no_more_than_the_longest_body_comes_of_a_bomb(undo: Undo, layers: int) -> None:
    body = bytes(10**7)
    for _ in range(layers):
        body = gzip.compress(body)
    assert undo(body, b", ".join([b"gzip"] * layers), 5000) == (bytes(5000), "", True)


def test_the_core_knows_more_codings() -> None:
    assert decoded(BROTLI, b"br", 99) == (BROTLI, "unknown content coding br", False)
    if not HAS_CORE:
        pytest.skip("the core is not built: make fast")
    assert CORE.decode_content(BROTLI, b"br", 99) == (b"X" * 10 + b"Y" * 10, "", False)
    assert CORE.decode_content(BROTLI[:-1], b"br", 99)[1] == TRUNCATED
    assert CORE.decode_content(b"(\xb5/\xfd\x04\x00\x19\x00\x00abc", b"zstd", 99)[0] == b"abc"


MAKERS: dict[bytes, Callable[[bytes], bytes]] = {b"gzip": zipped, b"deflate": zlib.compress, b"raw": raw}


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a body with codings, and their names. It may be damaged if there is one: what is inside damaged bytes is
    malformed, too, and libraries give up at different bytes.
    """
    body, names = draw(st.binary(max_size=300)), list[bytes]()
    for name in draw(st.lists(st.sampled_from([b"gzip", b"deflate", b"raw"]), max_size=4)):
        body = MAKERS[name](body)
        names.append(b"deflate" if name == b"raw" else name)
    if len(names) != 1:
        return body, b",".join(names)
    body = body[: draw(st.sampled_from([len(body), len(body) - 1, len(body) // 2]))]
    body += draw(st.sampled_from([b"", b"", zipped(b"more"), b"tail"]))
    if draw(st.integers(0, 5)) == 0 and body:
        place = draw(st.integers(0, len(body) - 1))
        body = body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]
    return body, b",".join(names)


@pytest.mark.skipif(not HAS_CORE, reason="the core is not built: make fast")
@settings(max_examples=500, deadline=None)
@given(bodies(), st.integers(0, 400))
def test_both_say_the_same(coded: tuple[bytes, bytes], longest: int) -> None:
    ours, its = decoded(*coded, longest), CORE.decode_content(*coded, longest)
    if MALFORMED in (ours[1], its[1]):
        assert {ours[1], its[1]} <= {MALFORMED, TRUNCATED, HEADERLESS, ""}
    else:
        assert ours == its


# in messages ----------------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"


def test_a_body_that_the_capture_cut_is_not_truncated_by_its_sender(undo: Undo) -> None:
    body = gzip.compress(bytes(range(256)) * 4)

    def of(kept: int, size: int) -> Message:
        return message(HEAD, body[:kept], size, 2000, undo)

    assert (of(len(body), len(body)).coding_problem, of(len(body), len(body)).cut) == ("", False)
    assert (of(100, len(body)).coding_problem, of(100, len(body)).cut) == ("", True)
    assert (of(100, 100).coding_problem, of(100, 100).cut) == (TRUNCATED, False)
