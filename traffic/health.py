"""The decoder's counters: what it saw, missed, could not read or discarded."""

from collections import Counter
from dataclasses import dataclass, field, replace


@dataclass
class Health:
    """Totals since the start. They never decrease, except `connections`; use `copy` for a snapshot."""

    frames: int = 0
    """Frames passed to the decoder."""
    segments: int = 0
    """TCP segments of monitored ports."""
    requests: int = 0
    """Requests decoded."""
    exchanges: int = 0
    """Exchanges emitted."""
    connections: int = 0
    """Connections open now."""
    gaps: int = 0
    """Number of times that bytes were missing from a stream."""
    missing_bytes: int = 0
    """Bytes missing from streams."""
    unpaired_responses: int = 0
    """Responses that no request could be proven to belong to."""
    unanswered_requests: int = 0
    """Requests that no response could be proven to belong to."""
    unnamed_requests: int = 0
    """Requests of HTTP/2 whose method, host or path the capture does not tell, because their connection was open
    before, or lost bytes.
    """
    evicted: int = 0
    """Connections given up because of a limit."""
    lost: int = 0
    """Records discarded because they were not taken in time."""
    unknown_owners: int = 0
    """Exchanges of connections with an end on this host whose owner is unknown, while owners are looked up."""
    forgotten_owners: int = 0
    """Owners of connections that were forgotten because there are too many."""
    unasked_owners: int = 0
    """Connections whose owners were not looked up because there are too many."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Connections that cannot be decoded, by kind: `TLS`, `HTTP/2`, `WebSocket`, ..."""
    server_names: Counter[str] = field(default_factory=Counter)
    """TLS connections by requested server name; names beyond a limit count under `(other)`."""
    oddities: Counter[str] = field(default_factory=Counter)
    """Malformed, hostile or oversized input, by name."""

    secrets: Counter[str] = field(default_factory=Counter)
    """What became of the secrets of TLS connections, and of what was to be decrypted with them, by name."""

    def copy(self) -> "Health":
        """Return a snapshot that later counting does not change."""
        return replace(
            self,
            unreadable=Counter(self.unreadable),
            server_names=Counter(self.server_names),
            oddities=Counter(self.oddities),
            secrets=Counter(self.secrets),
        )
