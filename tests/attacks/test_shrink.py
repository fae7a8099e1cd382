"""Shrinking removes the parts of a failing input that do not matter."""

from .shrink import shrunk
from .talk_bytes import ENDS, FAR, LATE, SIDE, said, segments


def bodies(data: bytes) -> list[bytes]:
    return [body for *_, body in segments(data[2:])]


def test_irrelevant_records_and_bytes_are_removed() -> None:
    data = (
        b"\x07\x09" + said(0, b"hello") + said(LATE, b"a long X indeed", FAR, 3) + said(SIDE, b"more") + said(0, b"Y!")
    )
    small = shrunk(data, lambda changed: b"X" in b"".join(bodies(changed)) and b"Y" in bodies(changed)[-1], 2, 4)
    assert small == b"\x03\x00" + said(0, b"X") + said(0, b"Y")


def test_relevant_bytes_are_kept() -> None:
    data = b"\x04\x00" + said(SIDE | ENDS, b"ab", line=3, cut=1)
    assert shrunk(data, lambda changed: changed == data, 2, 4) == data
