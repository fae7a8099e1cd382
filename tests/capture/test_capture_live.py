"""Live capture, on loopback and on a veth pair in a private network."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from capture_helpers import ethernet, inject, ip, ipv4, read_until_idle, udp, web

import capture.open
import capture.ring
from capture import libpcap
from capture.errors import CaptureError, LibpcapMissing, PermissionDenied, RingUnavailable, UnknownInterface
from capture.interfaces import interfaces, nearest
from capture.open import open_live
from capture.ports import parse_ports
from capture.ring import Ring
from capture.scapy_socket import ScapySocket
from capture.source import Source
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, Frame

pytest_plugins = ["own_network"]
OwnNetwork = Callable[[Callable[[], Any]], None]
PORTS = parse_ports("80")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="packet sockets are Linux's")


def refuse_ring(*_: object) -> None:
    raise RingUnavailable(OSError(92, "Protocol not available"))


def opened(
    interface: str, kind: str, monkeypatch: pytest.MonkeyPatch, expression: str = "", snap_length: int = 262144
) -> Source:
    """Open a source of the given kind."""
    if kind == "scapy":
        monkeypatch.setattr(capture.open, "Ring", refuse_ring)
    source, sentences = open_live(interface, PORTS, expression, 8, snap_length)
    assert isinstance(source, ScapySocket if kind == "scapy" else Ring) or expression
    assert bool(sentences) == (kind == "scapy")
    return source


def converse(port: int, sizes: tuple[int, ...]) -> None:
    """Run a TCP connection on loopback that carries that many bytes."""
    address = ("127.0.0.1", port)
    with socket.create_server(address) as server, socket.create_connection(address, timeout=5) as client:
        peer, _ = server.accept()
        with peer:
            for size in sizes:
                client.sendall(bytes(size))
                got = 0
                while got < size:
                    got += len(peer.recv(2**20))


both = pytest.mark.parametrize("kind", ["ring", "scapy"])


@both
def test_loopback_shows_each_packet_once(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def story() -> None:
        source = opened("lo", kind, monkeypatch)
        for port in (80, 81):
            converse(port, (1000, 200_000, 5))
        frames = read_until_idle(source)
        payload = sum(len(frame.data) - 66 for frame in frames if frame.data[47] & 2 == 0)
        assert payload == 201_005
        assert len({frame.data for frame in frames}) == len(frames)
        assert [frame.data[47] & 2 for frame in frames].count(2) == 2  # SYN and SYN-ACK
        assert all(80 in (frame.data[35], frame.data[37]) for frame in frames)
        assert source.counters() == (len(frames), 0)
        source.close()

    own_network(story)


def test_any_shows_loopback_once_and_other_interfaces(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> None:
        source = opened("any", "ring", monkeypatch)
        converse(80, (1000,))
        converse(81, (1000,))
        inject("veth1", [web(b"x"), web(port=81)])
        frames = read_until_idle(source)
        assert {frame.link_type for frame in frames} == {LINKTYPE_LINUX_SLL2}
        loopback = [frame for frame in frames if frame.data[8:10] == b"\x03\x04"]
        assert len({frame.data for frame in loopback}) == len(loopback)
        assert sum(len(frame.data) - 72 for frame in loopback if frame.data[53] & 2 == 0) == 1000
        # Each end of the pair sees the frame: one as outgoing, one as incoming.
        ends = [frame for frame in frames if frame.data[8:10] == b"\x00\x01"]
        assert sorted(frame.data[10] for frame in ends) == [3, 4]
        assert {frame.data[20:] for frame in ends} == {web(b"x")[14:]}
        assert {frame.data[:2] for frame in ends} == {b"\x08\x00"}
        assert {frame.length for frame in ends} == {len(web(b"x")) - 14 + 20}
        source.close()

    own_network(story)


@both
def test_every_frame_of_a_wire_is_seen_in_order(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def story() -> None:
        source = opened("veth0", kind, monkeypatch)
        sent = [web(b"%d" % number) for number in range(5000)]
        for start in range(0, len(sent), 100):
            inject("veth1", sent[start : start + 100])
            inject("veth1", [web(port=81), ethernet(0x0800, ipv4(17, udp(53)))])
        before = time.time()
        frames = read_until_idle(source)
        assert [frame.data for frame in frames] == sent
        assert {frame.link_type for frame in frames} == {LINKTYPE_ETHERNET}
        assert all(frame.length == len(frame.data) for frame in frames)
        assert all(before - 20 < frame.time < before + 1 for frame in frames)
        assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
        assert source.counters() == (5000, 0)
        source.close()

    own_network(story)


def test_the_snap_length_truncates_frames_but_keeps_their_length(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def story() -> None:
        source = opened("veth0", "ring", monkeypatch, snap_length=256)
        inject("veth1", [web(bytes(1000))])
        (frame,) = read_until_idle(source)
        assert frame.data == web(bytes(1000))[:256]
        assert frame.length == len(web(bytes(1000)))
        source.close()

    own_network(story)


@both
def test_a_vlan_tag_removed_by_the_kernel_is_restored(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def tagged(tag: int) -> bytes:
        frame = web(b"tagged")
        return frame[:12] + b"\x81\x00" + tag.to_bytes(2, "big") + frame[12:]

    def story() -> None:
        source = opened("veth0", kind, monkeypatch, "vlan 7")
        inject("veth1", [tagged(7), tagged(8), web(), tagged(0x2007)])
        frames = read_until_idle(source)
        assert [frame.data for frame in frames] == [tagged(7), tagged(0x2007)]
        assert frames[0].length == len(tagged(7))
        source.close()

    own_network(story)


def test_a_vlan_tag_is_restored_in_cooked_frames(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> None:
        source = opened("any", "ring", monkeypatch)
        frame = web(b"tagged")
        inject("veth1", [frame[:12] + b"\x81\x00\x00\x07" + frame[12:]])
        frames = [one for one in read_until_idle(source) if one.data[10] != 4]
        assert [one.data[:2] + one.data[20:] for one in frames] == [b"\x81\x00\x00\x07" + frame[12:]]
        source.close()

    own_network(story)


@both
def test_a_users_expression_narrows_the_ports(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def story() -> None:
        source = opened("veth0", kind, monkeypatch, "greater 200")
        inject("veth1", [web(), web(bytes(300)), web(bytes(300), port=81)])
        assert [frame.data for frame in read_until_idle(source)] == [web(bytes(300))]
        source.close()

    own_network(story)


@both
def test_dropped_frames_are_counted(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def story() -> None:
        if kind == "scapy":
            monkeypatch.setattr(capture.open, "Ring", refuse_ring)
        source, _ = open_live("veth0", PORTS, "", 1, 262144)
        inject("veth1", [web(bytes(1000))] * 20_000)
        assert source.counters().dropped > 0
        frames = read_until_idle(source)
        inject("veth1", [web(b"last")])
        frames += read_until_idle(source)
        source.close()
        received, dropped = source.counters()
        assert frames[-1].data == web(b"last")
        assert received == len(frames)
        assert received + dropped == 20_001

    own_network(story)


def wait_for(source: Source, condition: Callable[[], bool]) -> None:
    for _ in range(50):
        source.read()
        if condition():
            return
    pytest.fail(f"never came about; the warning is {source.warning!r}")


@both
def test_capture_resumes_when_an_interface_comes_back(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def story() -> None:
        source = opened("veth0", kind, monkeypatch)
        inject("veth1", [web(b"before")])
        assert [frame.data for frame in read_until_idle(source)] == [web(b"before")]
        assert source.warning == ""

        ip("link set veth0 down")
        wait_for(source, lambda: source.warning == "veth0 is down; waiting for it")
        ip("link set veth0 up")
        wait_for(source, lambda: source.warning == "")
        inject("veth1", [web(b"up again")])
        assert [frame.data for frame in read_until_idle(source)] == [web(b"up again")]

        ip("link del veth0")
        wait_for(source, lambda: source.warning != "")
        ip("link add veth0 type veth peer name veth1")
        ip("link set veth1 up")
        assert list(source.read() or ()) == []
        assert source.warning != ""
        ip("link set veth0 up")
        wait_for(source, lambda: source.warning == "")
        inject("veth1", [web(b"made anew"), web(port=81)])
        assert [frame.data for frame in read_until_idle(source)] == [web(b"made anew")]
        assert source.counters() == (3, 0)
        source.close()

    own_network(story)


def test_capture_waits_for_an_interface_that_is_down_at_the_start(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def story() -> None:
        ip("link set veth0 down")
        source = opened("veth0", "ring", monkeypatch)
        wait_for(source, lambda: source.warning != "")
        ip("link set veth0 up")
        wait_for(source, lambda: source.warning == "")
        inject("veth1", [web()])
        assert len(read_until_idle(source)) == 1
        source.close()

    own_network(story)


@both
def test_an_idle_source_follows_the_wall_clock(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def story() -> None:
        source = opened("veth0", kind, monkeypatch)
        assert source.clock() == 0
        assert list(source.read() or ()) == []
        assert -1 < source.clock() - time.time() < 0
        inject("veth1", [web()])
        frames: list[Frame] = []
        while not frames:
            assert source.clock() < time.time()
            frames = list(source.read() or ())
        assert source.clock() == frames[-1].time
        source.close()

    own_network(story)


@both
def test_a_source_may_be_closed_from_another_thread(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def story() -> None:
        source = opened("veth0", kind, monkeypatch)
        closer = threading.Timer(0.3, source.close)
        closer.start()
        while source.read() is not None:
            assert source.counters() == (0, 0)
        closer.join()
        source.close()
        assert source.counters() == (0, 0)

    own_network(story)


@both
def test_without_libpcap_every_frame_is_handed_over(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def missing() -> None:
        raise LibpcapMissing("no libpcap")

    def story() -> None:
        monkeypatch.setattr(libpcap, "_binding", missing)
        if kind == "scapy":
            monkeypatch.setattr(capture.open, "Ring", refuse_ring)
        source, sentences = open_live("veth0", PORTS)
        assert "install libpcap" in sentences[0]
        inject("veth1", [web(), web(port=81)])
        assert [frame.data for frame in read_until_idle(source)] == [web(), web(port=81)]
        source.close()

    own_network(story)


def test_a_missing_ring_is_reported_in_one_sentence(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> None:
        monkeypatch.setattr(capture.open, "Ring", refuse_ring)
        source, sentences = open_live("veth0", PORTS)
        assert len(sentences) == 1
        assert "no memory-mapped ring (Protocol not available); using Scapy's socket" in sentences[0]
        source.close()
        with pytest.raises(RingUnavailable):
            open_live("any", PORTS)

    own_network(story)


def test_a_ring_that_is_too_large_is_made_smaller(own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> None:
        def scarce(interface: str, program: Any, size: int, snap_length: int) -> Ring:
            if size > 5:
                raise RingUnavailable(OSError(12, "Cannot allocate memory"))
            return Ring(interface, program, size, snap_length)

        monkeypatch.setattr(capture.open, "Ring", scarce)
        source, sentences = open_live("veth0", PORTS, "", 20)
        assert sentences == ["not enough memory for a ring of 20 MiB; using a smaller one"]
        source.close()

    own_network(story)


@pytest.mark.parametrize("interface", ["veth9", "", "a/b", "x" * 40, "lo\0"])
@both
def test_an_unknown_interface_is_rejected_with_a_list_of_existing_ones(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, kind: str, interface: str
) -> None:
    def story() -> None:
        with pytest.raises(UnknownInterface, match=r"available: .*lo") as refusal:
            opened(interface, kind, monkeypatch)
        assert "\n" not in str(refusal.value)

    own_network(story)


def test_interfaces_are_listed_most_similar_first(own_network: OwnNetwork) -> None:
    def story() -> None:
        ip("addr add 10.9.8.7/24 dev veth0")
        ip("link set veth1 down")
        listed = {interface.name: interface for interface in interfaces()}
        assert listed["veth0"].addresses == ("10.9.8.7",)
        assert listed["veth0"].state == "up"
        assert listed["veth1"].state == "down"
        assert nearest("vteh1")[0] == "veth1"
        assert nearest("LO")[0] == "lo"

    own_network(story)


@linux_only
def test_missing_permission_lists_the_alternatives(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden(socket.socket):
        def __init__(self, family: int = -1, *rest: Any, **more: Any) -> None:
            if family == socket.AF_PACKET:
                raise PermissionError(1, "Operation not permitted")
            super().__init__(family, *rest, **more)

    monkeypatch.setattr(socket, "socket", Forbidden)
    for interface in ("lo", "any"):
        with pytest.raises(PermissionDenied) as refusal:
            open_live(interface, PORTS)
        text = str(refusal.value)
        assert "\n" not in text
        for way in ("sudo", "setcap cap_net_raw+ep", "-r FILE", "--demo"):
            assert way in text


LIBPCAP_STORY = """
import scapy.arch
from scapy.config import conf
conf.use_pcap = True
import capture.packet_socket, capture.scapy_socket
capture.packet_socket.available = capture.scapy_socket.available = lambda: False
from capture_helpers import inject, ip, read_until_idle, web
from capture.open import open_live
from capture.ports import parse_ports
source, _ = open_live("veth0", parse_ports("80"), "greater 60")
inject("veth1", [web(), web(bytes(50)), web(bytes(50), port=81)] * 20)
assert [frame.data for frame in read_until_idle(source)] == [web(bytes(50))] * 20
assert source.link_type == 1
ip("link set veth0 down")
assert not source.read() and source.warning == "no packets from veth0; is it up?"
ip("link set veth0 up")
inject("veth1", [web(bytes(50))])
assert len(read_until_idle(source)) == 1 and source.warning == ""
source.close()
"""


def test_scapys_socket_for_other_systems_works_too(own_network: OwnNetwork) -> None:
    """Linux can also use Scapy's libpcap socket, which Windows and others get."""

    def story() -> None:
        path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
        command = [sys.executable, "-c", LIBPCAP_STORY]
        outcome = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60
        )
        if "Libpcap is not available" in outcome.stderr or "LibpcapMissing" in outcome.stderr:
            pytest.skip("needs libpcap")
        assert outcome.returncode == 0, outcome.stderr

    own_network(story)


def test_interfaces_exist_on_every_system() -> None:
    with contextlib.suppress(CaptureError):
        assert interfaces()
