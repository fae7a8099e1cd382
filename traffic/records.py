"""What comes out of `traffic`: requests and exchanges.

Strings come from the wire: they are cut at `max_str_length` characters and hold no control characters. An absent
header field is an empty string.
"""

from typing import Final, NamedTuple

# How an exchange ended.
COMPLETE: Final = "complete"
"""The response was seen to its last byte."""
CLOSED: Final = "closed"
"""The connection was closed before the response was complete."""
RESET: Final = "reset"
"""A TCP RST ended the connection before the response was complete."""
TIMEOUT: Final = "timeout"
"""No packet came for `connection_timeout` seconds."""
MALFORMED: Final = "malformed"
"""The framing is broken: where the body ends is not known."""
GAP: Final = "gap"
"""Bytes are missing from the capture, and what became of the exchange is not known."""
EVICTED: Final = "evicted"
"""A limit of `Config` was reached, and the connection or the request was given up."""
CAPTURE_END: Final = "capture_end"
"""The capture ended first."""


def _host_name(authority: str) -> str:
    """The host of `host:port`, as it is compared."""
    if authority.startswith("["):
        authority = authority.partition("]")[0][1:]
    elif authority.count(":") == 1:
        authority = authority.partition(":")[0]
    return authority.rstrip(".").lower()


class Request(NamedTuple):
    """A request whose head is complete (RFC 9112 section 3)."""

    time: float
    """Capture time of its first byte, in seconds since the epoch."""
    client: str
    """Address of the side that sent it, as text."""
    client_port: int
    server: str
    server_port: int
    method: str
    host: str
    """The Host field as sent, with its port; without one, the authority of the target; else empty."""
    target: str
    """The request target as sent (RFC 9112 section 3.2)."""
    version: str
    """`1.0` or `1.1`; `0.9` for a request line without a version."""
    user_agent: str
    referrer: str
    ordinal: int = 1
    """Which request of its connection it is, from 1, of those that were read."""

    @property
    def authority(self) -> str:
        """Who is asked, with the port: the target's own authority comes before Host (RFC 9112 section 3.2.2).

        User names and passwords are left out.
        """
        authority = self.host
        if self.method == "CONNECT":
            authority = self.target
        elif not self.target.startswith("/"):
            scheme, separator, rest = self.target.partition("://")
            if separator and "/" not in scheme:
                authority = rest.partition("/")[0].partition("?")[0]
        return authority.rpartition("@")[2]

    @property
    def domain(self) -> str:
        """Host name in lower case, without port and final dot; the server's address where no host was named."""
        return _host_name(self.authority) or self.server

    @property
    def path(self) -> str:
        """The target's path without query and fragment, `/` where it is empty; `*` for the asterisk form."""
        target = self.target
        if not target.startswith("/"):
            scheme, separator, rest = target.partition("://")
            if separator and "/" not in scheme:
                slash, query = rest.find("/"), rest.find("?")
                target = rest[slash:] if slash >= 0 and not 0 <= query < slash else "/"
        return target.partition("?")[0].partition("#")[0] or "/"

    @property
    def section(self) -> str:
        """Host and first segment of the path: `my.site.com/pages` for `http://my.site.com/pages/create?x=1`."""
        first = self.path.lstrip("/").partition("/")[0]
        user, at, rest = first.rpartition("@")
        if at and ":" in user:  # a user name and password that stand where a path should
            first = f"***@{rest}"
        return f"{self.domain}/{first}"


class Exchange(NamedTuple):
    """A request with what became of it, or a response whose request was not seen."""

    time: float
    """Capture time of its end, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    request: Request | None
    """None when only the response was seen."""
    status: int | None
    """Final status code; None when there was no response, or none that can be told to be its own."""
    request_bytes: int
    """Body bytes sent, after de-chunking and before decompression, missing ones counted in."""
    response_bytes: int
    """Body bytes answered, likewise."""
    response_time: float | None
    """Seconds from the first byte of the request to the first byte of the final response; None if either is unknown."""
    total_time: float | None
    """Seconds from the first byte of the request to the last byte of the response; None unless it is complete."""
    content_type: str
    """Media type of the response, lower case, without parameters."""
    missing_bytes: int
    """Bytes of its messages that the capture lost."""
    ending: str
    """`complete`, `closed`, `reset`, `timeout`, `malformed`, `gap`, `evicted` or `capture_end`."""
    answered: float | None = None
    """Capture time of the first byte of the final response; None without one."""
    oddities: tuple[str, ...] = ()
    """Names of what was wrong with its messages, as `Health.oddities` counts them."""

    @property
    def domain(self) -> str:
        """The request's domain; the server's address where the request was not seen."""
        return self.request.domain if self.request is not None else self.server


class TcpConnection(NamedTuple):
    """A connection on a monitored port that carried bytes, HTTP or not; emitted when it is over."""

    time: float
    """Capture time of its end, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    started: float
    """Capture time of its SYN, or of the first packet that was seen."""
    connect_time: float | None
    """Seconds from the client's SYN to the server's; None if one of them was not seen."""
    requests: int
    """HTTP requests that were read in it."""
    resent_bytes: int
    """Payload bytes that came again, in both directions."""
    ending: str
    """As that of an `Exchange`; `closed` and `reset` are TCP's own."""


class TlsHello(NamedTuple):
    """A TLS connection began, and its client said which server it wants (RFC 6066 section 3)."""

    time: float
    client: str
    client_port: int
    server: str
    server_port: int
    server_name: str
    """In lower case."""


class IpPacket(NamedTuple):
    """An IP packet of any kind; of a tunnel, the one inside."""

    time: float
    source: str
    destination: str
    protocol: int
    """Its number (IANA): 6 is TCP, 17 UDP, 1 ICMP."""
    source_port: int
    """0 where the protocol has no ports."""
    destination_port: int
    length: int
    """Bytes of the whole frame that were captured."""


class DnsAnswer(NamedTuple):
    """A response of a name server (RFC 1035)."""

    time: float
    client: str
    server: str
    name: str
    """The name that was asked for, in lower case."""
    code: int
    """0 is no error, 3 no such name."""
    addresses: tuple[str, ...]


Record = Request | Exchange | TcpConnection | TlsHello | IpPacket | DnsAnswer
OPTIONAL: Final = frozenset({TcpConnection, TlsHello, IpPacket, DnsAnswer})
"""Records that a decoder gives out only if it is told that they are wanted."""


def characters(record: object) -> int:
    """Length of the strings that a record brings along; those of an exchange's request came with the request."""
    if type(record) is Request:
        return len(record.target) + len(record.host) + len(record.user_agent) + len(record.referrer)
    return len(record.content_type) if type(record) is Exchange else 0
