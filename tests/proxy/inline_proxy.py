"""The proxy in this process, without a monitor: its settings as a user gives them, its counters and its refusals."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from capture.core import CORE
from exercise_config import Config
from proxy.ends import upstream
from run.proxy_settings import settings_of_proxy

PATIENCE: Final = 5.0
"""Seconds after which a test gives up."""
STRANGERS: Final[dict[str, Any]] = {"trusted_proxies": ("192.0.2.0/24",)}
"""Whoever connects from this host may not name clients."""
HAS_PROXY: Final = CORE is not None and hasattr(CORE, "Proxy")
Offer = tuple[list[tuple[bytes, bytes, str]], bytes, bool, bool, bool]
"""Certificates with keys and names, the clients' authorities, whether clients need one, TLS 1.2, and HTTP/2."""


class Inline:
    """A proxy that accepts connections."""

    def __init__(self, core: Any) -> None:
        self.core = core
        self.ports = [int(address.rpartition(":")[2]) for address in core.addresses]
        self.port = self.ports[0]

    def count(self, name: str) -> int:
        return int(self.core.counts()[name])

    def causes(self) -> list[tuple[str, str]]:
        """Return cause and reason of what was refused since the last call."""
        return [(cause, reason) for *_, cause, (reason, _, _), refused in self.core.refusals() if refused]


@contextmanager
def inline(
    *upstreams: str,
    listeners: Sequence[bool] = (False,),
    offer: Offer | None = None,
    authorities: bytes | None = None,
    agent: str | None = None,
    host: str = "127.0.0.1",
    **settings: object,
) -> Iterator[Inline]:
    """Run a proxy on ports of the system's choice; each of `listeners` says whether it speaks TLS."""
    config = replace(Config(), **{"proxy_threads": 1, "proxy_check_pause": 0.0, **settings})  # type: ignore[arg-type]
    places = [(f"{host}:0", None, tls, config.proxy_expect_header) for tls in listeners]
    behind = [upstream(text) for text in upstreams]
    assert CORE is not None
    core = CORE.Proxy(settings_of_proxy(config, agent, os.open), places, behind, authorities, offer)
    core.start()
    try:
        yield Inline(core)
    finally:
        core.stop(0.0)
