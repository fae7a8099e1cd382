"""Signs of evasion in what a response means: misfit statuses, MIME, and heads that no web server writes. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from detection.evasions import Found
from detection.messages import Message
from traffic.finding import LOW

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})( (.*))?", re.DOTALL)
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_REGISTERED: Final = frozenset((*range(200, 209), 226, *range(300, 309), 218))
"""Statuses below 400 of the IANA registry, and one of Apache's own. Above, every cloud invents some."""
_PLAIN_MIME: Final = frozenset((b"", b"binary", b"7bit", b"8bit"))
_MAIL: Final = (b"message/rfc822", b"multipart/related", b"multipart/alternative", b"multipart/mixed")
_SCHEMES: Final = ((401, b"www-authenticate"), (407, b"proxy-authenticate"))
_OK: Final = b"ok"


def response_signs(request: Message | None, response: Message, size: int) -> Iterator[Found]:
    """Yield the signs in a response with a body of `size` bytes, other than framing and codings."""
    parts = _STATUS_LINE.fullmatch(response.line)
    if parts is None:
        return
    status, phrase = int(parts[1]), parts[3] or b""
    attached = any(value.lower().startswith(b"attachment") for value in response.values(b"content-disposition"))
    if parts[2] is None:
        yield Found(LOW, "status-line", "no space after the status code")
    if phrase.strip().lower() == _OK and not 200 <= status <= 299:
        yield Found(LOW, "reason-phrase", f"status {status} with the reason of another")
    yield from _of_status(status, request, response, attached=attached)
    yield from _of_mime(response)
    if size and is_hand_made(response, phrase, attached=attached):
        yield Found(LOW, "hand-made-download", "a download with a head that no web server writes")


def _of_status(status: int, request: Message | None, response: Message, *, attached: bool) -> Iterator[Found]:
    if 200 <= status < 400 and status not in _REGISTERED:
        yield Found(LOW, "status-code", f"unknown status {status}")
    if status in _REDIRECTS and attached and not response.values(b"location"):
        yield Found(LOW, "redirect-without-location", f"status {status} without Location")
    if status == 206 and request is not None and not request.values(b"range"):
        yield Found(LOW, "range-not-asked", "status 206 without a Range in the request")
    for demanded, name in _SCHEMES:
        if status == demanded and attached and not response.values(name):
            yield Found(LOW, "no-challenge", f"status {status} without {name.decode().title()}")
    if attached and status >= 300:
        yield Found(LOW, "download-with-error", f"a download with status {status}")


def _of_mime(response: Message) -> Iterator[Found]:
    if any(value.lower() not in _PLAIN_MIME for value in response.values(b"content-transfer-encoding")):
        yield Found(LOW, "mime-encoding", "Content-Transfer-Encoding, which HTTP does not have")
    for value in response.values(b"content-type"):
        kind = value.lower()
        parted = b"boundary=" in kind and not kind.startswith(b"multipart/")
        if parted or kind.startswith(_MAIL):
            yield Found(LOW, "mime-wrapping", "a body wrapped as mail is")


def is_hand_made(response: Message, phrase: bytes, *, attached: bool) -> bool:
    """Return whether a response without Date, Server and the usual reason phrase sends a file, or does not say what.

    Web servers must send Date (RFC 9110 section 6.6.1); devices and programs without a clock need not.
    """
    kinds = response.values(b"content-type")
    file = attached or not kinds or kinds[0].lower().startswith(b"application/octet-stream")
    bare = not response.values(b"date") and not response.values(b"server")
    return file and bare and not phrase.strip().istitle() and phrase.strip() != b"OK"
