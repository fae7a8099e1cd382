"""`exercise.py answer` from outside: wrong usage, signals, Unix sockets, and the agent as a child."""

import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from fronts import ROOT, SQL, Agent, agent, free_port, pause, until
from small_rules import RULES, rule_set

from capture.core import how_to_inspect
from outputs.address import Address
from verdicts.child import start_agent
from verdicts.listening import Place, bound, place_of
from verdicts.spoe.frames import (
    AGENT_DISCONNECT,
    HAPROXY_HELLO,
    LENGTH,
    NOTIFY,
    Frame,
    Message,
    frame_in,
    framed,
    items,
    messages,
    variables_in,
)
from verdicts.spoe.values import Value

needs_rules = [
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
]
HELLO = framed(
    Frame(HAPROXY_HELLO, True, 0, 0, items({"supported-versions": "2.0", "max-frame-size": 16380, "capabilities": ""}))
)
Command = Callable[..., tuple[int, str, str]]


class Front:
    """A front that speaks SPOE."""

    def __init__(self, place: str | int) -> None:
        self._socket = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
        self._socket.settimeout(20)
        self._socket.connect(place if isinstance(place, str) else ("127.0.0.1", place))
        self._socket.sendall(HELLO)
        self.receive()

    def send(self, target: str, number: int = 1) -> None:
        self.send_message({"method": "GET", "target": target, "headers": "Host: shop.example.com\r\n"}, number)

    def send_message(self, said: Mapping[str, Value], number: int = 1) -> None:
        self._socket.sendall(framed(Frame(NOTIFY, True, 1, number, messages([Message("check-request", said)]))))

    def receive(self) -> Frame:
        (length,) = LENGTH.unpack(self._take(LENGTH.size))
        return frame_in(self._take(length))

    def ask(self, target: str) -> dict[str, Value]:
        self.send(target)
        return variables_in(self.receive().payload)

    def reset(self) -> None:
        """Break the connection."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    def _take(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            piece = self._socket.recv(length - len(found))
            assert piece, "the agent has closed the connection"
            found += piece
        return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nobody could ask: use --spoe or --auth-request"),
        (("--spoe", "a/b:c d", "--route", "/x"), "a route has one of off, shadow, enforce"),
        (("--spoe", "x"), "'x' is not ADDRESS:PORT, such as 9117"),
        (("--spoe", "fd:x"), "'fd:x' is not fd:N"),
        (("--spoe", "1", "--set", "waf_enforced_rules=sqli"), "waf_enforced_rules: 'sqli' is no number of a rule"),
        (("--spoe", "1", "--crs", "/nowhere", "--set", "user=root"), "no file or folder /nowhere"),
        (("--spoe", "1", "--set", "waf_deadline=0"), "waf_deadline"),
    ],
)
def test_wrong_usage_is_one_line(arguments: Sequence[str], said: str) -> None:
    command = [sys.executable, "exercise.py", "answer", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert said in run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("12345", Place(Address("127.0.0.1", 12345))),
        ("[::1]:80", Place(Address("::1", 80))),
        ("/run/a.sock", Place(path="/run/a.sock")),
        ("unix:a.sock", Place(path="a.sock")),
        ("fd:3", Place(descriptor=3)),
    ],
)
def test_places_to_listen(text: str, place: Place) -> None:
    assert place_of(text) == place


def test_a_stale_socket_is_replaced_and_one_in_use_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "waf.sock")
    with socket.socket(socket.AF_UNIX) as former:
        former.bind(path)
        former.listen()
        with pytest.raises(OSError, match="another program listens there"):
            bound(Place(path=path))
    bound(Place(path=path)).close()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="there is a file"):
        bound(Place(path=str(tmp_path / "file")))


class TestRunning:
    pytestmark = needs_rules

    @pytest.fixture
    def port(self) -> int:
        return free_port()

    @pytest.fixture
    def running(self, tmp_path: Path, port: int) -> Iterator[Agent]:
        rules = rule_set(tmp_path / "crs")
        limits = ("--workers", "1", "--deadline", "1000", "--set", "waf_queue=2", "--set", "dashboard_bucket_size=1")
        with agent(tmp_path, port, "--crs", rules, "--route", "/ enforce closed", *limits) as started:
            until(lambda: len(started.workers()) == 1, "a worker")
            yield started

    def test_the_rules_are_loaded_anew_without_dropping_a_connection(
        self, running: Agent, port: int, tmp_path: Path
    ) -> None:
        front = Front(port)
        assert [front.ask(target)["blocked"] for target in (SQL, "/?q=newattack")] == [True, False]
        rules = tmp_path / "crs" / "rules" / "REQUEST-942-ATTACK.conf"
        rules.write_text(RULES.replace("union\\s+select", "newattack"))
        running.process.send_signal(signal.SIGHUP)
        until(lambda: [front.ask(target)["blocked"] for target in (SQL, "/?q=newattack")] == [False, True], "new rules")
        rules.write_text("SecRule broken")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "inspectors were not loaded again" in running.said.read_text(), "a line about the damage")
        assert front.ask("/?q=newattack")["blocked"]
        front.close()

    def test_what_was_asked_before_the_end_is_answered(self, running: Agent, port: int) -> None:
        front = Front(port)
        pause(running.workers()[0])
        front.send(SQL)
        time.sleep(0.1)
        running.process.terminate()
        answer = variables_in(front.receive().payload)
        assert (answer["blocked"], answer["inspected"]) == (True, False)
        assert front.receive().kind == AGENT_DISCONNECT
        assert running.process.wait(20) == 0
        front.close()

    def test_when_all_workers_are_busy_the_rest_is_undecided_at_once_and_counted(
        self, running: Agent, port: int
    ) -> None:
        first, *fronts = [Front(port) for _ in range(6)]
        pause(running.workers()[0])
        first.send(SQL)
        time.sleep(0.1)  # until the worker has it
        begun = time.monotonic()

        def one(front: Front) -> tuple[str, float]:
            return str(front.ask(SQL)["reason"]), time.monotonic() - begun

        with ThreadPoolExecutor(5) as pool:
            answers = sorted(pool.map(one, fronts))
        late, busy = "undecided: no answer within 1000 ms", "undecided: too many requests wait"
        assert [reason for reason, _ in answers] == [late] * 2 + [busy] * 3
        assert max(seconds for reason, seconds in answers if reason == busy) < 0.5
        assert max(seconds for _, seconds in answers) < 1.5
        assert variables_in(first.receive().payload)["reason"] == late
        until(lambda: "workers that did not answer: 1 more" in running.said.read_text(), "the dead worker is counted")
        for front in (first, *fronts):
            front.close()

    def test_a_question_that_cannot_be_read_costs_its_connection_nothing(self, running: Agent, port: int) -> None:
        front = Front(port)
        front.send_message({"target": "/"})
        answer = variables_in(front.receive().payload)
        assert (answer["blocked"], answer["inspected"], answer["reason"]) == (
            True, False, "undecided: check-request without method",
        )  # fmt: skip
        assert front.ask("/")["blocked"] is False
        front.close()

    def test_hostile_bytes_and_broken_connections_are_counted_and_passed_over(self, running: Agent, port: int) -> None:
        for wire in (b"GET / HTTP/1.1\r\n\r\n", HELLO + b"\0\0\0\x02\x03\0", b"\xff" * 64):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(wire)
                connection.settimeout(20)
                while connection.recv(4096):
                    pass
        pause(running.workers()[0])
        broken = Front(port)
        broken.send(SQL)
        broken.reset()
        until(lambda: "malformed frames: " in running.said.read_text(), "a line about them")
        front = Front(port)
        until(lambda: front.ask(SQL)["inspected"] is True, "the new worker")
        front.close()
        assert "Traceback" not in running.said.read_text()


@pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect())
@pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)")
def test_a_listed_client_is_refused_until_its_indicator_is_gone(tmp_path: Path) -> None:
    port, feed = free_port(), tmp_path / "feed.txt"
    feed.write_text("203.0.113.9\nbad.test\n")
    routes = ("--route", "/ enforce", "--route", "/shadow shadow", "--indicators", str(feed), "--deadline", "5000")
    with agent(tmp_path, port, "--crs", rule_set(tmp_path / "crs"), *routes) as running:
        front = Front(port)

        def asked(client: str, host: str = "shop.example.com", target: str = "/") -> tuple[object, ...]:
            header = f"Host: {host}\r\n"
            front.send_message({"client": client, "method": "GET", "target": target, "headers": header, "id": "r1"})
            answer = variables_in(front.receive().payload)
            return answer["blocked"], answer["would_block"], answer["rules"]

        until(lambda: asked("203.0.113.9") == (True, False, "intelligence"), "the feed")
        assert asked("203.0.113.9", target="/shadow") == (False, True, "intelligence")
        assert asked("203.0.113.9", target=f"/shadow{SQL}") == (False, True, "intelligence,942100")
        assert asked("198.51.100.1", "a.bad.test") == (True, False, "intelligence")
        assert asked("198.51.100.1") == (False, False, "")
        assert "blocked: client 203.0.113.9 listed by feed" in running.lines("request r1")[0]
        feed.write_text("bad.test\n")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: asked("203.0.113.9") == (False, False, ""), "the shorter feed")
        front.close()


@pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect())
@pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)")
def test_a_child_answers_and_ends_with_its_parent(tmp_path: Path) -> None:
    child = start_agent(["--crs", rule_set(tmp_path / "crs"), "--route", "/ enforce 5s", "--set", "user=root"])
    try:
        until(lambda: _listens(child.path), "the child")
        front = Front(child.path)
        assert front.ask(SQL)["blocked"] is True
        front.close()
        assert child.status is None
    finally:
        child.stop()
    assert child.status == 0
    assert not Path(child.path).parent.exists()
    child.stop()


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
