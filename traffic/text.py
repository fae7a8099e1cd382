"""Converts bytes from the wire to text that is safe to display, log and compare."""

import codecs
from typing import Final

OTHER: Final = "(other)"
"""Stands for everything that a limit left no row of its own."""
UNKNOWN: Final = "(unknown)"
"""Stands for what cannot be known, such as a name that HTTP/2 sent before the capture began."""
_escape: Final = codecs.getencoder("unicode_escape")
"""Looked up at the start, because Python may not find its own modules after the program has dropped privileges."""


def printable(raw: bytes, limit: int) -> str:
    r"""Convert `raw` to at most `limit` printable characters.

    It is decoded as UTF-8 if valid, else as Latin-1 (RFC 9110 section 5.5). Unprintable characters (control characters,
    bidirectional overrides, zero-width characters) are escaped, as in `\x1b`.
    """
    raw = raw[: 4 * limit]  # a character takes up to four bytes
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escape(c)[0].decode("ascii") for c in text)
    return text[:limit]


def host_port(host: str, port: int) -> str:
    """Write a server as `10.0.0.5:80` or `[2001:db8::5]:80` (RFC 3986 section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
