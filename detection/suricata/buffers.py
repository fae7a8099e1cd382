"""The buffers of an exchange that rules look at, made when they are first needed. Pure.

Names and forms are those of https://docs.suricata.io/en/latest/rules/http-keywords.html, whose parser is libhtp.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from detection.inspector import Inspected
from detection.messages import Message

Buffers = Sequence[bytes]
"""One buffer for each thing of that name, such as a field; none if there is none."""
_FIELDS: Final = {
    "http.user_agent": b"user-agent", "http.referer": b"referer", "http.accept": b"accept",
    "http.accept_lang": b"accept-language", "http.accept_enc": b"accept-encoding", "http.server": b"server",
    "http.location": b"location", "http.content_type": b"content-type", "http.content_len": b"content-length",
    "http.connection": b"connection",
}  # fmt: skip
_COOKIES: Final = (b"cookie", b"set-cookie")


class Side:
    """What one side of an exchange sent."""

    def __init__(self, exchange: Inspected, to_server: bool) -> None:
        content = exchange.content
        self.to_server = to_server
        self.message: Message | None = exchange.request if to_server else exchange.response
        self.head = content.request_head if to_server else content.response_head
        self.sent = content.request_body if to_server else content.response_body
        """The body as it was sent."""
        self._made: dict[str, Buffers] = {}

    def get(self, name: str) -> Buffers:
        """Return the buffers with this name."""
        if name not in self._made:
            self._made[name] = () if self.message is None else _made(name, self, self.message)
        return self._made[name]

    def everything(self) -> bytes:
        """Return all bytes in which rules look for contents, for a first search."""
        message = self.message
        if message is None:
            return b""
        extra = self.get("http.uri") if self.to_server else ()
        return b"\n".join((self.head, *extra, self.sent, message.body if message.body != self.sent else b""))


def _made(name: str, side: Side, message: Message) -> Buffers:
    if name in _FIELDS:
        values = message.values(_FIELDS[name])
        return (b", ".join(values),) if values else ()
    make = _REQUEST.get(name) if side.to_server else _RESPONSE.get(name)
    return make(side, message) if make is not None else _BOTH[name](side, message) if name in _BOTH else ()


def _words(message: Message, number: int) -> Buffers:
    """Return a word of the start line; the last one has the rest."""
    words = message.line.split(None, 2)
    return (words[number],) if number < len(words) else ()


def _uri(side: Side, message: Message) -> Buffers:
    return tuple(_normal(target) for target in _words(message, 1))


def _normal(target: bytes) -> bytes:
    """Return a target as libhtp normalises it: without scheme and host, and its path without percent-encoding, `//` and
    dot segments.
    """
    if b"://" in target[:16] and not target.startswith(b"/"):
        _, _, rest = target.partition(b"://")
        _, slash, path = rest.partition(b"/")
        target = slash + path or b"/"
    path, mark, query = target.partition(b"?")
    kept: list[bytes] = []
    parts = unquote_to_bytes(path).replace(b"\\", b"/").split(b"/")
    for number, part in enumerate(parts):
        if part == b"..":
            del kept[-1:]
        elif part not in (b"", b"."):
            kept.append(part)
        elif number == len(parts) - 1:
            kept.append(b"")
    return b"/" + b"/".join(kept) + mark + query


def _host(side: Side, message: Message) -> Buffers:
    return tuple(host.lower().rpartition(b":")[0] or host.lower() for host in _raw_host(side, message))


def _raw_host(side: Side, message: Message) -> Buffers:
    return tuple(message.values(b"host")[:1])


def _headers(side: Side, message: Message) -> Buffers:
    """Return all fields but cookies, each in a line."""
    lines = (name + b": " + value + b"\r\n" for name, value in message.fields if name.lower() not in _COOKIES)
    return (b"".join(lines),)


def _each_header(side: Side, message: Message) -> Buffers:
    return tuple(name + b": " + value for name, value in message.fields)


def _raw_headers(side: Side, message: Message) -> Buffers:
    return (side.head.partition(b"\n")[2],)


def _names(side: Side, message: Message) -> Buffers:
    return (b"\r\n" + b"".join(name + b"\r\n" for name, _ in message.fields) + b"\r\n",)


def _cookies(side: Side, message: Message) -> Buffers:
    values = message.values(_COOKIES[0] if side.to_server else _COOKIES[1])
    return (b", ".join(values),) if values else ()


def _protocol(side: Side, message: Message) -> Buffers:
    return _words(message, 2 if side.to_server else 0)


def _body(side: Side, message: Message) -> Buffers:
    return (message.body,) if message.body else ()


def _line(side: Side, message: Message) -> Buffers:
    return (message.line,)


def _start(side: Side, message: Message) -> Buffers:
    return (message.line + b"\r\n" + b"".join(name + b"\r\n" for name, _ in message.fields) + b"\r\n",)


Make = Callable[[Side, Message], Buffers]
_BOTH: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "": lambda side, message: (side.head + side.sent,),
        "http.header": _headers,
        "http.header.raw": _raw_headers,
        "http.header_names": _names,
        "http.cookie": _cookies,
        "http.protocol": _protocol,
        "http.start": _start,
        "file.data": _body,
    }
)
_REQUEST: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "http.method": lambda side, message: _words(message, 0),
        "http.uri": _uri,
        "http.uri.raw": lambda side, message: _words(message, 1),
        "http.request_line": _line,
        "http.request_body": _body,
        "http.host": _host,
        "http.host.raw": _raw_host,
        "http.request_header": _each_header,
    }
)
_RESPONSE: Final[Mapping[str, Make]] = MappingProxyType(
    {
        "http.stat_code": lambda side, message: _words(message, 1),
        "http.stat_msg": lambda side, message: _words(message, 2),
        "http.response_line": _line,
        "http.response_body": _body,
        "http.response_header": _each_header,
    }
)
