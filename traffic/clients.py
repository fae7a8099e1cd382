"""Whose requests a connection carries: those of its peer, or of the clients that trusted proxies name.

The PROXY protocol comes first, because it stands for the peer of a connection; the client that it names may again be a
proxy, which then names others in header fields.
"""

from collections.abc import Sequence

from traffic.forwarding import Named, TrustedProxies
from traffic.pending import Addresses


class Clients:
    """The clients of one connection."""

    __slots__ = ("_names_others", "_proxies", "addresses", "first")

    def __init__(self, addresses: Addresses, announced: str, proxies: TrustedProxies) -> None:
        """`announced` is the client in a PROXY protocol header, or empty."""
        self.addresses = addresses
        """Both ends of the TCP connection."""
        self.first = announced if announced and addresses.client in proxies else addresses.client
        """The client of requests that name no other."""
        self._proxies = proxies
        self._names_others = self.first in proxies

    def named(self, forwarding: Sequence[tuple[bytes, bytes]]) -> Named:
        """Return the client of a request with these `CLIENT_FIELDS`."""
        if not forwarding or not self._names_others:
            return Named(self.first, malformed=False)
        return self._proxies.client(self.first, forwarding)

    def ends(self, client: str) -> Addresses:
        """Return both ends of the exchanges of a client. The ports are those of the connection."""
        return self.addresses._replace(client=client)
