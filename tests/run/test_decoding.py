"""The core decodes if it was built, unless the user requests the reference."""

import sys
from types import ModuleType
from typing import Any

import pytest

import capture.core
from capture.core import built, how_to_read
from capture.inner_ip import inner_ip
from capture.ports import parse_ports
from exercise_config import Config, SettingError
from run import decoding
from run.decoding import decoder_for, limits, named_fields, protocols
from stats.loading import load
from traffic.decoder import Decoder
from traffic.limits import Limits
from traffic.protocols import PROTOCOLS
from traffic.records import DnsAnswer


class Core(ModuleType):
    """A core that records its arguments."""

    @staticmethod
    def Decoder(*arguments: Any) -> Any:  # noqa: N802 as the core has it
        return arguments


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    """A core is installed, and no other decoder is requested."""
    made = Core("http_monitor_core")
    monkeypatch.delenv("HTTP_MONITOR_DECODER", raising=False)
    monkeypatch.setitem(sys.modules, "http_monitor_core", made)
    return made


def test_the_core_is_used_if_it_is_built(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built() is core
    monkeypatch.setattr(decoding, "CORE", core)
    bounds, wanted, others = Limits(), frozenset({DnsAnswer}), frozenset({"http2"})
    made: Any = decoder_for(parse_ports("80,8000-8002"), bounds, wanted, others)
    flags, *rest = made
    assert [port for port, flag in enumerate(flags) if flag] == [80, 8000, 8001, 8002]
    assert (len(flags), rest) == (65536, [bounds, inner_ip, wanted, others, False])


def test_the_reference_is_used_on_request(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_MONITOR_DECODER", "python")
    assert built() is None


def test_the_reference_is_used_without_a_core(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "http_monitor_core", None)
    assert built() is None
    monkeypatch.setattr(decoding, "CORE", None)
    assert isinstance(decoder_for(parse_ports("80"), Limits()), Decoder)


def test_without_a_core_http2_says_how_to_get_it_unless_the_user_declined_it(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture.core, "CORE", None)
    assert how_to_read({"HTTP/2": 1}).endswith("make fast, or pip install ./core")
    assert how_to_read({"HTTP/2": 0, "TLS": 3}) == ""
    monkeypatch.setenv("HTTP_MONITOR_DECODER", "python")
    assert how_to_read({"HTTP/2": 1}) == ""
    monkeypatch.delenv("HTTP_MONITOR_DECODER")
    monkeypatch.setattr(capture.core, "CORE", core)
    assert how_to_read({"HTTP/2": 1}) == ""


def test_all_protocols_but_dns_are_decoded_and_dns_if_a_statistic_counts_lookups() -> None:
    assert protocols(Config(), load(["request_rate"], {})) == PROTOCOLS - {"dns"}
    assert protocols(Config(), load(["request_rate", "saas_lookups"], {})) == PROTOCOLS - {"dns"}
    assert protocols(Config(), load(["request_rate", "dns_names"], {})) == PROTOCOLS
    assert protocols(Config(protocols=()), load(["request_rate"], {})) == frozenset()


def test_names_of_header_fields_are_checked_and_known_in_lower_case() -> None:
    assert named_fields(Config(log_headers=("X-Request-Id", "x-cache", "x-request-id"))) == (
        b"x-request-id",
        b"x-cache",
    )
    assert limits(Config(log_headers=("X-Id",))).named_fields == (b"x-id",)
    for wrong in ("", "x id", "x-id:", "é"):
        with pytest.raises(SettingError, match="is not the name of a header field"):
            named_fields(Config(log_headers=(wrong,)))
    with pytest.raises(SettingError, match="at most 32"):
        named_fields(Config(log_headers=tuple(f"x-{number}" for number in range(33))))
