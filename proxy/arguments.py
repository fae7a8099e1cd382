"""What the command line of the proxy says, besides what it shares with that of the monitor."""

from typing import NamedTuple

from proxy.ends import Listening


class ProxyArguments(NamedTuple):
    """What the options say."""

    listen: tuple[Listening, ...]
    upstreams: tuple[str, ...]
    """As `proxy.ends.upstream` reads them, once names may be looked up."""
    certificates: tuple[str, ...]
    """Files in PEM."""
    keys: tuple[str, ...]
    """Files in PEM, one for each certificate, or none."""
