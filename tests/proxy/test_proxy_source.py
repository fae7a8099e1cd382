"""The proxy as a source of frames, with a core that only hands over what it is told to."""

from array import array
from collections import deque
from typing import Any

import pytest

from proxy.source import ProxySource
from traffic.frame import LINKTYPE_RAW


class Core:
    """Hands over frames until it is stopped."""

    def __init__(self) -> None:
        self.filled: deque[Any] = deque()
        self.drains: list[float] = []
        self.standings: list[tuple[str, bool, int, int, int]] = []
        self.started = 0

    def start(self) -> None:
        self.started += 1

    def say(self, *frames: bytes, clock: float, dropped: int = 0) -> None:
        """Have these frames taken next."""
        stops = array("q")
        for frame in frames:
            stops.append((stops[-1] if stops else 0) + len(frame))
        starts = array("q", [0, *stops[:-1]] if frames else [])
        self.filled.append((b"".join(frames), array("d", [clock] * len(frames)), starts, stops, clock, dropped))

    def read(self) -> Any:
        return self.filled.popleft() if self.filled else None

    def stop(self, drain: float) -> None:
        self.drains.append(drain)

    def upstreams(self) -> list[tuple[str, bool, int, int, int]]:
        return self.standings

    def counts(self) -> dict[str, int]:
        return {"requests": 3}

    def keys(self) -> bytes:
        return b"CLIENT_RANDOM a b\n"


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture
def source(core: Core) -> ProxySource:
    return ProxySource(core, "proxy", 2.5)


def test_frames_come_in_order_with_their_time(core: Core, source: ProxySource) -> None:
    core.say(b"abc", b"de", clock=5.0)
    frames = source.read()
    assert frames is not None
    assert [(frame.time, bytes(frame.data), frame.link_type) for frame in frames] == [
        (5.0, b"abc", LINKTYPE_RAW),
        (5.0, b"de", LINKTYPE_RAW),
    ]
    assert source.clock() == 5.0


def test_what_is_dropped_is_counted(core: Core, source: ProxySource) -> None:
    core.say(b"abc", clock=5.0)
    core.say(clock=6.0, dropped=7)
    source.read()
    frames = source.read()
    assert frames is not None
    assert (len(frames), source.counters(), source.clock()) == (0, (1, 7), 6.0)
    assert source.read() is None


def test_at_the_end_requests_have_their_time_and_frames_come_meanwhile(core: Core, source: ProxySource) -> None:
    core.say(b"abc", clock=5.0)
    core.say(b"de", clock=6.0)
    assert [len(frames) for frames in source.rest()] == [1, 1]
    source.close()
    assert core.drains == [2.5], "once is enough"


def test_upstreams_that_are_down_are_named(core: Core, source: ProxySource) -> None:
    core.standings = [("a", True, 0, 1, 0), ("b", True, 0, 1, 0)]
    assert source.warning == ""
    core.standings[1] = ("b", False, 0, 1, 3)
    assert source.warning == "b is down, and gets no requests"
    core.standings[0] = ("a", False, 0, 1, 3)
    assert source.warning == "a, b are down, and get no requests"


def test_it_is_live_and_hands_over_the_keys(core: Core, source: ProxySource) -> None:
    source.start()
    assert (core.started, source.live, source.counts()) == (1, True, {"requests": 3})
    assert source.keys.read() == b"CLIENT_RANDOM a b\n"
