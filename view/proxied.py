"""What a View says about the proxy whose traffic is monitored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

OPEN: Final = "open connections"
REFUSED: Final = "refused requests"
WOULD_REFUSE: Final = "requests that would be refused"
UNDECIDED: Final = "undecided requests"
ORDINARY: Final = frozenset((OPEN, "connections", "requests", "TLS handshakes", "upgrades"))
"""Counters that tell of nothing wrong."""


@dataclass(frozen=True)
class UpstreamView:
    """Holds how one upstream is."""

    name: str
    up: bool
    """Whether it gets requests."""
    active: int
    """Requests under way."""
    requests: int
    """Requests since the start."""
    errors: int
    """Requests and checks that failed since the start."""


@dataclass(frozen=True)
class ProxyView:
    """Holds what a proxy counts."""

    counts: tuple[tuple[str, int], ...]
    """Totals since the start by name, and the connections that are open."""
    upstreams: tuple[UpstreamView, ...]

    def count(self, name: str) -> int:
        """Return one total."""
        return dict(self.counts).get(name, 0)

    @property
    def up(self) -> int:
        """Number of upstreams that get requests."""
        return sum(upstream.up for upstream in self.upstreams)


def proxy_view(counts: Mapping[str, int], upstreams: Sequence[tuple[str, bool, int, int, int]]) -> ProxyView:
    """Return the view of these counters and upstreams."""
    return ProxyView(tuple(counts.items()), tuple(UpstreamView(*each) for each in upstreams))
