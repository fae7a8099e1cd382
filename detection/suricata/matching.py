"""What a rule looks for in one buffer, in order: contents, expressions, sizes. Pure.

As in Suricata (`detect-engine-content-inspection.c`), a part that is relative begins where the part before it ended,
and if one does not fit, the part before it is looked for again further on, up to a number of tries.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

TRIES: Final = 3000
"""Times that a part of a buffer is tried, as in Suricata (`detect-engine: inspection-recursion-limit`)."""


class Buffer:
    """Bytes in which rules look for something."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def lower(self) -> bytes:
        """The same with ASCII letters in lower case, which many contents need."""
        return self.text.lower()


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

    @property
    def soonest(self) -> bool:
        """Whether the first place of the part before it is as good as any later one."""
        ...

    def ends(self, buffer: Buffer, last: int) -> Iterator[int]:
        """Iterate over the ends of its places; `last` is where the part before it ended."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """Some bytes."""

    text: bytes
    nocase: bool = False
    negated: bool = False
    offset: int | None = None
    depth: int | None = None
    distance: int | None = None
    within: int | None = None
    starts: bool = False
    ends_buffer: bool = False

    @property
    def relative(self) -> bool:
        """See `Part`."""
        return self.distance is not None or self.within is not None

    @property
    def soonest(self) -> bool:
        """See `Part`."""
        return self.within is None and not self.negated

    def ends(self, buffer: Buffer, last: int) -> Iterator[int]:
        """See `Part`."""
        where, text = (buffer.lower, self.text.lower()) if self.nocase else (buffer.text, self.text)
        begin, end = self._region(len(where), last)
        if self.ends_buffer:
            begin = max(begin, len(where) - len(text))
        place = where.find(text, begin, end) if 0 <= begin <= end else -1
        while place >= 0:
            yield place + len(text)
            place = where.find(text, place + 1, end)

    def _region(self, size: int, last: int) -> tuple[int, int]:
        """Return where the content may begin, and where it ends at the latest."""
        if self.relative:
            begin = last + (self.distance or 0)
            return max(0, begin), size if self.within is None else min(size, begin + self.within)
        begin, depth = self.offset or 0, len(self.text) if self.starts else self.depth
        return begin, size if depth is None else min(size, begin + depth)


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression."""

    pattern: re.Pattern[bytes]
    negated: bool = False
    relative: bool = False
    soonest = False

    def ends(self, buffer: Buffer, last: int) -> Iterator[int]:
        """See `Part`. A place may begin within the one before it."""
        begin = last if self.relative else 0
        text = memoryview(buffer.text)[begin:]
        found = self.pattern.search(text)
        while found is not None:
            yield begin + found.end()
            found = self.pattern.search(text, found.start() + 1)


@dataclass(frozen=True, slots=True)
class DataAt:
    """That there are bytes at some place."""

    size: int
    negated: bool = False
    relative: bool = False

    @property
    def soonest(self) -> bool:
        """See `Part`."""
        return not self.negated

    def ends(self, buffer: Buffer, last: int) -> Iterator[int]:
        """See `Part`. The difference between the two is Suricata's."""
        size = len(buffer.text)
        if last + self.size <= size if self.relative else self.size < size:
            yield last


@dataclass(frozen=True, slots=True)
class Size:
    """That the buffer has some size, in bytes."""

    least: int
    most: int | None
    negated: bool = False
    relative = False
    soonest = True

    def ends(self, buffer: Buffer, last: int) -> Iterator[int]:
        """See `Part`."""
        if self.least <= len(buffer.text) and (self.most is None or len(buffer.text) <= self.most):
            yield last


def fits(parts: Sequence[Part], buffer: Buffer) -> bool:
    """Return whether a buffer has all parts."""
    return _Search(parts, buffer).fits(0, 0)


class _Search:
    """A search for parts in a buffer, with a bounded number of tries."""

    def __init__(self, parts: Sequence[Part], buffer: Buffer) -> None:
        self._parts = parts
        self._buffer = buffer
        self._tries = TRIES

    def fits(self, number: int, last: int) -> bool:
        """Return whether the parts from one on fit, if the part before it ended at `last`."""
        if number == len(self._parts):
            return True
        part = self._parts[number]
        ends = part.ends(self._buffer, last)
        if part.negated:
            return next(ends, None) is None and self.fits(number + 1, last)
        for end in ends:
            if self._tries <= 0:
                return False
            self._tries -= 1
            if self.fits(number + 1, end):
                return True
            if not self._depends_on(number):
                return False
        return False

    def _depends_on(self, number: int) -> bool:
        """Return whether a later place of a part may help those after it, up to the next that has a place itself."""
        for part in self._parts[number + 1 :]:
            if part.relative and not part.soonest:
                return True
            if isinstance(part, Content | Expression):
                return False
        return False
