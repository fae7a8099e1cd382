"""The bounds of the decoder, as `Config` sets them. Each is kept, and what goes beyond it is counted in `Health`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much the decoder may hold, and for how long (seconds of packet time)."""

    string_length: int = 1024
    """Characters of a string from the wire."""
    connections: int = 65536
    """TCP connections followed at a time, and as many again that were closed lately."""
    pending_requests: int = 256
    """Requests of one connection that wait for a response."""
    header_bytes: int = 65536
    """Bytes of one message head, of one chunk-size line, and of one trailer section."""
    headers: int = 256
    """Header fields of one message."""
    connection_buffer: int = 2**20
    """Bytes of segments of one connection that wait for an earlier one."""
    server_names: int = 200
    """Names of TLS servers that are counted apart."""
    total_buffer: int = 64 * 2**20
    """Bytes held for all connections: waiting segments, heads, waiting requests; and for IP fragments."""
    held_segments: int = 256
    """Segments of one connection that wait for an earlier one."""
    waiting_records: int = 250_000
    """Records that wait to be taken."""
    waiting_characters: int = 32 * 2**20
    """Characters of the strings of these records."""
    gap_timeout: float = 1.0
    """Until missing bytes are taken as lost."""
    connection_timeout: float = 600.0
    """Of silence, until a connection is forgotten."""
    closed_timeout: float = 5.0
    """That stragglers of a closed connection are recognised and passed over."""
    fragment_timeout: float = 30.0
    """To wait for the rest of an IP datagram."""


class Budget:
    """Bytes held by all connections together."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
