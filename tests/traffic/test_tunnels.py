"""Tunnels: a request is found in each of them, and in each one nested in another."""

import pytest
from encapsulations import CLIENT4, LINKS, REQUEST, TUNNELS, in_udp, ipv4, ipv6, network, outer, tcp, udp
from test_link import PACKETS

from capture.kernel_filter import ports_expression
from capture.ports import parse_ports
from traffic import tunnels
from traffic.layers import PROTOCOL, UDP_PORT


@pytest.mark.parametrize("tunnel", TUNNELS)
@pytest.mark.parametrize("packet", PACKETS)
def test_a_request_is_found_in_each_tunnel(tunnel: str, packet: str) -> None:
    ip, key = PACKETS[packet]
    door, health = network()
    found = door.packet(0.0, 1, TUNNELS[tunnel](ip))
    assert found is not None
    assert found.key == key
    assert found.data[found.start + 20 : found.end] == REQUEST
    assert not health.oddities


@pytest.mark.parametrize("one", TUNNELS)
def test_tunnels_nest(one: str) -> None:
    ip, key = PACKETS["IPv4"]
    for other in TUNNELS:
        inner = TUNNELS[other](ip)
        inner = inner[14:] if inner[12:14] != b"\x81\x00" else inner[18:]
        found = network()[0].packet(0.0, 1, TUNNELS[one](inner))
        assert found is not None, other
        assert found.key == key


@pytest.mark.parametrize("tunnel", TUNNELS)
@pytest.mark.parametrize("packet", ["IPv4", "IPv6"])
def test_a_truncated_tunnel_reports_how_much_is_missing(tunnel: str, packet: str) -> None:
    whole = TUNNELS[tunnel](PACKETS[packet][0])
    for kept in range(len(whole)):
        found = network()[0].packet(0.0, 1, whole[:kept])
        if found is not None:
            assert found.cut == len(whole) - kept


@pytest.mark.parametrize("name", [*TUNNELS, *LINKS])
def test_any_bytes_after_any_header_never_raise(name: str) -> None:
    link_type, wrap = LINKS[name] if name in LINKS else (1, TUNNELS[name])
    whole = wrap(PACKETS["IPv4"][0])
    for place in range(len(whole)):
        for byte in (0x00, 0x0F, 0x80, 0xFF):
            network()[0].packet(0.0, link_type, whole[:place] + bytes((byte,)) + whole[place + 1 :])


def test_teredo_on_any_ports_is_recognised_by_its_content() -> None:
    teredo = bytes.fromhex("20010000" + "41379e50" + "8000f12ab9c82815")
    ip = ipv6(6, tcp(40000, 80), source=teredo)
    found = network()[0].packet(0.0, 1, outer(17, udp(3797, 32900, ip)))
    assert found is not None
    assert found.key[:16] == teredo
    assert network()[0].packet(0.0, 1, outer(17, udp(3797, 32900, ipv6(6, tcp(40000, 80))))) is None


@pytest.mark.parametrize("before", ["0001 0000" + "00" * 9, "0001 0204" + "00" * 15, "0000" + "00" * 6])
def test_teredo_with_authentication_and_origin(before: str) -> None:
    ip, key = PACKETS["IPv6"]
    found = network()[0].packet(0.0, 1, in_udp(3544, bytes.fromhex(before) + ip))
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize("redirect", [b"", b"\0\1\0\0"])
def test_wccp_with_and_without_its_redirect_header(redirect: bytes) -> None:
    ip, key = PACKETS["IPv4"]
    found = network()[0].packet(0.0, 1, outer(47, b"\0\0\x88\x3e" + redirect + ip))
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("data", "oddity"),
    [
        (in_udp(4789, bytes(60)), "bad VXLAN header"),
        (in_udp(6081, b"\xc0" + bytes(60)), "bad Geneve header"),
        (in_udp(2152, b"\x34\xff" + bytes(9) + b"\x85" + bytes(60)), "bad GTP extension header"),
    ],
)
def test_an_invalid_header_is_counted(data: bytes, oddity: str) -> None:
    door, health = network()
    assert door.packet(0.0, 1, data) is None
    assert dict(health.oddities) == {oddity: 1}


def test_nesting_is_limited() -> None:
    ip = PACKETS["IPv4"][0]
    for _ in range(50):
        ip = ipv4(4, ip, CLIENT4)
    door, health = network()
    assert door.packet(0.0, 101, ip) is None
    assert dict(health.oddities) == {"too many encapsulations": 1}


def test_the_outer_packet_limits_the_inner() -> None:
    """The bytes after the end of the outer packet are padding, even if the inner packet claims them."""
    ip = PACKETS["IPv4"][0]
    short = bytearray(outer(4, ip))
    short[16:18] = (20 + len(ip) - 5).to_bytes(2, "big")
    found = network()[0].packet(0.0, 1, bytes(short))
    assert found is not None
    assert found.cut == 5
    assert found.data[found.start + 20 : found.end] == REQUEST[:-5]


def test_the_kernel_filter_passes_every_supported_tunnel() -> None:
    expression = ports_expression(parse_ports("80"), 1)
    for number in tunnels.LAYERS:
        if number >= UDP_PORT:
            assert f"port {number - UDP_PORT} " in expression
        else:
            assert f"ip proto {number - PROTOCOL} " in expression
