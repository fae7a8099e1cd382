"""Shrinks a failing input: removes records and bytes as long as it still fails."""

from collections.abc import Callable, Iterator, Sequence

Fails = Callable[[bytes], bool]


def shrunk(data: bytes, fails: Fails, head: int, record: int) -> bytes:
    """Return the smallest failing input found. It starts with `head` bytes, and each record with a header of `record`
    bytes.

    The last two bytes of a record header hold the length of its content, in 12 bits.
    """
    first, records = data[:head], _records(data[head:], record)

    def still(changed: Sequence[tuple[bytes, bytes]], begins: bytes = first) -> bool:
        return fails(_joined(begins, changed))

    while True:
        before = _joined(first, records)
        records = _fewer(records, still)
        for number in range(len(records)):
            records = _smaller(records, number, still)
        for place, plain in enumerate(first):
            begins = first[:place] + bytes([plain & 3 if place == 0 else 0]) + first[place + 1 :]
            first = begins if still(records, begins) else first
        if _joined(first, records) == before:
            return before


def _records(data: bytes, size: int) -> list[tuple[bytes, bytes]]:
    records, place = [], 0
    while place + size <= len(data):
        length = int.from_bytes(data[place + size - 2 : place + size], "big") & 0xFFF
        records.append((data[place : place + size], data[place + size : place + size + length]))
        place += size + length
    return records


def _joined(first: bytes, records: Sequence[tuple[bytes, bytes]]) -> bytes:
    return first + b"".join(_with_length(head, len(body)) + body for head, body in records)


def _with_length(head: bytes, length: int) -> bytes:
    last = int.from_bytes(head[-2:], "big") & 0xF000 | length
    return head[:-2] + last.to_bytes(2, "big")


def _fewer(
    records: list[tuple[bytes, bytes]], still: Callable[[Sequence[tuple[bytes, bytes]]], bool]
) -> list[tuple[bytes, bytes]]:
    for start, stop in _ranges(len(records)):
        without = records[:start] + records[stop:]
        if stop <= len(records) and still(without):
            records = without
    return records


def _smaller(
    records: list[tuple[bytes, bytes]], number: int, still: Callable[[Sequence[tuple[bytes, bytes]]], bool]
) -> list[tuple[bytes, bytes]]:
    """Return the records with fewer bytes in one of them, and simpler ones."""
    for place in range(len(records[number][0]) - 2):
        head, body = records[number]
        plain = [*records[:number], (head[:place] + bytes([head[place] & 1]) + head[place + 1 :], body)]
        plain += records[number + 1 :]
        records = plain if still(plain) else records
    for start, stop in _ranges(len(records[number][1])):
        head, body = records[number]
        without = [*records[:number], (head, body[:start] + body[stop:]), *records[number + 1 :]]
        if stop <= len(body) and still(without):
            records = without
    return records


def _ranges(length: int) -> Iterator[tuple[int, int]]:
    """Yield ranges to remove, from the end, long ones first."""
    size = length
    while size:
        for start in range(length - size, -1, -size):
            yield start, start + size
        size //= 2
