"""What nginx asks in a subrequest of `auth_request`, and how it is answered. Pure.

The subrequest has the header of the request. About the rest, nginx says in fields of its own, which replace those of
the client, because `proxy_set_header` names them: see `OF_THE_FRONT`, and docs/protecting.md for the configuration.
"""

from collections.abc import Sequence
from typing import Final

from verdicts.question import Question
from verdicts.verdict import Verdict

URI: Final = b"x-original-uri"
METHOD: Final = b"x-original-method"
VERSION: Final = b"x-original-version"
LENGTH: Final = b"x-original-content-length"
CLIENT: Final = b"x-real-ip"
NAME: Final = b"x-request-id"
OF_THE_FRONT: Final = frozenset((URI, METHOD, VERSION, LENGTH, CLIENT, NAME))
"""What the front says: target, method, version as `HTTP/2.0`, length of the body, address of the client, and the name
of the request. Target and method must be there.
"""
_FORWARDED: Final = b"x-forwarded-for"
_OF_THE_SUBREQUEST: Final = frozenset((b"connection", b"content-length", b"transfer-encoding"))
_LONGEST_NUMBER: Final = 18

Fields = Sequence[tuple[bytes, bytes]]


class NotAsked(ValueError):  # noqa: N818 - the name says what is wrong
    """A request that asks nothing. The text is one line for whoever configures the front."""


def question_of(fields: Fields, body: bytes = b"", size: int = 0) -> Question:
    """Return what a subrequest with this header asks. Only a mirrored one has a body: of `size` bytes, perhaps cut.

    Raises:
        NotAsked: the front does not say which request it is about.
    """
    told = {name.lower(): value for name, value in fields if name.lower() in OF_THE_FRONT}
    if not told.get(URI) or not told.get(METHOD):
        raise NotAsked("X-Original-URI and X-Original-Method are missing; see docs/protecting.md")
    own = [
        (name, value)
        for name, value in fields
        if name.lower() not in OF_THE_FRONT and name.lower() not in _OF_THE_SUBREQUEST
    ]
    length = _number(told.get(LENGTH, b"")) if LENGTH in told else size
    if length:
        own.append((b"Content-Length", b"%d" % length))
    return Question(
        client=_client(told, fields),
        client_port=0,
        server="",
        server_port=0,
        id=_name(told.get(NAME, b"")),
        method=told[METHOD],
        target=told[URI],
        version=told.get(VERSION, b"").removeprefix(b"HTTP/").decode("latin-1") or "1.1",
        fields=tuple(own),
        body=body,
        body_size=max(size, length),
    )


def answer_to(verdict: Verdict) -> bytes:
    """Return the response that says a verdict."""
    said = {
        "X-Waf-Id": verdict.id,
        "X-Waf-Inspected": _word(verdict.inspected),
        "X-Waf-Would-Block": _word(verdict.would_block),
        "X-Waf-Score": str(verdict.score),
        "X-Waf-Rules": ",".join(verdict.rules),
        "X-Waf-Reason": verdict.reason,
    }
    lines = [f"{name}: {value}" for name, value in said.items() if value]
    if verdict.blocked:
        return _response("403 Forbidden", ["Content-Length: 0", *lines])
    return _response("204 No Content", lines)


def refusal(status: str, text: str) -> bytes:
    """Return the response to what asks nothing; the connection is closed after it."""
    body = f"{text}\n"
    fields = ["Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close"]
    return _response(status, fields) + body.encode("ascii")


def _response(status: str, fields: Sequence[str]) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode("ascii", "replace")


def _number(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) <= _LONGEST_NUMBER else 0


def _word(value: bool) -> str:
    return "true" if value else "false"


def _client(told: dict[bytes, bytes], fields: Fields) -> str:
    """Return the address of the client: without X-Real-IP, the last of X-Forwarded-For, which the front has added."""
    if CLIENT in told:
        return told[CLIENT].decode("latin-1").strip()
    forwarded = [value for name, value in fields if name.lower() == _FORWARDED]
    return forwarded[-1].rpartition(b",")[2].decode("latin-1").strip() if forwarded else ""


def _name(value: bytes) -> str:
    """Return the name of a request, if it is safe in a log and in a header field."""
    text = value.decode("latin-1")
    return text if text.isascii() and text.isprintable() else ""
