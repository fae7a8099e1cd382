"""The wrong port looks like no traffic: then the ports that carry HTTP are named, in a file and live."""

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from capture_helpers import ethernet, inject, ipv4, ipv6, tcp
from decoders import decoder
from wire import Talk, get, ok

from capture.elsewhere import AT_ONCE, Elsewhere
from capture.glimpse import MOST, glimpse
from capture.intake import Intake
from capture.ports import parse_ports
from traffic.elsewhere import PREFACE, OtherPorts
from traffic.frames import Frames
from traffic.limits import Limits

pytest_plugins = ["own_network"]
OwnNetwork = Callable[[Callable[[], Any]], None]
PORTS = parse_ports("80")
SOURCE: Any = SimpleNamespace(
    name="small.pcap", live=False, warning="", counters=lambda: None, close=lambda: None, clock=lambda: 0.0
)


def talk(port: int, request: bytes = get(), response: bytes = b"", time: float = 1000.0) -> Frames:
    said = Talk(server_port=port, client_port=40_000 + port, time=time).client(request)
    return Frames.of((said.server(response) if response else said).frames)


def told(*talks: Frames) -> tuple[str, ...]:
    """Return the warnings at the end of a file with these talks."""
    intake = Intake(SOURCE, decoder(), elsewhere=Elsewhere(PORTS, Limits()))
    for frames in talks:
        intake.decode(frames)
    intake.close()
    return intake.status().warnings


@pytest.mark.parametrize(
    ("ports", "warning"),
    [
        ((8080,), "no HTTP on port 80, but on port 8080: use -p 8080"),
        ((9000, 8080), "no HTTP on port 80, but on ports 8080 and 9000: use -p 8080,9000"),
        ((9000, 8080, 81), "no HTTP on port 80, but on ports 81, 8080 and 9000: use -p 81,8080,9000"),
    ],
)
def test_ports_that_carry_http_are_named(ports: tuple[int, ...], warning: str) -> None:
    assert told(*(talk(port, get(), ok()) for port in ports)) == (warning,)


def test_a_response_alone_names_the_port_too() -> None:
    assert told(Frames.of(Talk(server_port=8080, handshake=False).server(ok()).frames))[0].endswith("use -p 8080")


def test_a_port_that_speaks_http2_is_named_too() -> None:
    assert told(talk(5051, PREFACE)) == ("no HTTP on port 80, but on port 5051: use -p 5051",)


def test_nothing_is_said_once_there_is_http_on_the_port() -> None:
    assert told(talk(8080), talk(80)) == ()
    assert told(talk(80), talk(8080)) == ()


def test_tcp_without_http_is_said_at_the_end_of_a_file() -> None:
    assert told(talk(5432, b"\0\0\0\x08\x04\xd2\x16\x2f")) == (
        "no HTTP on port 80: 1 TCP segment on other ports, without HTTP",
    )
    assert told(Frames.of(Talk(server_port=5432).frames)) == (), "no data, nothing to say"


def test_connections_without_http_on_the_port_are_not_other_traffic() -> None:
    assert told(talk(80, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")) == ()


def test_a_look_at_a_long_capture_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(OtherPorts, "look", lambda _, frames: looked.append(len(frames)))
    elsewhere, batch = Elsewhere(PORTS, Limits()), Frames.of(list(talk(5432, b"x")) * 2000)
    while sum(looked) < AT_ONCE:
        elsewhere.look(batch)
    for _ in range(10):
        elsewhere.look(batch)
    assert max(looked[-10:]) <= 100


@pytest.mark.parametrize("interface", ["lo", "any"])
def test_a_live_glimpse_sees_what_the_kernel_filter_rejects(own_network: OwnNetwork, interface: str) -> None:
    def story() -> None:
        seen = glimpse(interface)
        assert seen is not None
        elsewhere = Elsewhere(PORTS, Limits(), seen, live=True)
        ask(8081, b"\0\0\0\x08")
        elsewhere.look(Frames(b""))
        assert elsewhere.warning == ""
        ask(8080, get())
        elsewhere.look(Frames(b""))
        assert elsewhere.warning == "no HTTP on port 80 yet, but on port 8080: use -p 8080"
        elsewhere.close()
        elsewhere.look(Frames(b""))

    own_network(story)


def test_a_glimpse_of_much_traffic_is_short_and_follows_the_filter_of_the_user(own_network: OwnNetwork) -> None:
    def story() -> None:
        seen, other = glimpse("lo"), glimpse("lo", "port 8081")
        assert seen is not None
        assert other is not None
        for _ in range(2 * MOST):
            ask(8080, get())
        assert len(seen.read()) == MOST
        assert not other.read()
        seen.close()
        other.close()
        assert not seen.read()

    own_network(story)


@pytest.mark.parametrize(
    ("frame", "seen"),
    [
        (ethernet(0x86DD, ipv6(6, tcp(40000, 8080, get()))), 1),
        (ethernet(0x86DD, ipv6(6, tcp(8080, 40000, ok()))), 1),
        (ethernet(0x0800, ipv4(6, tcp(40000, 8080, get()))), 1),
        (ethernet(0x0800, ipv4(6, tcp(40000, 8080, PREFACE))), 1),
        (ethernet(0x86DD, ipv6(6, tcp(40000, 5432, b"SELECT 1"))), 0),
        (ethernet(0x86DD, ipv6(6, tcp(40000, 8080))), 0),
        (ethernet(0x86DD, ipv6(17, tcp(40000, 8080, get()))), 0),
    ],
)
def test_the_first_bytes_of_a_segment_decide(own_network: OwnNetwork, frame: bytes, seen: int) -> None:
    def story() -> None:
        found = glimpse("veth0")
        assert found is not None
        inject("veth1", [frame])
        frames = found.read()
        assert len(frames) == seen
        other = OtherPorts(PORTS, Limits())
        other.look(frames)
        assert list(other.http) == [8080] * seen
        found.close()

    own_network(story)


def ask(port: int, request: bytes) -> None:
    """Send a request to a server that does not answer."""
    address = ("127.0.0.1", port)
    with socket.create_server(address) as server, socket.create_connection(address, timeout=5) as client:
        peer, _ = server.accept()
        with peer:
            client.sendall(request)
            assert len(peer.recv(4096)) == len(request)


def test_without_packet_sockets_there_is_no_glimpse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.packet_socket.available", lambda: False)
    assert glimpse("lo") is None


def test_an_interface_that_is_not_there_gives_no_glimpse() -> None:
    assert glimpse("nothing0") is None
