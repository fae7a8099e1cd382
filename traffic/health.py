"""What the decoder counts about itself: how much it saw, lost, could not read or threw away."""

from collections import Counter
from dataclasses import dataclass, field, replace


@dataclass
class Health:
    """Totals since the start. Only ever added to; `copy` gives a value of one's own."""

    frames: int = 0
    """Frames handed to the decoder."""
    segments: int = 0
    """TCP segments that belong to the monitored ports."""
    requests: int = 0
    """Requests decoded."""
    exchanges: int = 0
    """Exchanges given out."""
    connections: int = 0
    """Connections open now."""
    gaps: int = 0
    """Times that bytes were missing from a stream."""
    missing_bytes: int = 0
    """Bytes missing from streams."""
    unpaired_responses: int = 0
    """Responses without a request that is certainly theirs."""
    unanswered_requests: int = 0
    """Requests without a response that is certainly theirs."""
    evicted: int = 0
    """Connections given up because a limit was reached."""
    lost: int = 0
    """Records thrown away because they were not taken in time."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Connections that cannot be read, by kind: `TLS`, `HTTP/2`, `WebSocket`, ..."""
    server_names: Counter[str] = field(default_factory=Counter)
    """TLS connections by the name that the client asked for; those beyond a limit under `(other)`."""
    oddities: Counter[str] = field(default_factory=Counter)
    """Malformed, hostile or over-long input, by name."""

    def copy(self) -> "Health":
        """A snapshot that later counting does not change."""
        return replace(
            self,
            unreadable=Counter(self.unreadable),
            server_names=Counter(self.server_names),
            oddities=Counter(self.oddities),
        )
