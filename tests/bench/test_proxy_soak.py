"""The pure parts of the inline proxy's soak test, and the servers and clients that it plays."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.connecting import opened
from bench.measure import ROOT
from bench.probing import Probe, Span, faults, result_of
from bench.proxies import BODY
from bench.proxy_counters import counters, latest
from bench.proxy_soak import KILLED, PHASES, TURNS, WELL, Sample, growth, waited
from bench.upstream import GARBAGE, HALF, UPLOAD, upstream

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


def test_a_response_is_right_only_with_the_servers_body() -> None:
    assert result_of(OK + BODY.encode()) == "right"
    assert result_of(OK + b"y" * 100) == "wrong: 200 with 100 bytes"
    assert result_of(b"HTTP/1.1 503 Service Unavailable\r\n\r\n") == "503"
    assert result_of(b"\xff\xfe\r\n\r\n").startswith("wrong: ")
    assert result_of(b"").startswith("wrong: ")


WELL_SPAN = [Span(10, 20)]


@pytest.mark.parametrize(
    ("probe", "is_fault"),
    [
        (Probe(12, 0.1, "right"), False),
        (Probe(12, 1.1, "right"), True),
        (Probe(12, 0.1, "502"), True),
        (Probe(9, 0.1, "502"), False),
        (Probe(9, 3.0, "right"), False),
        (Probe(19.5, 3.0, "right"), False),  # the server fell ill while a response could still be prompt
        (Probe(18.5, 3.0, "right"), True),
        (Probe(25, 0.1, "403"), True),
        (Probe(25, 0.1, "wrong: timed out"), True),
    ],
)
def test_what_a_probe_may_get_depends_on_the_server(probe: Probe, is_fault: bool) -> None:
    assert faults([probe], WELL_SPAN) == ([probe] if is_fault else [])


def test_probes_are_summed_by_result() -> None:
    probes = [Probe(0, 0.5, "right"), Probe(1, 0.25, "502"), Probe(2, 1.0, "right")]
    assert waited(probes) == "1 502 (slowest 0.25 s), 2 right (slowest 1.00 s)"


def sample(seconds: float, memory: float) -> Sample:
    return Sample(seconds, WELL, memory, 0, 10, 0, {})


def test_memory_is_compared_with_the_turn_before() -> None:
    first = [sample(float(second), 10) for second in range(50)]
    assert growth([*first, sample(60, 100), sample(70, 120), sample(80, 121), sample(99, 121)], 100) == pytest.approx(
        10
    )


def test_a_turn_has_every_phase() -> None:
    assert sum(phase.share for phase in PHASES) == pytest.approx(1)
    assert TURNS >= 2
    assert {phase.server for phase in PHASES} >= {WELL, KILLED, GARBAGE, HALF}


def line(**counts: int) -> bytes:
    return json.dumps({"proxy": {"counts": [{"name": name, "count": each} for name, each in counts.items()]}}).encode()


def test_counters_are_those_of_the_last_whole_line(tmp_path: Path) -> None:
    written = b"rules\n" + line(requests=1) + b"\n" + line(requests=2) + b"\nexercise.py: words\n" + line(requests=3)
    assert counters(written) == {"requests": 2}
    assert counters(b"words\n") == {}
    (tmp_path / "output").write_bytes(written + b"\n")
    assert latest(tmp_path / "output") == {"requests": 3}


def answered(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        received = b""
        while more := connection.recv(4096):
            received += more
        return received


def test_a_server_answers_as_badly_as_it_should() -> None:
    with upstream(GARBAGE) as server:
        assert not answered(server.port).startswith(b"HTTP")
    with upstream(HALF) as server:
        assert [result_of(answered(server.port)) for _ in range(2)] == ["wrong: b''", "right"]


@pytest.mark.skipif(os.name != "posix", reason="ends by SIGTERM")
def test_idle_clients_keep_their_connections() -> None:
    with upstream(UPLOAD) as server:
        words = [sys.executable, "-m", "bench.peers.flood", "idle", "20", str(server.port)]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
            assert flood.stdout is not None
            assert flood.stdout.readline() == "20 open\n"
            opened(server.port, tls=False)[0].close()
            flood.terminate()
            assert flood.stdout.read() == "20 opened\n"
