"""What a front asks: whether to let this request pass. Pure."""

import re
from typing import Final, NamedTuple

from traffic.content import Content

LONGEST_HOST: Final = 255
LONGEST_PATH: Final = 1024
"""Characters of host and path that are kept for the log."""
_VERSION: Final = re.compile(r"\d(?:\.\d)?")
_VERSIONS: Final = {"2": "2", "2.0": "2", "3": "3", "3.0": "3"}
_ABSOLUTE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_LINE_ENDS: Final = bytes.maketrans(b"\r\n\0", b"   ")


class Question(NamedTuple):
    """A request that waits at the front."""

    client: str
    """Address of the client; empty if the front did not say."""
    client_port: int
    server: str
    server_port: int
    id: str
    """What the front calls the request; empty if it has no name."""
    method: bytes
    target: bytes
    """Path and query as they were sent, or a whole URL (RFC 9112 section 3.2)."""
    version: str
    """Such as `1.1` or `2.0`."""
    fields: tuple[tuple[bytes, bytes], ...]
    """Names and values of the header, in the order in which they were sent."""
    body: bytes = b""
    """The body without transfer coding, or its beginning."""
    body_size: int = 0
    """Bytes of the whole body, as far as is known."""

    @property
    def body_complete(self) -> bool:
        """Whether the body is there as a whole."""
        return self.body_size <= len(self.body)

    @property
    def host(self) -> str:
        """The requested host in lower case without port and trailing dot; empty if there is none.

        That of a whole URL comes first (RFC 9112 section 3.2.2).
        """
        absolute = _ABSOLUTE.match(self.target)
        if absolute is not None:
            return host_name(absolute[1].rpartition(b"@")[2])
        return next((host_name(value) for name, value in self.fields if name.lower() == b"host"), "")


def host_name(authority: bytes) -> str:
    """Return the host of an authority (RFC 3986 section 3.2), in lower case without port and trailing dot."""
    text = authority[:LONGEST_HOST].decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[: text.find("]") + 1] or text
    return text.partition(":")[0].removesuffix(".")


def path_of(target: bytes) -> bytes:
    """Return the path of a target without its query; `/` if it has none."""
    absolute = _ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute is not None else target
    path = re.split(rb"[?#]", rest, maxsplit=1)[0]
    return path if path.startswith(b"/") else b"/"


def content_of(question: Question, time: float, longest_body: int) -> Content:
    """Return the question as what was captured of an exchange without a response; the body is cut at `longest_body`."""
    body = question.body[:longest_body]
    return Content(
        time, question.client, question.client_port, question.server, question.server_port, question.host,
        path_of(question.target)[:LONGEST_PATH].decode("latin-1"), head_of(question), body,
        max(question.body_size, len(question.body)), b"", b"", 0, 0,
    )  # fmt: skip


def head_of(question: Question) -> bytes:
    """Return the head as HTTP/1 would write it. What would end a line there, and no front lets pass, is a space."""
    method = question.method.translate(_LINE_ENDS).replace(b" ", b"_")
    version = _VERSIONS.get(question.version, question.version if _VERSION.fullmatch(question.version) else "1.1")
    lines = [b"%s %s HTTP/%s" % (method, question.target.translate(_LINE_ENDS), version.encode())]
    lines += [b"%s: %s" % (name.replace(b":", b"_"), value) for name, value in question.fields]
    return b"\r\n".join([line.translate(_LINE_ENDS) for line in lines]) + b"\r\n\r\n"
