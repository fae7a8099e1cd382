"""Idle connections: each has had a response, and rests."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from bench.connecting import opened
from bench.measure import resident
from bench.proxies import Ends, Proxy

SETTLE: Final = 2.0
"""Seconds until the monitor has read what passed."""
WARM: Final = 50
"""Connections before, so that what is made once is not counted."""


@contextmanager
def rested(ends: Ends, number: int, *, tls: bool) -> Iterator[None]:
    """Keep so many connections open until the end of the block."""
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(opened(ends.tls if tls else ends.plain, tls=tls)[0])
        yield


def bytes_per_connection(proxy: Proxy, number: int, *, tls: bool) -> float:
    """Return by how many bytes the proxy grows for each of so many idle connections."""
    with rested(proxy.ends, WARM, tls=tls):
        time.sleep(SETTLE)
    before = resident(proxy.process)
    with rested(proxy.ends, number, tls=tls):
        time.sleep(SETTLE)
        return (resident(proxy.process) - before) * 2**20 / number
