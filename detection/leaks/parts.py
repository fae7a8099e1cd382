"""The parts of messages in which leaks are looked for, and names for places in them. Pure.

Cookies and fields such as Authorization are no part: they carry secrets by design.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from detection.messages import Message
from traffic.text import printable

REQUEST: Final = "request"
RESPONSE: Final = "response"
_MEDIA: Final = (b"image/", b"audio/", b"video/", b"font/")
_SVG: Final = b"image/svg"
_FORM: Final = b"application/x-www-form-urlencoded"
_BINARY: Final = 1024
"""Bytes at the beginning of a body that have no NUL if it is text."""
_BEFORE: Final = 100
"""Bytes before a place in which its name is looked for."""
_LONGEST_NAME: Final = 40
_JSON_KEY: Final = re.compile(rb'"([\w.$-]{1,40})\\?"\s{0,4}:\s{0,4}\[?\s{0,4}\\?"?[^",:{}\[\]]{0,24}$')
_XML_NAME: Final = re.compile(rb"<([\w:.-]{1,40})(?:\s[^<>]{0,40})?>\s{0,4}$")


class Part(NamedTuple):
    """A text to search."""

    side: str
    """REQUEST or RESPONSE."""
    text: bytes
    name: str
    """Such as `response body`."""
    is_form: bool
    """Whether it has names and values as in a query."""

    def field_at(self, place: int) -> str:
        """Return the name of the value at an index, if it is cheap to find; else an empty text."""
        if self.is_form:
            begin = max(self.text.rfind(mark, 0, place) for mark in (b"&", b"?")) + 1
            name, equals, _ = self.text[begin:place].partition(b"=")
            return printable(name, _LONGEST_NAME) if equals else ""
        before = self.text[max(0, place - _BEFORE) : place]
        found = _JSON_KEY.search(before) or _XML_NAME.search(before)
        return printable(found[1], _LONGEST_NAME) if found else ""


def parts_of(request: Message | None, response: Message | None) -> Iterator[Part]:
    """Yield the parts of an exchange that may have text: URL and bodies."""
    if request is not None:
        target = request.line.partition(b" ")[2].rpartition(b" ")[0]
        yield Part(REQUEST, unquote_to_bytes(target.replace(b"+", b" ")), "URL", True)
        yield from _body(REQUEST, request)
    if response is not None:
        yield from _body(RESPONSE, response)


def _body(side: str, message: Message) -> Iterator[Part]:
    kind = b"".join(message.values(b"content-type")[:1]).lower()
    is_media = kind.startswith(_MEDIA) and not kind.startswith(_SVG)
    if not message.body or is_media or b"\0" in message.body[:_BINARY]:
        return
    is_form = kind.startswith(_FORM)
    text = unquote_to_bytes(message.body.replace(b"+", b" ")) if is_form else message.body
    yield Part(side, text, f"{side} body", is_form)
