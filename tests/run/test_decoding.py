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
from run.decoding import decoder_for, limits, named_fields, protocols, trusted_proxies
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


def test_trusted_proxies_are_networks_and_addresses() -> None:
    made = limits(Config(trusted_proxies=("10.0.0.0/8", "192.0.2.7", "2001:DB8::/32"), client_headers=("x-real-ip",)))
    assert made.trusted_proxies == ("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")
    assert made.client_fields == (b"x-real-ip",)
    assert limits(Config(trusted_proxies=())).trusted_proxies == ()
    assert "127.0.0.0/8" in limits(Config()).trusted_proxies


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("proxy.example.com", "is not an address or a network; write 10.0.0.0/8 or 2001:db8::7"),
        ("10.0.0", "is not an address or a network; write 10.0.0.0/8 or 2001:db8::7"),
        ("10.1.2.3/8", "is an address within a network; write 10.0.0.0/8 or 10.1.2.3"),
        ("2001:db8::7/32", "is an address within a network; write 2001:db8::/32 or 2001:db8::7"),
        ("fe80::1%eth0", "has a zone, which addresses of clients do not have; leave it out"),
        ("::ffff:10.0.0.0/104", "is a network of IPv4; write 10.0.0.0/8"),
    ],
)
def test_what_is_no_trusted_proxy_is_refused_with_the_fix(wrong: str, said: str) -> None:
    with pytest.raises(SettingError) as refused:
        trusted_proxies(Config(trusted_proxies=(wrong,)))
    assert str(refused.value) == f"trusted_proxies: {wrong!r} {said}"
