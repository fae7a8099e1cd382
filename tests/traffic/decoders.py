"""The available decoders, and the one under test: all decoding tests create theirs with `decoder`.

A test module with `pytestmark = pytest.mark.usefixtures("each_decoder")` runs with each decoder.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import pytest

from capture.intake import Decodes
from traffic.decoder import Decoder
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.network import InnerIp
from traffic.records import Record

Make = Callable[[Container[int], Limits, InnerIp | None, frozenset[type]], Decodes]


def _core(
    ports: Container[int],
    limits: Limits,
    inner_ip: InnerIp | None,
    wanted: frozenset[type],
    protocols: frozenset[str] = frozenset(),
) -> Decodes:
    flags = bytes(port in ports for port in range(2**16))
    made: Decodes = import_module("http_monitor_core").Decoder(flags, limits, inner_ip, wanted, protocols)
    return made


MAKERS: Final[dict[str, Make]] = {"reference": Decoder}
if find_spec("http_monitor_core") is not None:
    MAKERS["core"] = _core
_used = ["reference"]


@contextmanager
def using(name: str) -> Iterator[None]:
    """Select one of `MAKERS` for the tests within the context."""
    _used.append(name)
    yield
    _used.pop()


def used() -> str:
    """Return the name of the selected decoder."""
    return _used[-1]


def decoder(
    ports: Container[int] = frozenset({80}),
    limits: Limits | None = None,
    inner_ip: InnerIp | None = None,
    wanted: Iterable[type] = (),
) -> Decodes:
    """Create the decoder under test."""
    return MAKERS[used()](ports, limits or Limits(), inner_ip, frozenset(wanted))


def core_decoder(
    *protocols: str,
    ports: Container[int] = frozenset({80}),
    limits: Limits | None = None,
    wanted: Iterable[type] = (),
) -> Decodes:
    """Create a decoder of these protocols besides HTTP/1. The test is skipped if the core is not built."""
    if "core" not in MAKERS:
        pytest.skip("the core is not built: make fast")
    return _core(ports, limits or Limits(), None, frozenset(wanted), frozenset(protocols))


def fed(decoder: Decodes, frames: Iterable[Frame]) -> list[Record]:
    """Feed frames; return the records that completed or were waiting."""
    decoder.feed(Frames.of(frames))
    return decoder.take().records()


def advanced(decoder: Decodes, now: float) -> list[Record]:
    """Advance the time; return the records that completed or were waiting."""
    decoder.advance(now)
    return decoder.take().records()


def finished(decoder: Decodes) -> list[Record]:
    """Finish; return all remaining records."""
    decoder.finish()
    return decoder.take().records()
