"""What a rule looks for in one buffer, in order: contents, expressions, sizes. Pure.

As in Suricata, a part that is relative begins where the part before it ended, and if one does not fit, the part before
it is looked for again further on, up to a number of tries.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

TRIES: Final = 3000
"""Times that a part of a buffer is tried, as in Suricata (`detect-engine: inspection-recursion-limit`)."""


class Part(Protocol):
    """Something that a buffer has."""

    @property
    def negated(self) -> bool:
        """Whether the buffer must not have it."""
        ...

    @property
    def relative(self) -> bool:
        """Whether it begins where the part before it ended."""
        ...

    def ends(self, buffer: bytes, last: int) -> Iterator[int]:
        """Iterate over the ends of its places; `last` is where the part before it ended."""
        ...


@dataclass(frozen=True)
class Content:
    """Some bytes."""

    text: bytes
    nocase: bool = False
    negated: bool = False
    offset: int = 0
    depth: int | None = None
    distance: int | None = None
    within: int | None = None
    starts: bool = False
    ends_buffer: bool = False

    @property
    def relative(self) -> bool:
        """See `Part`."""
        return self.distance is not None or self.within is not None

    def ends(self, buffer: bytes, last: int) -> Iterator[int]:
        """See `Part`."""
        begin, end = self._region(len(buffer), last)
        where, text = (buffer.lower(), self.text.lower()) if self.nocase else (buffer, self.text)
        if self.ends_buffer:
            begin = max(begin, len(buffer) - len(text))
        place = where.find(text, begin, end)
        while place >= 0:
            yield place + len(text)
            place = where.find(text, place + 1, end)

    def _region(self, size: int, last: int) -> tuple[int, int]:
        """Return where the content may begin, and where it ends at the latest."""
        if not self.relative:
            begin = self.offset
            depth = len(self.text) if self.starts else self.depth
            return begin, size if depth is None else min(size, begin + depth)
        begin = max(0, last + (self.distance or 0))
        return begin, size if self.within is None else min(size, begin + self.within)


@dataclass(frozen=True)
class Expression:
    """A regular expression."""

    pattern: re.Pattern[bytes]
    negated: bool = False
    relative: bool = False

    def ends(self, buffer: bytes, last: int) -> Iterator[int]:
        """See `Part`."""
        for found in self.pattern.finditer(buffer[last:] if self.relative else buffer):
            yield found.end() + (last if self.relative else 0)


@dataclass(frozen=True)
class DataAt:
    """That there are bytes at some place."""

    size: int
    negated: bool = False
    relative: bool = False

    def ends(self, buffer: bytes, last: int) -> Iterator[int]:
        """See `Part`."""
        if last + self.size <= len(buffer) if self.relative else self.size < len(buffer):
            yield last


@dataclass(frozen=True)
class Size:
    """That the buffer has some size, in bytes."""

    least: int
    most: int | None
    negated: bool = False
    relative: bool = False

    def ends(self, buffer: bytes, last: int) -> Iterator[int]:
        """See `Part`."""
        if self.least <= len(buffer) and (self.most is None or len(buffer) <= self.most):
            yield last


def fits(parts: Sequence[Part], buffer: bytes) -> bool:
    """Return whether a buffer has all parts."""
    tries = iter(range(TRIES))

    def rest_fits(number: int, last: int) -> bool:
        if number == len(parts):
            return True
        part = parts[number]
        if next(tries, None) is None:
            return False
        ends = part.ends(buffer, last)
        if part.negated:
            return next(ends, None) is None and rest_fits(number + 1, last)
        again = number + 1 < len(parts) and parts[number + 1].relative
        for end in ends:
            if rest_fits(number + 1, end):
                return True
            if not again or next(tries, None) is None:
                return False
        return False

    return rest_fits(0, 0)
