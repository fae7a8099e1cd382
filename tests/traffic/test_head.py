"""The end of a message head."""

import pytest

from traffic.head import head_end

HEADS = [b"A B\r\n\r\n", b"A B\n\n", b"A B\r\n\n", b"A B\n\r\n"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("before", [0, 5])
@pytest.mark.parametrize("tail", [b"", b"x", b"\r\n\r\n", b"\n\n"])
def test_a_head_ends_after_its_first_empty_line(head: bytes, before: int, tail: bytes) -> None:
    assert head_end(b"\n\n\n\n\n"[:before] + head + tail, before) == before + len(head)


@pytest.mark.parametrize("size", [0, 1024, 100_000])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
def test_heads_of_any_length(size: int, end: bytes) -> None:
    head = b"A B\r\nC: " + b"x" * size + end
    assert head_end(head + b"more" * 5000, 0) == len(head)
    assert all(head_end(head[:-cut], 0) == -1 for cut in range(1, len(end)))
