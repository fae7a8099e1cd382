"""The buffers of an exchange that rules look at, made when they are first needed. Pure.

Names and forms are those of https://docs.suricata.io/en/latest/rules/http-keywords.html, whose parser is libhtp.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from detection.inspector import Inspected
from detection.messages import Message
from detection.suricata.matching import Buffer

Transform = Callable[[bytes], bytes]
Key = tuple[str, tuple[Transform, ...]]
"""Name of a buffer, and what is done to it first."""
Texts = Sequence[bytes]
"""One for each thing of that name, such as a field; none if there is none."""
_FIELDS: Final = {
    "http.user_agent": b"user-agent", "http.referer": b"referer", "http.accept": b"accept",
    "http.accept_lang": b"accept-language", "http.accept_enc": b"accept-encoding", "http.server": b"server",
    "http.location": b"location", "http.content_type": b"content-type", "http.content_len": b"content-length",
    "http.connection": b"connection",
}  # fmt: skip
_COOKIES: Final = (b"cookie", b"set-cookie")
_HOST: Final = re.compile(rb"\[[^\]]*\]|[^:,]*")
_ABSOLUTE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,15}://([^/?#]*)")


class Side:
    """What one side of an exchange sent."""

    def __init__(self, exchange: Inspected, to_server: bool) -> None:
        content = exchange.content
        self.to_server = to_server
        self.message: Message | None = exchange.request if to_server else exchange.response
        self.head = content.request_head if to_server else content.response_head
        self.sent = content.request_body if to_server else content.response_body
        """The body as it was sent."""
        self._made: dict[Key, tuple[Buffer, ...]] = {}

    def get(self, key: Key) -> tuple[Buffer, ...]:
        """Return the buffers with this name, transformed."""
        found = self._made.get(key)
        if found is None:
            self._made[key] = found = self._make(*key)
        return found

    def _make(self, name: str, transforms: tuple[Transform, ...]) -> tuple[Buffer, ...]:
        if transforms:
            before = self.get((name, transforms[:-1]))
            return tuple(transformed(buffer, transforms[-1:]) for buffer in before)
        if name in _SAME:
            return self.get((_SAME[name], ()))
        return () if self.message is None else tuple(map(Buffer, _made(name, self, self.message)))


def transformed(buffer: Buffer, transforms: Sequence[Transform]) -> Buffer:
    """Return what transforms make of a buffer, one after the other."""
    for transform in transforms:
        buffer = Buffer(transform(buffer.text))
    return buffer


def _made(name: str, side: Side, message: Message) -> Texts:
    if name in _FIELDS:
        return _joined(message, _FIELDS[name])
    make = _BOTH.get(name) or (_REQUEST if side.to_server else _RESPONSE).get(name)
    return make(side, message) if make is not None else ()


def _joined(message: Message, name: bytes) -> Texts:
    values = message.values(name)
    return (b", ".join(values),) if values else ()


def _request_words(message: Message) -> tuple[bytes, bytes, bytes]:
    """Return method, target and protocol. A target may have spaces: the last word is the protocol if it
    looks like one.
    """
    method, _, rest = message.line.partition(b" ")
    target, space, protocol = rest.strip().rpartition(b" ")
    return (
        (method, target.strip(), protocol) if space and protocol.startswith(b"HTTP/") else (method, rest.strip(), b"")
    )


def _status_words(message: Message) -> tuple[bytes, bytes, bytes]:
    """Return protocol, status code and reason."""
    protocol, code, reason, *_ = (*message.line.split(None, 2), b"", b"", b"")
    return protocol, code, reason


def _uri(side: Side, message: Message) -> Texts:
    return (_normal(_request_words(message)[1]),)


def _normal(target: bytes) -> bytes:
    """Return a target as libhtp normalises it: without scheme and host, decoded once, and its path without `//` and dot
    segments.
    """
    if found := _ABSOLUTE.match(target):
        target = b"/" + target[found.end() :].removeprefix(b"/")
    if not target.startswith(b"/"):
        return target
    path, mark, query = target.partition(b"?")
    return _plain_path(unquote_to_bytes(path)) + mark + unquote_to_bytes(query)


def _plain_path(path: bytes) -> bytes:
    kept: list[bytes] = []
    parts = path.replace(b"\\", b"/").split(b"/")
    for part in parts:
        if part == b"..":
            del kept[-1:]
        elif part not in (b"", b"."):
            kept.append(part)
    end = b"/" if kept and parts[-1] in (b"", b".", b"..") else b""
    return b"/" + b"/".join(kept) + end


def _raw_host(side: Side, message: Message) -> Texts:
    if found := _ABSOLUTE.match(_request_words(message)[1]):
        return (found[1],)
    return _joined(message, b"host")


def _host(side: Side, message: Message) -> Texts:
    hosts = (host.split(b", ") for host in _raw_host(side, message))
    return tuple(b", ".join(_without_port(one.lower()) for one in each) for each in hosts)


def _without_port(host: bytes) -> bytes:
    found = _HOST.match(host)
    return found[0] if found is not None else host


def _fields(message: Message) -> list[tuple[bytes, bytes]]:
    """Return the fields, those with the same name together, where the first of them is."""
    found: dict[bytes, tuple[bytes, list[bytes]]] = {}
    for name, value in message.fields:
        found.setdefault(name.lower(), (name, []))[1].append(value)
    return [(name, b", ".join(values)) for name, values in found.values()]


def _headers(side: Side, message: Message) -> Texts:
    """Return all fields but cookies, each in a line."""
    lines = (name + b": " + value + b"\r\n" for name, value in _fields(message) if name.lower() not in _COOKIES)
    return (b"".join(lines),)


def _each_header(side: Side, message: Message) -> Texts:
    return tuple(name + b": " + value for name, value in message.fields)


def _start(side: Side, message: Message) -> Texts:
    return tuple(message.line + b"\r\n" + lines + b"\r\n" for lines in _headers(side, message))


def _raw_headers(side: Side, message: Message) -> Texts:
    return (side.head.partition(b"\n")[2],)


def _names(side: Side, message: Message) -> Texts:
    return (b"\r\n" + b"".join(name + b"\r\n" for name, _ in _fields(message)) + b"\r\n",)


def _body(side: Side, message: Message) -> Texts:
    return (message.body,) if message.body else ()


def _line(side: Side, message: Message) -> Texts:
    return (message.line,)


Make = Callable[[Side, Message], Texts]
_SAME: Final = {"http.request_body": "file.data", "http.response_body": "file.data"}
"""Buffers with the same bytes, which need to be kept only once: a rule for one is applied to one side only."""
_BOTH: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "": lambda side, message: (side.head + side.sent,),
        "http.header": _headers,
        "http.header.raw": _raw_headers,
        "http.header_names": _names,
        "http.cookie": lambda side, message: _joined(message, _COOKIES[0] if side.to_server else _COOKIES[1]),
        "http.start": _start,
        "file.data": _body,
    }
)
_REQUEST: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "http.method": lambda side, message: (_request_words(message)[0],),
        "http.uri": _uri,
        "http.uri.raw": lambda side, message: (_request_words(message)[1],),
        "http.protocol": lambda side, message: (_request_words(message)[2],),
        "http.request_line": _line,
        "http.host": _host,
        "http.host.raw": _raw_host,
        "http.request_header": _each_header,
    }
)
_RESPONSE: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "http.protocol": lambda side, message: (_status_words(message)[0],),
        "http.stat_code": lambda side, message: (_status_words(message)[1],),
        "http.stat_msg": lambda side, message: (_status_words(message)[2],),
        "http.response_line": _line,
        "http.response_header": _each_header,
    }
)
