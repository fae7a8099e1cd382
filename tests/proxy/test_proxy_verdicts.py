"""Rules of the Core Rule Set in the way of requests: refused, told, or passed when there is no verdict in time."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from crs_cases import FOLDER
from fronts import SQL, until
from inline_proxy import HAS_PROXY
from origins import Origin, hello, origin
from proxy_program import Program, proxy
from raw_clients import Reply, asked, get

pytest.importorskip("libmodsecurity", reason="the rules are run with it")
pytestmark = [
    pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="it keeps the rights of root"),
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the Core Rule Set is not there"),
]
ROUTES = ("/ enforce open 2s", "/shadow shadow open 2s", "/closed enforce closed 500ms", "/off off")
ORDINARY = (b"User-Agent: Mozilla/5.0", b"Accept: */*")
FORM = b"Content-Type: application/x-www-form-urlencoded"
ATTACK = SQL.encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Origin]:
    with origin(hello) as running:
        yield running


@pytest.fixture(scope="module")
def program(server: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("verdicts")
    page = folder / "page.html"
    page.write_text("<p>Not this one: <b>{id}</b></p>")
    routes = [text for route in ROUTES for text in ("--route", route)]
    options = ("--crs", str(FOLDER), *routes, "--set", f"proxy_page={page}", "--set", "proxy_page_status=418")
    with proxy(folder, server.url, *options) as running:
        until(lambda: is_ready(running, 418), "the rules")
        yield running


def is_ready(program: Program, refused: int) -> bool:
    """Return whether all workers have loaded the rules."""
    return all(ask(program, ATTACK).status == refused for _ in range(20))


def ask(program: Program, target: bytes, body: bytes = b"") -> Reply:
    return asked(program.port, get(target, *ORDINARY, FORM, method=b"POST" if body else b"GET", body=body))


@pytest.mark.parametrize(
    ("target", "body"), [(ATTACK + b"&query", b""), (b"/form", b"id=1%27%20union%20select%202&name=x")]
)
def test_an_attack_is_refused_with_a_number(program: Program, server: Origin, target: bytes, body: bytes) -> None:
    before = len(server.received)
    reply = ask(program, target, body)
    assert (reply.status, reply.field("content-type")) == (418, "text/html; charset=utf-8")
    [number] = re.findall(rb"<b>(\w+)</b>", reply.body)
    assert len(server.received) == before
    finding = program.finding(number.decode())
    assert "refused" in finding["event.reason"]
    assert "942" in finding["event.reason"], "the rules are named"


def test_what_is_ordinary_passes(program: Program) -> None:
    assert ask(program, b"/list?page=2").status == 200
    assert ask(program, b"/form", b"name=x&text=hello+world").status == 200


def test_in_the_shadow_an_attack_passes_and_is_told(program: Program) -> None:
    assert ask(program, b"/shadow" + ATTACK).status == 200
    assert "would have been refused" in program.finding("/shadow/search")["event.reason"]


def test_a_route_may_be_off(program: Program) -> None:
    assert ask(program, b"/off" + ATTACK).status == 200


def test_without_an_agent_routes_are_open_or_closed(server: Origin, tmp_path: Path) -> None:
    routes = [text for route in ROUTES for text in ("--route", route)]
    with proxy(tmp_path, server.url, "--crs", str(FOLDER), *routes) as program:
        until(lambda: is_ready(program, 403), "the rules")
        agent = program.agent()
        os.kill(agent, signal.SIGSTOP)
        begun = time.monotonic()
        assert ask(program, b"/closed" + ATTACK).status == 403
        assert 0.3 < time.monotonic() - begun < 1.5, "the deadline of the route"
        assert ask(program, ATTACK).status == 200
        assert time.monotonic() - begun < 4
        assert ask(program, b"/closed?page=2").status == 200, "which no rule can match"
        os.kill(agent, signal.SIGCONT)
        os.kill(agent, signal.SIGKILL)
        time.sleep(0.2)
        assert ask(program, b"/closed" + ATTACK).status == 403
        assert ask(program, ATTACK).status == 200
        until(lambda: is_ready(program, 403), "an agent that was started again")
        assert program.stop() == 1, "some had no verdict"
        assert "has ended once, and requests had no verdict meanwhile" in program.errors + program.output


def test_a_client_that_threat_intelligence_lists_is_refused_whatever_it_asks_for(
    server: Origin, tmp_path: Path
) -> None:
    listed = tmp_path / "listed.txt"
    listed.write_text("203.0.113.7\n")
    options = ("--crs", str(FOLDER), "--route", "/ enforce closed 2s", "--indicators", str(listed))
    with proxy(tmp_path, server.url, *options) as program:
        request = get(b"/list?page=2", *ORDINARY, b"X-Forwarded-For: 203.0.113.7")
        until(lambda: asked(program.port, request).status == 403, "the list")
        assert ask(program, b"/list?page=2").status == 200
        assert "listed by" in program.finding("listed")["event.reason"]
