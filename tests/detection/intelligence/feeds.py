"""Reads feeds for tests, and shows what is in them."""

from detection.intelligence.indicator import Kind
from detection.intelligence.packing import Packed, Packer, Terms
from detection.intelligence.reading import read
from detection.intelligence.table import Feed, Table

Entry = tuple[str, str]


def packed(text: str | bytes, terms: Terms | None = None) -> tuple[Packed, dict[str, int]]:
    """Return the indicators of a feed, and what was left out."""
    packer = Packer(terms or Terms())
    packer.take(read(text.encode() if isinstance(text, str) else text).entries)
    return packer.packed(), dict(packer.counts)


def entries(text: str | bytes, terms: Terms | None = None) -> list[Entry]:
    """Return the kind and value of each indicator, sorted."""
    found, _ = packed(text, terms)
    return sorted((Kind(int(kind)).word, found.value(row)) for row, kind in enumerate(found.kinds))


def table(*texts: str) -> Table:
    """Return the table of some feeds, which are called feed0, feed1, ..."""
    return Table([Feed(f"feed{number}", packed(text)[0]) for number, text in enumerate(texts)])
