"""Runs the traffic generator against the demo's server and against misbehaving servers."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gen_traffic
from demo.web_server import DemoServer
from gen_traffic import Client, Outcome, Step, Tally, base_url, main, paced, reason

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [sys.executable, str(ROOT / "gen_traffic.py")]


@pytest.fixture
def server() -> Iterator[str]:
    """Return the address of a running demo server as host:port."""
    with DemoServer() as demo:
        thread = threading.Thread(target=demo.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{demo.port}"
        demo.shutdown()
        thread.join()


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Return a function that starts a server, which sends bytes to each client and keeps the connection open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(answer: bytes) -> None:
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                connections.append(connection)
                connection.recv(4096)
                connection.sendall(answer)
                if not answer:
                    connection.close()

        def start(answer: bytes) -> str:
            threading.Thread(target=serve, args=(answer,), daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        connections: list[socket.socket] = []
        yield start
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def first(count: int, steps: Iterator[Step]) -> list[Step]:
    return list(itertools.islice(steps, count))


# Scenarios


def test_steady_repeats_one_get_at_one_pace() -> None:
    assert set(first(50, gen_traffic.steady(5))) == {Step(5, "GET", "/", gen_traffic.AGENT)}


def test_burst_is_quiet_then_many_at_once_then_quiet() -> None:
    delays = [step.delay for step in first(115, gen_traffic.burst(5))]
    assert delays == [5] * 10 + [0.1] * 100 + [5] * 5


def test_errors_requests_existing_and_missing_pages() -> None:
    assert [step.path for step in first(4, gen_traffic.errors(1))] == ["/", "/no-such-page", "/status/500", "/"]


def test_mixed_has_variety_is_harmless_and_repeats_itself() -> None:
    steps = first(1000, gen_traffic.mixed(1))
    assert {step.method for step in steps} == {"GET", "HEAD", "POST", "OPTIONS"}
    assert len({step.path for step in steps}) >= 5
    assert len({step.user_agent for step in steps}) == len(gen_traffic.AGENTS)
    assert steps == first(1000, gen_traffic.mixed(1))


# Pace


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_pace_does_not_depend_on_the_duration_of_requests() -> None:
    clock = Clock()
    for _ in paced(first(4, gen_traffic.steady(5)), lambda: clock.now, clock.sleep):
        clock.now += 2
    assert clock.slept == [3, 3, 3]


def test_lost_time_is_not_made_up_for() -> None:
    clock, sent = Clock(), []
    for number, _ in enumerate(paced(first(4, gen_traffic.steady(5)), lambda: clock.now, clock.sleep)):
        sent.append(clock.now)
        clock.now += 30 if number == 1 else 0
    assert sent == [100, 105, 135, 140]


# Client


def test_a_response_has_status_and_size(server: str) -> None:
    with Client(f"http://{server}", 5) as client:
        outcomes = [client.send(step) for step in first(3, gen_traffic.errors(0))]
    assert [(o.status, o.size, o.failure) for o in outcomes] == [(200, 12_000, ""), (404, 150, ""), (500, 300, "")]


@pytest.mark.parametrize(
    ("step", "status", "size"),
    [
        (Step(0, "HEAD", "/", "a"), 200, 0),
        (Step(0, "POST", "/cart/add", "a", upload=5000), 303, 0),
        (Step(0, "DELETE", "/items/42", "a"), 204, 0),
        (Step(0, "GET", "/search?q=1", "a", host="shop.example.com"), 200, 9000),
    ],
)
def test_methods_bodies_and_redirects_are_one_request_each(server: str, step: Step, status: int, size: int) -> None:
    with Client(f"http://{server}", 5) as client:
        assert client.send(step)[:2] == (status, size)
        assert client.send(step)[:2] == (status, size)


def test_the_path_of_the_url_is_a_prefix(server: str) -> None:
    with Client(f"http://{server}/cart", 5) as client:
        assert client.send(Step(0, "GET", "/", "a")).size == 5000
        assert client.send(Step(0, "POST", "/add", "a")).status == 303


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "Remote end closed connection without response"),
        (b"this is not HTTP\r\n\r\n", "this is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "response cut off or malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "timed out"),
    ],
)
def test_a_broken_response_is_a_failure_with_a_reason(
    answering: Callable[[bytes], str], answer: bytes, failure: str
) -> None:
    with Client(answering(answer), 0.3) as client:
        outcome = client.send(Step(0, "GET", "/", "a"))
    assert outcome.status is None
    assert outcome.size == 0
    assert outcome.failure == failure


def test_a_suppressed_exception_is_not_the_reason() -> None:
    """`raise ... from None` imitates urllib3 1.26."""
    failure = ValueError("what happened")
    failure.__context__, failure.__suppress_context__ = TypeError("unexpected argument"), True
    assert reason(failure) == "what happened"


def test_proxies_of_the_environment_are_not_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with Client(f"http://{server}", 5) as client:
        assert client.send(Step(0, "GET", "/", "a")).status == 200


def test_the_summary_counts_by_status() -> None:
    tally = Tally()
    for status in (200, 404, 200, None):
        tally.add(Outcome(status, 1, 0.1, "" if status else "refused"))
    assert tally.summary(2) == "4 requests in 2.0 s: 3 answered (200 x 2, 404 x 1), 1 failed"
    assert Tally().summary(0) == "0 requests in 0.0 s: none answered, 0 failed"


# Arguments


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("www.google.com", "http://www.google.com"),
        ("localhost:8080", "http://localhost:8080"),
        ("http://a.example/x/", "http://a.example/x/"),
        ("::1", "http://[::1]"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_host_may_be_written_in_many_ways(text: str, url: str) -> None:
    assert base_url(text) == url


WRONG = ["-i ftp://a", "-i https://a", "-i a:99999", "-i [::1", "-f x", "-f -1", "-f nan", "-f 1e9", "--count 0"]
WRONG += ["--count 1.5", "--scenario foo", "--timeout 0", "--no-such", "surplus"]


@pytest.mark.parametrize("arguments", WRONG)
def test_an_invalid_argument_is_reported_in_one_line_with_status_2(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments.split())
    assert end.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("gen_traffic.py: ")


def test_defaults_are_the_documented_ones() -> None:
    options = gen_traffic.parse_arguments([])
    assert (options.host, options.frequency, options.scenario) == ("http://www.google.com", 5.0, "steady")


# The program


def test_each_request_prints_a_line_and_the_end_a_summary(server: str) -> None:
    arguments = ["-i", server, "-f", "0", "--count", "3", "--scenario", "errors"]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, "", 5)
    assert "GET     /  200  12,000 bytes  " in lines[1]
    assert "GET     /no-such-page  404  150 bytes  " in lines[2]
    assert lines[4].startswith("3 requests in ")
    assert lines[4].endswith(": 3 answered (200 x 1, 404 x 1, 500 x 1), 0 failed")


def test_an_unreachable_host_is_reported_for_each_request() -> None:
    arguments = ["-i", f"127.0.0.1:{free_port()}", "-f", "0", "--count", "2"]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("failed: Connection refused") == 2


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_generator_with_a_summary(server: str, number: signal.Signals) -> None:
    with subprocess.Popen([*PROGRAM, "-i", server, "-f", "60"], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert "steady traffic to" in program.stdout.readline()
        assert "200" in program.stdout.readline()
        program.send_signal(number)
        rest = program.stdout.read()
    assert program.returncode == 0
    assert rest.strip().endswith("1 answered (200 x 1), 0 failed")


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_closed_pipe_ends_the_generator_quietly(server: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "-i", server, "-f", "0.01"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 0
