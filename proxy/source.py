"""The proxy as a source of frames: its clients' connections as TCP segments in IP packets, with the keys of TLS."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from capture.source import Counters
from traffic.frame import LINKTYPE_RAW
from traffic.frames import Frames


class ProxyKeys:
    """A source of keys: see `capture.keys.source`."""

    warning: Final = ""
    may_come: Final = True

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy

    def read(self) -> bytes:
        """Return the lines that came since the last call."""
        return bytes(self._proxy.keys())

    def close(self) -> None:
        """Do nothing: the proxy has an end of its own."""


class ProxySource:
    """A live source. The core's proxy is opened before rights are dropped, and started after."""

    live: Final = True
    link_type: Final = LINKTYPE_RAW

    def __init__(self, proxy: Any, name: str, drain: float) -> None:
        """`proxy` is the core's, open but not started. At the end, requests have `drain` seconds."""
        self.proxy = proxy
        self.name = name
        self.keys = ProxyKeys(proxy)
        """The secrets of its TLS connections, with which the decoder reads them."""
        self._drain = drain
        self._clock = 0.0
        self._received = 0
        self._dropped = 0
        self._closed = False

    def start(self) -> None:
        """Accept connections from now on."""
        self.proxy.start()

    @property
    def warning(self) -> str:
        """A sentence while upstreams are down, otherwise empty."""
        down = [name for name, up, *_ in self.proxy.upstreams() if not up]
        said = "is down, and gets no requests" if len(down) == 1 else "are down, and get no requests"
        return f"{', '.join(down)} {said}" if down else ""

    def read(self) -> Frames | None:
        """Return the next frames; empty if nothing passed for a while, None at the end."""
        taken = self.proxy.read()
        if taken is None:
            return None
        buffer, times, starts, stops, self._clock, self._dropped = taken
        self._received += len(times)
        return Frames.indexed(buffer, (times, starts, stops, np.subtract(stops, starts)), LINKTYPE_RAW)

    def rest(self) -> Iterator[Frames]:
        """End the connections when they rest, and yield their frames meanwhile."""
        ending = threading.Thread(target=self.close, name="drain", daemon=True)
        ending.start()
        while (frames := self.read()) is not None:
            yield frames
        ending.join()

    def counters(self) -> Counters:
        """Return the frames handed over, and those for which there was no room."""
        return Counters(self._received, self._dropped)

    def clock(self) -> float:
        """Return the time up to which all frames were handed over."""
        return self._clock

    def position(self) -> None:
        """Return None: it is live."""

    def close(self) -> None:
        """End the proxy; requests under way have their time."""
        if not self._closed:
            self._closed = True
            self.proxy.stop(self._drain)

    def counts(self) -> dict[str, int]:
        """Return the proxy's counters by name."""
        counts: dict[str, int] = self.proxy.counts()
        return counts

    def upstreams(self) -> Sequence[tuple[str, bool, int, int, int]]:
        """Return name, whether it is up, requests under way, requests and errors of each upstream."""
        standings: Sequence[tuple[str, bool, int, int, int]] = self.proxy.upstreams()
        return standings
