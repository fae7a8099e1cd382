"""Bytes from the wire as text that is safe to show, log and compare."""

import codecs
from functools import lru_cache
from typing import Final

_escape: Final = codecs.getencoder("unicode_escape")
"""Looked up at the start: once the program has given up its rights, Python may not find its own modules any more."""


@lru_cache(maxsize=8192)
def _printable(raw: bytes, limit: int) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escape(c)[0].decode("ascii") for c in text)
    return text[:limit]


def printable(raw: bytes, limit: int) -> str:
    r"""`raw` as at most `limit` printable characters.

    UTF-8 where it is that, else Latin-1 (RFC 9110 section 5.5). What is not printable (control characters,
    bidirectional overrides, zero-width characters) is shown by its escape, as `\x1b`. Equal strings are one object
    as long as they are in use often.
    """
    # A character takes up to four bytes; cut first, so that neither the work nor the cache grows with the input.
    return _printable(raw[: 4 * limit] if len(raw) > limit else raw, limit)


def printable_once(raw: bytes, limit: int) -> str:
    """The same for what hardly comes again, such as a target with its query: it takes no place from others."""
    if len(raw) <= limit and raw.isascii():
        text = raw.decode("ascii")
        if text.isprintable():
            return text
    return printable(raw, limit)
