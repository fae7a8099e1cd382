"""The helper: what it sees, the rights that it keeps, and how it and the monitor survive each other."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from capture.owners.owner import Ends
from capture.owners.rights import CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_PTRACE
from capture.owners.source import QUESTIONS, OwnerSource
from capture.owners.syns import Syns, parsed
from capture.ports import Ports
from capture.privileges import User, chosen_user

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="owners are looked up on Linux only")


class Decoder:
    """Takes the place of a decoder, and notes what it is told."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, int, str, int]] = []
        self.asked = 0
        self.connections: list[tuple[Any, ...]] = []
        self.listeners: list[tuple[Any, ...]] = []
        self.local: Sequence[Any] = ()

    def asked_owners(self, most: int) -> list[tuple[str, int, str, int]]:
        asked, self.wanted = self.wanted[:most], self.wanted[most:]
        self.asked += len(asked)
        return asked

    def set_owners(self, owners: Sequence[Any], connections: Sequence[Any]) -> None:
        self.connections += [(*ends, owners[place]) for *ends, place in connections]

    def set_listeners(self, owners: Sequence[Any], local: Sequence[Any], listeners: Sequence[Any]) -> None:
        self.local = local
        self.listeners = [(*one, owners[place]) for *one, place in listeners]


def packet_time(time: float) -> float:
    return time + 1000


def serve_until(source: OwnerSource, decoder: Decoder, holds: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, source.warning
        source.serve(decoder, packet_time)
        time.sleep(0.01)


def started(port: int, *, others: bool = False, user: User | None = None) -> "closing[OwnerSource]":
    return closing(OwnerSource("lo", Ports({port}), others=others, user=user))


def status_of(source: OwnerSource) -> dict[str, list[str]]:
    text = Path(f"/proc/{source._process.pid}/status").read_text()
    return {line.split(":")[0]: line.split()[1:] for line in text.splitlines()}


def test_our_own_sockets_are_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        decoder = Decoder()
        with started(port) as source:
            serve_until(source, decoder, lambda: decoder.listeners)
            ((network, address, told, shared, owner),) = decoder.listeners
            assert (network, address, told, shared) == (0, "127.0.0.1", port, False)
            assert owner.process_id == os.getpid()
            assert ("127.0.0.1", 0) in [tuple(one) for one in decoder.local]
            with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0]:
                ends = Ends("127.0.0.1", client.getsockname()[1], "127.0.0.1", port)
                decoder.wanted.append(ends)
                serve_until(source, decoder, lambda: decoder.connections)
                *found, moment, owner = decoder.connections[0]
                assert tuple(found) == ends
                assert owner.process_id == os.getpid()
                assert abs(moment - packet_time(time.time())) < 60
        assert source._process.returncode == 0, "it ends with the monitor"


def test_listeners_that_come_and_go_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        decoder = Decoder()
        with started(port) as source:
            serve_until(source, decoder, lambda: decoder.listeners)
            server.close()
            serve_until(source, decoder, lambda: not decoder.listeners)


def test_a_helper_that_has_ended_is_a_warning() -> None:
    decoder = Decoder()
    with started(1) as source:
        assert source.warning == ""
        source._process.terminate()
        serve_until(source, decoder, lambda: source.warning)
        assert source.warning.startswith("owners of new connections are unknown")
        source.serve(decoder, packet_time)
        source.close()


def test_a_helper_says_why_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", partial(_changed, subprocess.Popen))
    decoder = Decoder()
    with started(1) as source:
        serve_until(source, decoder, lambda: source.warning)
    assert source.warning == "owners of new connections are unknown: no table of sockets"


def _changed(popen: Any, command: list[str], **settings: Any) -> Any:
    script = "import sys\nprint('first line\\nno table of sockets', file=sys.stderr)\nsys.exit(1)"
    return popen([command[0], "-c", script], **settings)


def test_more_questions_than_fit_do_not_stop_the_monitor() -> None:
    decoder = Decoder()
    with started(1) as source:
        source._process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            decoder.wanted = [("10.0.0.1", port, "10.0.0.2", 80) for port in range(10_000)]
            for _ in range(1000):
                source.serve(decoder, packet_time)
            assert source.warning == ""
            assert decoder.asked <= QUESTIONS * (1 + time.monotonic() - began), (
                "more than so many a second is of no use"
            )
        finally:
            source._process.send_signal(signal.SIGCONT)


def test_the_helper_ends_with_a_monitor_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import time\nfrom capture.owners.source import OwnerSource\nfrom capture.ports import Ports\n"
        "source = OwnerSource('lo', Ports({1}), others=False, user=None)\n"
        "print(source._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True) as monitor:
        assert monitor.stdout is not None
        helper = Path(f"/proc/{int(monitor.stdout.readline())}")
        assert helper.exists()
        monitor.kill()
    end = time.monotonic() + 30
    while helper.exists() and "Z" not in (helper / "stat").read_text().split()[2]:
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.05)


@as_root
@pytest.mark.parametrize("others", [True, False])
def test_the_helper_keeps_only_the_rights_to_look(others: bool) -> None:
    nobody = chosen_user("nobody", {})
    assert nobody is not None
    decoder = Decoder()
    with socket.create_server(("127.0.0.1", 0)) as server:
        with started(server.getsockname()[1], others=others, user=nobody) as source:
            serve_until(source, decoder, lambda: decoder.listeners)
            status = status_of(source)
        assert decoder.listeners[0][-1].process_id == os.getpid(), "it sees the processes of root"
    kept = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, *([CAP_SYS_ADMIN, CAP_NET_ADMIN] if others else [])}
    assert {*status["Uid"], *status["Gid"]} == {str(nobody.number), str(nobody.group)}
    assert status["Groups"] == []
    for name in ("CapPrm", "CapEff"):
        assert int(status[name][0], 16) == sum(1 << number for number in kept), name
    for name in ("CapInh", "CapAmb", "CapBnd"):
        assert int(status[name][0], 16) == 0, name
    assert status["NoNewPrivs"] == ["1"]


@as_root
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_connections_that_this_host_opens_are_seen_at_once(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"no address {address} here")
    with (
        server,
        closing(Syns("lo", Ports({server.getsockname()[1]}))) as syns,
        closing(Syns("any", Ports({1}))) as none,
    ):
        with socket.create_connection(server.getsockname()[:2]) as client, server.accept()[0] as accepted:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            accepted.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            ends = Ends(*client.getsockname()[:2], *client.getpeername()[:2])
        found = syns.read()
        end = time.monotonic() + 30
        while not found and time.monotonic() < end:
            found = syns.read()
        assert found == [ends], "one SYN, and nothing else of the connection"
        assert none.read() == [], "ports that are not monitored"


def test_a_packet_that_is_cut_has_no_ends() -> None:
    four = bytes.fromhex("450000280000400040060000 0a000001 0a000002 1388 0050")
    assert parsed(four) == Ends("10.0.0.1", 5000, "10.0.0.2", 80)
    six = bytes.fromhex("6000000000140640" + "00" * 15 + "01" + "00" * 15 + "02" + "13880050")
    assert parsed(six) == Ends("::1", 5000, "::2", 80)
    for packet in (four, six):
        assert [parsed(packet[:length]) for length in range(len(packet))] == [None] * len(packet)
