"""HAProxy with the documented configuration asks the agent, which is then killed, stopped, or has stopped workers."""

import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fronts import (
    DEADLINE,
    MARGIN,
    SQL,
    TIMEOUT,
    Agent,
    agent,
    ask,
    free_port,
    go_on,
    haproxy,
    pause,
    until,
    web_server,
)
from small_rules import rule_set

from capture.core import how_to_inspect

pytestmark = [
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="needs haproxy"),
]
ROUTES = (
    "--route", "/ enforce", "--route", "/shadow shadow", "--route", "/off off", "--route", "/admin enforce closed",
    "--deadline", "1000",
)  # fmt: skip


@pytest.fixture
def asked() -> int:
    return free_port()


@pytest.fixture
def running(tmp_path: Path, asked: int) -> Iterator[Agent]:
    with agent(tmp_path, asked, "--crs", rule_set(tmp_path / "crs"), "--workers", "1", *ROUTES) as started:
        yield started


@pytest.fixture
def front(tmp_path: Path, asked: int, running: Agent) -> Iterator[int]:
    with web_server() as web, haproxy(tmp_path, web, asked) as port:
        until(lambda: ask(port, SQL).status == 403, "HAProxy finds the agent")
        yield port


def test_an_attack_is_refused_and_the_log_has_its_id(front: int, running: Agent) -> None:
    good, bad = ask(front, "/search?id=1"), ask(front, SQL)
    assert (good.status, bad.status) == (200, 403)
    (line,) = running.lines(bad.id)
    assert "blocked: SQL injection in ARGS:id" in line
    assert good.id not in running.logged()


def test_requests_of_every_shape_are_judged(front: int) -> None:
    for text, status in (
        (f"GET http://shop.example.com{SQL} HTTP/1.1", "403"),
        ("OPTIONS * HTTP/1.1", "200"),
        (f"FOO {SQL} HTTP/1.1", "403"),
        (f"GET {SQL}#x HTTP/1.1", "400"),
    ):
        with socket.create_connection(("127.0.0.1", front), 20) as connection:
            connection.sendall(f"{text}\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n".encode())
            assert connection.recv(4096).decode()[9:12] == status, text


def test_an_attack_in_a_body_is_refused(front: int) -> None:
    assert ask(front, "/comment", "text=hello").status == 200
    assert ask(front, "/comment", "text=1' union select 2").status == 403


def test_a_body_larger_than_the_buffer_is_judged_by_its_beginning(front: int) -> None:
    assert ask(front, "/comment", "text=" + "a" * 40_000).status == 200
    assert ask(front, "/comment", "text=1' union select 2&more=" + "a" * 40_000).status == 403


def test_shadow_passes_and_logs_and_off_is_not_judged(front: int, running: Agent) -> None:
    shadow, off = ask(front, f"/shadow{SQL}"), ask(front, f"/off{SQL}")
    assert (shadow.status, off.status) == (200, 200)
    assert "would be blocked" in running.lines(shadow.id)[0]
    assert off.id not in running.logged()


def test_without_the_agent_open_routes_go_on_and_closed_ones_are_refused(front: int, running: Agent) -> None:
    running.process.kill()
    running.process.wait()
    until(lambda: ask(front, SQL).status == 200, "fail open")
    statuses = {target: ask(front, target).status for target in ("/", "/admin", "//admin/x", "/%61dmin", "/./ADMIN")}
    assert statuses == {"/": 200, "/admin": 503, "//admin/x": 503, "/%61dmin": 503, "/./ADMIN": 503}


def test_an_agent_that_hangs_costs_no_more_than_the_timeout(front: int, running: Agent) -> None:
    pause(running.process.pid)
    try:
        replies = [ask(front, "/search?id=1") for _ in range(3)] + [ask(front, "/admin")]
        assert [reply.status for reply in replies] == [200, 200, 200, 503]
        assert max(reply.seconds for reply in replies) < TIMEOUT + MARGIN
        until(lambda: ask(front, "/").seconds < TIMEOUT / 4, "HAProxy leaves the agent out")
    finally:
        go_on(running.process.pid)
    until(lambda: ask(front, SQL).status == 403, "HAProxy finds the agent again")


def test_a_worker_that_hangs_costs_no_more_than_the_deadline_and_is_replaced(front: int, running: Agent) -> None:
    (worker,) = running.workers()
    pause(worker)
    undecided, refused = ask(front, SQL), ask(front, f"/admin{SQL}")
    assert (undecided.status, refused.status) == (200, 403)
    assert DEADLINE <= undecided.seconds < DEADLINE + MARGIN
    assert ask(front, "/search?id=1").seconds < MARGIN
    until(lambda: running.workers() not in ([], [worker]), "another worker")
    until(lambda: ask(front, SQL).status == 403, "the new worker answers")
    assert "blocked: undecided: no answer within 1000 ms" in running.lines(refused.id)[0]
