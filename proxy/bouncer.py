"""Refuses clients that are blocked in the proxy itself: see `blocking.bouncer`. Nothing outside has to be told."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

REASON: Final = "blocked because of what it did before"


class ProxyBouncer:
    """A bouncer for the core's proxy."""

    name: Final = "proxy"

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._refused: frozenset[str] = frozenset()

    def open(self) -> None:
        """Do nothing: a proxy that was just made refuses nobody."""

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Refuse exactly these."""
        if (wanted := frozenset(blocked)) != self._refused:
            networks = [ip_network(text) for text in sorted(wanted)]
            self._proxy.block([(str(each.network_address), each.prefixlen, REASON, True) for each in networks])
            self._refused = wanted

    def close(self) -> None:
        """Refuse nobody any more."""
        self.sync({})
