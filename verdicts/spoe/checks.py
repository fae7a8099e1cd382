"""The message by which HAProxy asks, and the variables by which it is answered. Pure.

    spoe-message check-request
        args client=src client_port=src_port server=dst server_port=dst_port id=unique-id method=method target=pathq
        args version=req.ver headers=req.hdrs_bin body=req.body body_size=req.body_size

Only `method` must be there. A request without a path, such as CONNECT, has the target `*`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from verdicts.question import Question
from verdicts.spoe.values import INVALID, Cursor, Value, WrongFrame
from verdicts.verdict import Verdict

NAME: Final = "check-request"


def question_of(arguments: Mapping[str, Value]) -> Question:
    """Return what a message asks.

    Raises:
        WrongFrame: the method is missing, or the header is damaged.
    """
    method, target = _bytes(arguments.get("method")), _bytes(arguments.get("target")) or b"*"
    if not method:
        raise WrongFrame(INVALID, f"{NAME} without method")
    body = _bytes(arguments.get("body"))
    return Question(
        client=_text(arguments.get("client")),
        client_port=_number(arguments.get("client_port")),
        server=_text(arguments.get("server")),
        server_port=_number(arguments.get("server_port")),
        id=_name(_text(arguments.get("id"))),
        method=method,
        target=target,
        version=_text(arguments.get("version")) or "1.1",
        fields=tuple(_fields(arguments.get("headers"))),
        body=body,
        body_size=max(_number(arguments.get("body_size")), len(body)),
    )


def answer_to(verdict: Verdict) -> dict[str, Value]:
    """Return the variables that say a verdict."""
    return {
        "blocked": verdict.blocked,
        "would_block": verdict.would_block,
        "inspected": verdict.inspected,
        "score": min(max(verdict.score, 0), 2**31 - 1),
        "rules": ",".join(verdict.rules),
        "reason": verdict.reason,
        "id": verdict.id,
    }


def _fields(value: Value) -> Iterator[tuple[bytes, bytes]]:
    """Yield the header: of `req.hdrs_bin`, pairs up to an empty one; of `req.hdrs`, lines."""
    if isinstance(value, bytes):
        cursor = Cursor(value)
        while not cursor.at_end:
            name, content = cursor.text(), cursor.text()
            if not name:
                return
            yield name, content
        return
    for line in _bytes(value).split(b"\n"):
        name, colon, content = line.partition(b":")
        if colon:
            yield name.strip(b" \t\r"), content.strip(b" \t\r")


def _bytes(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode("latin-1") if isinstance(value, str) else b""


def _text(value: Value) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return "" if value is None or isinstance(value, bool) else str(value)


def _number(value: Value) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _name(text: str) -> str:
    """Return the name of a request, if it is safe in a log and in a header field."""
    return text if text.isascii() and text.isprintable() else ""
