"""Pages about one thing: each fact with its name, one of them selected. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from view import cells
from view.page import Line, Page, Piece, Style


class Fact(NamedTuple):
    """Holds a value and its name."""

    name: str
    """Empty if it has the name of the fact before."""
    value: str
    term: str = ""
    """The filter's term that matches it; empty if there is none."""


class Span(NamedTuple):
    """Says which lines of a page a fact takes."""

    start: int
    end: int


def fact_lines(facts: Sequence[Fact], chosen: int, page: Page) -> Iterator[list[Line]]:
    """Write the lines of each fact; the chosen one stands out."""
    for place, fact in enumerate(facts):
        lines = page.named(fact.name, fact.value)
        yield [_chosen(line, page) for line in lines] if place == chosen else lines


def _chosen(line: Line, page: Page) -> Line:
    return (Piece(cells.pad_right("".join(piece.text for piece in line), page.width), Style.CURSOR),)


def spans(blocks: Sequence[Sequence[Line]], first: int) -> list[Span]:
    """Return where each block of lines stands if the first one starts at line `first`."""
    found: list[Span] = []
    for block in blocks:
        start = found[-1].end if found else first
        found.append(Span(start, start + len(block)))
    return found


def scrolled(first: int, span: Span, height: int) -> int:
    """Return the first visible line that shows as much as possible of a span, moving as little as possible."""
    return max(min(first, span.start), min(span.end - height, span.start))
