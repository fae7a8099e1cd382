"""Where a head ends."""

import pytest

from traffic.head import head_end

HEADS = [b"A B\r\n\r\n", b"A B\n\n", b"A B\r\n\n", b"A B\n\r\n"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("before", [0, 5])
@pytest.mark.parametrize("tail", [b"", b"x", b"\r\n\r\n", b"\n\n"])
def test_a_head_ends_after_its_first_empty_line(head: bytes, before: int, tail: bytes) -> None:
    assert head_end(b"\n\n\n\n\n"[:before] + head + tail, before) == before + len(head)


@pytest.mark.parametrize("size", [1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 8190, 8191, 8192, 100_000])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
def test_heads_of_any_length(size: int, end: bytes) -> None:
    head = b"A B\r\nC: " + b"x" * size + end
    assert head_end(head + b"more" * 5000, 0) == len(head)
    assert all(head_end(head[:-cut], 0) == -1 for cut in range(1, len(end)))


class Watched(bytes):
    """Bytes that note how many of them were looked through."""

    looked = 0

    def find(self, sub: object, start: object = 0, end: object = None) -> int:
        place = super().find(sub, start, end)  # type: ignore[arg-type]
        assert isinstance(start, int)
        assert end is None or isinstance(end, int)
        last = place if place >= 0 else min(len(self), len(self) if end is None else end)
        self.looked += max(0, last - start)
        return place


@pytest.mark.parametrize("head", HEADS)
def test_many_heads_in_one_segment_cost_no_more_than_their_number(head: bytes) -> None:
    looked = []
    for count in (1_000, 10_000):
        data, place = Watched(head * count), 0
        while place >= 0:
            place = head_end(data, place)
        looked.append(data.looked)
    assert looked[1] < 12 * looked[0]
