"""Which decoder runs: the core where it was built, unless the reference is asked for."""

import sys
from types import ModuleType
from typing import Any

import pytest

from capture.inner_ip import inner_ip
from capture.ports import parse_ports
from command.build import decoder
from command.opening import decoder_for
from traffic.decoder import Decoder
from traffic.limits import Limits
from traffic.records import DnsAnswer


class Core(ModuleType):
    """A core that keeps what it is made with."""

    @staticmethod
    def Decoder(*arguments: Any) -> Any:  # noqa: N802 as the core has it
        return arguments


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A core is here, and nobody asks for another decoder."""
    monkeypatch.delenv("HTTP_MONITOR_DECODER", raising=False)
    monkeypatch.setitem(sys.modules, "http_monitor_core", Core("http_monitor_core"))
    return monkeypatch


def test_the_core_runs_where_it_is_built(built: pytest.MonkeyPatch) -> None:
    limits, wanted = Limits(), frozenset({DnsAnswer})
    made: Any = decoder_for(parse_ports("80,8000-8002"), limits, wanted)
    flags, *rest = made
    assert [port for port, flag in enumerate(flags) if flag] == [80, 8000, 8001, 8002]
    assert (len(flags), rest) == (65536, [limits, inner_ip, wanted])
    assert decoder() == "Rust core"


def test_the_reference_runs_where_it_is_asked_for(built: pytest.MonkeyPatch) -> None:
    built.setenv("HTTP_MONITOR_DECODER", "python")
    assert isinstance(decoder_for(parse_ports("80"), Limits()), Decoder)
    assert decoder() == "Python reference"


def test_the_reference_runs_where_no_core_is(built: pytest.MonkeyPatch) -> None:
    built.setitem(sys.modules, "http_monitor_core", None)
    assert isinstance(decoder_for(parse_ports("80"), Limits()), Decoder)
    assert decoder() == "Python reference"
