"""The decoder's limits, as set by `Config`. Whatever exceeds one is counted in `Health`."""

from dataclasses import dataclass

from traffic.forwarding import CLIENT_FIELDS


@dataclass(frozen=True)
class Limits:
    """How much the decoder may buffer, and for how long (in seconds of packet time)."""

    string_length: int = 1024
    """Maximum characters of a string from the wire."""
    connections: int = 65536
    """Maximum TCP connections followed at a time; as many closed ones are remembered."""
    pending_requests: int = 256
    """Maximum unanswered requests per connection."""
    header_bytes: int = 65536
    """Maximum bytes of a message head, of a chunk-size line, and of a trailer section."""
    headers: int = 256
    """Maximum header fields per message."""
    header_table: int = 65536
    """Maximum bytes remembered of each HPACK table, one per direction of an HTTP/2 connection."""
    streams: int = 1000
    """Maximum streams of an HTTP/2 connection whose exchanges are not complete."""
    continuations: int = 64
    """Maximum frames of an HTTP/2 header block."""
    named_fields: tuple[bytes, ...] = ()
    """Names, in lower case, of header fields to keep besides those that are always read."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of the proxies that may name the client of a request."""
    client_fields: tuple[bytes, ...] = CLIENT_FIELDS
    """Names, in lower case, of the header fields in which they do; the first that is there counts."""
    connection_buffer: int = 2**20
    """Maximum bytes of out-of-order segments per connection."""
    server_names: int = 200
    """Maximum TLS server names counted separately."""
    total_buffer: int = 64 * 2**20
    """Maximum bytes buffered for all connections: segments, heads, unanswered requests and IP fragments."""
    held_segments: int = 256
    """Maximum out-of-order segments per connection."""
    pending_lookups: int = 32768
    """Maximum DNS queries that wait for an answer."""
    dns_timeout: float = 15.0
    """How long to wait for the answer to a DNS query."""
    owners: int = 0
    """Maximum connections whose owners are remembered; 0 if nobody looks them up."""
    secrets: int = 100_000
    """Maximum TLS connections whose secrets are kept until they are needed."""
    undecrypted_buffer: int = 2**18
    """Maximum bytes per TLS connection that wait for its secrets."""
    key_wait: float = 5.0
    """How long they wait."""
    waiting_records: int = 250_000
    """Maximum records that wait to be taken."""
    waiting_characters: int = 32 * 2**20
    """Maximum characters of the strings in waiting records."""
    inspected_body: int = 2**17
    """Maximum bytes of a body that are kept for a `Content`."""
    waiting_content: int = 64 * 2**20
    """Maximum bytes of `Content` that wait to be taken; one that does not fit is dropped alone."""
    features: bool = False
    """Whether exchanges get the features of their requests; only the core finds them."""
    gap_timeout: float = 1.0
    """How long to wait for missing bytes before they count as lost."""
    connection_timeout: float = 600.0
    """How long a connection may be idle before it is forgotten."""
    closed_timeout: float = 5.0
    """How long to recognise and ignore stragglers of a closed connection; if it was reset, `connection_timeout`."""
    fragment_timeout: float = 30.0
    """How long to wait for the missing fragments of an IP datagram."""


class Budget:
    """The bytes buffered for all connections together."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
