"""nginx with the documented configuration asks by auth_request."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fronts import DEADLINE, MARGIN, SQL, TIMEOUT, Agent, agent, ask, free_port, go_on, nginx, pause, until, web_server
from small_rules import rule_set

from capture.core import how_to_inspect

pytestmark = [
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
    pytest.mark.skipif(find_spec("httptools") is None, reason="needs httptools (requirements-answer.txt)"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx"),
]
ROUTES = (
    "--route", "/ enforce", "--route", "/shadow shadow", "--route", "/admin enforce closed", "--deadline", "1000",
)  # fmt: skip


@pytest.fixture
def asked() -> int:
    return free_port()


@pytest.fixture
def running(tmp_path: Path, asked: int) -> Iterator[Agent]:
    rules = rule_set(tmp_path / "crs")
    with agent(tmp_path, asked, "--crs", rules, "--workers", "1", *ROUTES, option="--auth-request") as started:
        yield started


@pytest.fixture
def front(tmp_path: Path, asked: int, running: Agent) -> Iterator[int]:
    with web_server() as web, nginx(tmp_path, web, asked) as port:
        yield port


def test_an_attack_is_refused_and_the_log_has_its_id(front: int, running: Agent) -> None:
    good, bad, shadow = ask(front, "/search?id=1"), ask(front, SQL), ask(front, f"/shadow{SQL}")
    assert (good.status, bad.status, shadow.status) == (200, 403, 200)
    (line,) = running.lines(bad.id)
    assert "blocked: SQL injection in ARGS:id" in line
    assert '"client.ip":"127.0.0.1"' in line
    assert "would be blocked" in running.lines(shadow.id)[0]
    assert good.id not in running.logged()


def test_a_client_cannot_say_what_only_the_front_may(front: int, running: Agent) -> None:
    forged = {"X-Original-URI": "/", "X-Real-IP": "198.51.100.1", "X-Original-Method": "GET", "X-Request-ID": "forged"}
    attack = ask(front, SQL, fields=forged)
    assert attack.status == 403
    assert attack.id != "forged"
    assert '"client.ip":"127.0.0.1"' in running.lines(attack.id)[0]
    assert ask(front, "/", fields={"X-Note": "1' union select 2"}).status == 200


def test_a_body_is_only_logged_and_does_no_harm(front: int, running: Agent) -> None:
    assert ask(front, "/comment", '{"text": 1}', "application/json").status == 200
    attack = ask(front, "/comment", "text=1' union select 2")
    assert attack.status == 200
    (line,) = running.lines(attack.id)
    assert "would be blocked: SQL injection in ARGS:text" in line
    assert len(running.logged().splitlines()) == 1


def test_without_the_agent_open_routes_go_on_and_closed_ones_are_refused(front: int, running: Agent) -> None:
    assert (ask(front, "/").status, ask(front, "/admin").status) == (200, 200)
    running.process.kill()
    running.process.wait()
    statuses = {target: ask(front, target).status for target in ("/", SQL, "/admin", "//admin", "/%61dmin/x")}
    assert statuses == {"/": 200, SQL: 200, "/admin": 500, "//admin": 500, "/%61dmin/x": 500}


def test_an_agent_that_hangs_costs_no_more_than_the_timeout(front: int, running: Agent) -> None:
    pause(running.process.pid)
    try:
        replies = [ask(front, "/search?id=1") for _ in range(3)] + [ask(front, "/admin")]
        assert [reply.status for reply in replies] == [200, 200, 200, 500]
        assert max(reply.seconds for reply in replies) < TIMEOUT + MARGIN
    finally:
        go_on(running.process.pid)
    assert ask(front, SQL).status == 403


def test_a_worker_that_hangs_costs_no_more_than_the_deadline(front: int, running: Agent) -> None:
    until(lambda: len(running.workers()) == 1, "a worker")
    (worker,) = running.workers()
    pause(worker)
    undecided, refused = ask(front, SQL), ask(front, f"/admin{SQL}")
    assert (undecided.status, refused.status) == (200, 403)
    assert DEADLINE <= undecided.seconds < DEADLINE + MARGIN
    assert "blocked: undecided: no answer within 1000 ms" in running.lines(refused.id)[0]
