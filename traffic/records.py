"""The output of both decoders: requests, exchanges and optional records. Some kinds come from the core alone.

Strings come from the wire: they are cut at `max_str_length` characters and hold no control characters. A missing header
field is an empty string.
"""

from typing import Final, NamedTuple

from traffic.content import Content
from traffic.grpc import failed

# How an exchange ended.
COMPLETE: Final = "complete"
"""The last byte of the response was seen."""
CLOSED: Final = "closed"
"""The connection was closed before the response was complete."""
RESET: Final = "reset"
"""A TCP RST of the connection, or RST_STREAM of HTTP/2, came before the response was complete."""
TIMEOUT: Final = "timeout"
"""No packet arrived for `connection_timeout` seconds."""
MALFORMED: Final = "malformed"
"""The framing is broken, so the end of the body is unknown."""
GAP: Final = "gap"
"""Bytes are missing from the capture, so the outcome of the exchange is unknown."""
EVICTED: Final = "evicted"
"""A limit of `Config` was reached, so the connection or the request was given up."""
CAPTURE_END: Final = "capture_end"
"""The capture ended before the exchange."""


def _behind_scheme(uri: str) -> str | None:
    """Return what follows `scheme://`; None if there is no scheme."""
    scheme, separator, rest = uri.partition("://")
    return rest if separator and "/" not in scheme else None


def _authority(uri: str) -> str | None:
    """Return the authority of a URI with a scheme (RFC 3986 section 3.2); None if there is no scheme."""
    rest = _behind_scheme(uri)
    return None if rest is None else rest.partition("/")[0].partition("?")[0]


def _host_name(authority: str) -> str:
    """Return the host of `host:port`, normalised for comparison."""
    if authority.startswith("["):
        authority = authority.partition("]")[0][1:]
    elif authority.count(":") == 1:
        authority = authority.partition(":")[0]
    return authority.rstrip(".").lower()


class Request(NamedTuple):
    """A request: its head, or as much of it as was captured (RFC 9112 section 3)."""

    time: float
    """Capture time of the first byte, in seconds since the epoch."""
    client: str
    """Address of the client, as text; behind trusted proxies, that of the first client that is none of them."""
    client_port: int
    """TCP port of the `source`."""
    server: str
    server_port: int
    method: str
    host: str
    """Host field as sent, with its port; if missing, the authority of the target; else empty."""
    target: str
    """The request target as sent (RFC 9112 section 3.2)."""
    version: str
    """`1.0`, `1.1` or `2`; `0.9` if the request line has no version; empty if the capture cut it off."""
    user_agent: str
    referrer: str
    ordinal: int = 1
    """Number of the request within its connection, counted from 1 among those decoded."""
    request_headers: str = ""
    """Its fields with one of the names in `log_headers`, as lines of `name: value`, with names in lower case."""
    source: str = ""
    """Address of the TCP peer: the `client`, unless a trusted proxy named another."""

    @property
    def authority(self) -> str:
        """The requested host with its port. The target's own authority overrides Host (RFC 9112 section 3.2.2).

        User names and passwords are left out, and so is the scheme that some clients put into Host.
        """
        names = self.method == "CONNECT" and not self.target.startswith("/")  # RFC 8441 section 4: it may have a path
        authority = self.target if names else _authority(self.target)
        if authority is None:
            named = _authority(self.host)
            authority = self.host if named is None else named
        return authority.rpartition("@")[2]

    @property
    def domain(self) -> str:
        """Host name in lower case, without port and final dot; the server's address if no host was named."""
        return _host_name(self.authority) or self.server

    @property
    def path(self) -> str:
        """Path of the target without query and fragment; `/` if empty, `*` for the asterisk form."""
        target = self.target
        rest = _behind_scheme(target)
        if rest is not None:
            slash, query = rest.find("/"), rest.find("?")
            target = rest[slash:] if slash >= 0 and not 0 <= query < slash else "/"
        return target.partition("?")[0].partition("#")[0] or "/"

    @property
    def section(self) -> str:
        """Host and first path segment: `my.site.com/pages` for `http://my.site.com/pages/create?x=1`."""
        first = self.path.lstrip("/").partition("/")[0]
        user, at, rest = first.rpartition("@")
        if at and ":" in user:  # user name and password in place of a path
            first = f"***@{rest}"
        return f"{self.domain}/{first}"


class Exchange(NamedTuple):
    """A request and its outcome, or a response whose request was not seen."""

    time: float
    """Capture time of the end, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    request: Request | None
    """None if only the response was seen."""
    status: int | None
    """Final status code; None if there was no response, or none that is certainly its own."""
    request_bytes: int
    """Bytes of the request body, after de-chunking and before decompression, including missing bytes."""
    response_bytes: int
    """Bytes of the response body, counted the same way."""
    response_time: float | None
    """Seconds from the first byte of the request to the first byte of the final response; None if either is unknown.

    A WebSocket has none. That of gRPC ends with the first byte of the trailers; of a stream, with its first message.
    """
    total_time: float | None
    """Seconds from the first byte of the request to the last byte of the response; None unless it is complete."""
    content_type: str
    """Media type of the response in lower case, without parameters."""
    missing_bytes: int
    """Bytes of its messages that the capture lost."""
    ending: str
    """`complete`, `closed`, `reset`, `timeout`, `malformed`, `gap`, `evicted` or `capture_end`."""
    answered: float | None = None
    """Capture time of the first byte of the final response; None if there is none."""
    oddities: tuple[str, ...] = ()
    """Names of the oddities of its messages, as counted in `Health.oddities`."""
    response_headers: str = ""
    """Fields of the response with one of the names in `log_headers`, as in `Request.request_headers`."""
    protocol: str = ""
    """`http/0.9`, `http/1.0`, `http/1.1`, `h2`, `grpc`, `grpc-web` or `websocket`; empty if unknown."""
    operation: str = ""
    """What was called: `package.Service/Method` of gRPC, a SOAP action, `query Name` of GraphQL, a JSON-RPC method."""
    grpc_status: int | None = None
    """Status code of gRPC: 0 is OK; None if it was not seen."""
    request_messages: int = 0
    """Messages of the client: gRPC or WebSocket."""
    response_messages: int = 0
    """Messages of the server: gRPC, WebSocket, or server-sent events."""
    first_message_time: float | None = None
    """Seconds from the first byte of the request to the first message of the response; None if there is none."""
    close_code: int | None = None
    """Status code with which a WebSocket was closed (RFC 6455 section 7.4); None if there is none."""
    close_reason: str = ""
    """Reason given with it."""
    control_frames: int = 0
    """Pings, pongs and Close frames of a WebSocket, both ways (RFC 6455 section 5.5)."""
    fragments: int = 0
    """Frames that continue a message of a WebSocket, both ways (RFC 6455 section 5.4)."""
    tls_version: str = ""
    """Version of TLS that the exchange was decrypted from, such as `TLS 1.3`; empty in the clear."""
    server_name: str = ""
    """Server name that the client of TLS asked for, in lower case; empty in the clear, or if it named none."""
    process: str = ""
    """Name of the process on this host that holds the connection: the server's, or the client's if the server is
    elsewhere; empty if unknown, and in captures from files.
    """
    process_id: int | None = None
    """Its number; None if unknown, or if several processes accept connections and it is not known which one did."""
    user: str = ""
    """Its user; the number of the user in a container."""
    container: str = ""
    """Name of its container; the first 12 digits of its number if the name is unknown."""
    container_id: str = ""
    """Number of its container: 64 hexadecimal digits."""
    container_image: str = ""
    """Image of its container."""
    pod: str = ""
    """Its Kubernetes pod: namespace and name, such as `shop/cart-7d4`; its number if the name is unknown."""
    source: str = ""
    """Address of the TCP peer, as in `Request.source`."""
    response_oddities: int = 0
    """How many of the oddities, the first ones, belong to the response of HTTP/1."""
    features: str = ""
    """What the request is like: two hexadecimal digits for each of `detection.unseen.features.FEATURES`. It is empty if
    that was not asked for, or a part of the head is missing. The content cannot be restored from it.
    """

    @property
    def domain(self) -> str:
        """Domain of the request; the server's address if the request was not seen."""
        return self.request.domain if self.request is not None else self.server

    @property
    def duration(self) -> float | None:
        """Seconds from the first byte of the request to the end, however it ended; None if the request was not seen."""
        return self.time - self.request.time if self.request is not None else None

    @property
    def failed_call(self) -> bool:
        """Whether it is a gRPC call with another status than OK."""
        return failed(self.grpc_status)


class TcpConnection(NamedTuple):
    """A closed connection on a monitored port that carried bytes, HTTP or not."""

    time: float
    """Capture time of the end, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    started: float
    """Capture time of the SYN, or of the first packet seen."""
    connect_time: float | None
    """Seconds from the client's SYN to the server's; None if one of them was not seen."""
    requests: int
    """Number of HTTP requests decoded."""
    resent_bytes: int
    """Retransmitted payload bytes of both directions."""
    ending: str
    """As in `Exchange`; `closed` and `reset` are TCP's own endings."""


class TlsHello(NamedTuple):
    """The start of a TLS connection whose client named the server (RFC 6066 section 3)."""

    time: float
    client: str
    client_port: int
    server: str
    server_port: int
    server_name: str
    """Server name in lower case."""


class TlsHandshake(NamedTuple):
    """A TLS handshake, as far as both sides speak in the clear (RFC 8446); only the core emits it.

    Texts are empty where nothing is said: TLS 1.3 encrypts the certificate and the protocol that was chosen.
    """

    time: float
    """Capture time of its end, in seconds since the epoch."""
    client: str
    client_port: int
    server: str
    server_port: int
    started: float
    """Capture time of the first byte of the ClientHello; if it was missed, of the first byte seen."""
    server_name: str
    """Server name that the client asked for, in lower case; with `ech`, it may be that of the front only."""
    version: str
    """Version that the server chose: `TLS 1.3`, `SSL 3.0`, or a draft, such as `TLS 1.3 draft 23`."""
    cipher: str
    """Cipher suite that the server chose, by its registered name; `0x....` if it has none."""
    alpn: str
    """Protocol that the server chose (RFC 7301), such as `h2`."""
    offered_alpn: str
    """Protocols that the client offered, separated by commas."""
    ja3: str
    """Fingerprint of the client; that of a browser differs each time."""
    ja3s: str
    """Fingerprint of the server's choices."""
    ja4: str
    """Fingerprint of the client."""
    resumed: bool
    """Whether the server goes on with an earlier session, and so shows no certificate."""
    hello_retry: bool
    """Whether the server asked for a second ClientHello, which costs a round trip (RFC 8446 section 4.1.4)."""
    ech: bool
    """Whether the client sent an encrypted ClientHello, a real one or one that only looks so (RFC 9849)."""
    post_quantum: str
    """Group of the key exchange if it withstands quantum computers, such as `X25519MLKEM768`; else empty."""
    starttls: bool
    """Whether other bytes came before it, as with STARTTLS or a proxy."""
    handshake_time: float | None
    """Seconds from the ClientHello to the Finished that establishes it, or to the client's first data if earlier."""
    connect_time: float | None
    """Seconds from the client's SYN to the server's, before the handshake; None if one of them was not seen."""
    alert: str
    """Name of the last alert in the clear, such as `certificate_expired`."""
    alert_side: str
    """Who sent it: `client` or `server`."""
    certificate_subject: str
    """Distinguished name of the server's certificate, such as `C=US, O=Example, CN=www.example.com`."""
    certificate_names: str
    """Its host names and addresses, separated by commas."""
    certificate_issuer: str
    """Distinguished name of who signed it."""
    certificate_sha1: str
    """Its SHA-1, in lower-case hexadecimal digits; empty if it was not seen as a whole."""
    certificate_sha256: str
    not_before: float | None
    """Start of its validity, in seconds since the epoch; None without a certificate."""
    not_after: float | None
    """End of its validity."""
    outcome: str
    """`established`, `failed` (an alert, or the connection ended before), or `incomplete` (the capture lacks bytes)."""


class IpPacket(NamedTuple):
    """An IP packet of any kind; the inner one of a tunnel."""

    time: float
    source: str
    destination: str
    protocol: int
    """IP protocol number (IANA): 6 is TCP, 17 UDP, 1 ICMP."""
    source_port: int
    """Source port; 0 if the protocol has no ports."""
    destination_port: int
    length: int
    """Captured bytes of the whole frame."""


class DnsAnswer(NamedTuple):
    """A response of a DNS server (RFC 1035)."""

    time: float
    client: str
    server: str
    name: str
    """The requested name in lower case."""
    code: int
    """RCODE: 0 is no error, 3 is no such name."""
    addresses: tuple[str, ...]


class QuicConnection(NamedTuple):
    """A QUIC connection that has ended (RFC 9000). The core emits it; the reference only counts connections.

    Only its first packets can be read by others than its endpoints, and nothing readable ends it.
    """

    time: float
    """Capture time at which it had been silent for 60 s, or at which the capture ended."""
    client: str
    """Address of the client, before any migration."""
    client_port: int
    server: str
    server_port: int
    started: float
    """Capture time of the first packet seen."""
    version: str
    """`1`, `2`, `draft-29`, `Q046` or `mvfst draft-27`; the number of another version; empty if unknown."""
    server_name: str
    """Server name in lower case; empty if unknown. With `ech`, it may be only the name of the front."""
    alpn: str
    """The protocols that the client offers, in its order, such as `h3, h3-29`."""
    ja4: str
    """Fingerprint of the client; empty if unknown."""
    ech: bool
    """Whether the ClientHello contains an encrypted one, or pretends to (RFC 9849)."""
    zero_rtt: int
    """Packets of the client with early data."""
    retry: bool
    """Whether the server had the client start again with a Retry packet (RFC 9000 section 8.1.2)."""
    migrated: bool
    """Whether the client changed its address or port, as far as its connection ids show (RFC 9000 section 9)."""
    client_packets: int
    """UDP datagrams of the client."""
    client_bytes: int
    """Bytes of their payloads."""
    server_packets: int
    server_bytes: int
    duration: float
    """Seconds from the first to the last datagram."""
    user_agent: str
    """What the client calls itself; only Google's versions before TLS say it."""


class DnsLookup(NamedTuple):
    """A DNS query with its answer, or one of them; a message of multicast DNS, which has no answer of its own."""

    time: float
    """Capture time of the answer, or when waiting for one ended."""
    client: str
    """Empty for what a responder of multicast DNS announces to all."""
    client_port: int
    server: str
    """Address of the server that answered, or to which the query went."""
    server_port: int
    started: float | None
    """Capture time of the first query; None if only the answer was seen."""
    kind: str
    """`dns`, `mdns` (RFC 6762) or `llmnr` (RFC 4795)."""
    transport: str
    """`udp` or `tcp`; the last one used."""
    name: str
    """The name in question in lower case, `.` for the root, with escapes as in `a\\.b` and `\\032` (RFC 4343)."""
    type: str
    """Type of the records in question: `A`, `HTTPS`, `TYPE65280`, ...; empty if there is no question."""
    rcode: str
    """Response code: `NOERROR`, `NXDOMAIN`, ... or an extended one such as `BADVERS`; empty if unanswered."""
    answers: int
    """Records in the answer section."""
    addresses: tuple[str, ...]
    """Addresses among them."""
    flags: str = ""
    """Flags of the last message: `aa`, `tc`, `rd`, `ra`, `ad`, `cd`, and `do` of either side."""
    response_time: float | None = None
    """Seconds from the first query to the answer; None if one of them was not seen."""
    retries: int = 0
    """Times that the query was repeated."""
    truncated: bool = False
    """Whether an answer over UDP was truncated. If the client then asked over TCP, that is the same lookup."""
    dnssec: str = ""
    """What the answer shows of DNSSEC: `RRSIG`, `DS`, `DNSKEY`, `NSEC`, `NSEC3`; `expired signature`; and `SERVFAIL
    without CD` if the server refused the same answer to a query without CD."""
    ede: str = ""
    """Extended DNS Errors (RFC 8914), as in `6 DNSSEC Bogus`."""
    size: int = 0
    """Bytes of the answer; of all messages of a zone transfer."""
    operation: str = "query"
    """`query`, `update`, `notify`, ..."""
    ending: str = COMPLETE
    """`complete` with an answer, `timeout` without one; `evicted` or `capture_end` if it might have come later."""


# What wears out a server: the `kind` of a `Strain`. Floods of HTTP/2 are called like their oddities.
SLOW_HEAD: Final = "slow head"
"""A request, or its frame of HTTP/2, whose head has no end after 10 s."""
SLOW_BODY: Final = "slow body"
"""A request that is not answered, whose body goes on with less than 256 bytes/s after 10 s."""
SLOW_READ: Final = "slow read"
"""A client that has had no room for the rest of a response for 10 s, and reads less than 256 bytes/s."""
SLOW_HANDSHAKE: Final = "slow handshake"
"""A TLS handshake in which the client has not gone on for 10 s."""
HALF_OPEN: Final = "half open"
"""A connection that the server accepted, and the client did not complete within 5 s."""
ABANDONED: Final = "abandoned"
"""A connection that the server accepted, and the client reset before it was complete."""
REFUSED: Final = "refused"
"""A connection that the server refused by a RST."""
RAPID_RESET: Final = "rapid reset"
PROVOKED_RESET: Final = "provoked reset"
SETTINGS_FLOOD: Final = "SETTINGS flood"
PING_FLOOD: Final = "PING flood"
PRIORITY_FLOOD: Final = "PRIORITY flood"
EMPTY_FRAMES: Final = "empty frame flood"
CONTINUATIONS: Final = "CONTINUATION flood"


class Strain(NamedTuple):
    """A sign that a client wears out a server, told while the connection is still open; only the core emits it.

    A connection that goes on to be slow is told every 5 s, a flood every second.
    """

    time: float
    """Capture time at which it was noticed, in seconds since the epoch."""
    client: str
    """Address of the TCP peer, because no request names another client yet; empty if it stands for many."""
    client_port: int
    """Its port; 0 if it stands for several connections."""
    server: str
    server_port: int
    kind: str
    """One of the names above."""
    since: float
    """Capture time at which it began."""
    amount: int
    """Connections that it stands for, slow requests on the connection, or frames of a flood."""
    bytes: int
    """Bytes of the request or its head that have come."""


Record = (
    Request
    | Exchange
    | TcpConnection
    | TlsHello
    | TlsHandshake
    | IpPacket
    | DnsAnswer
    | DnsLookup
    | QuicConnection
    | Content
    | Strain
)
OPTIONAL: Final = frozenset(
    {TcpConnection, TlsHello, TlsHandshake, IpPacket, DnsAnswer, DnsLookup, QuicConnection, Content, Strain}
)
"""Kinds of records that a decoder emits only on request. The core alone emits handshakes, lookups, QUIC, content and
strain.
"""


def characters(record: object) -> int:
    """Return the characters of a record's strings. Those of an exchange's request were counted with the request."""
    if type(record) is Request:
        texts = (record.target, record.host, record.user_agent, record.referrer, record.request_headers)
        return sum(map(len, texts))
    if type(record) is Exchange:
        return sum(map(len, (record.content_type, record.response_headers, record.operation, record.close_reason)))
    return 0
