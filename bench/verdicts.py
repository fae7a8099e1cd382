"""What answers to fronts cost: questions/s, time for an answer, and CPU, over SPOE and auth_request, and in HAProxy.

The rules are the Core Rule Set in the folder `HTTP_MONITOR_CRS`, default `../shared/crs`, paranoia level 1. The agent,
the front and the load share the processors.
"""

import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from bench.fronts import write_haproxy
from bench.measure import Figure, table
from bench.running import family_seconds, free_port, running
from bench.waf import FOLDERS
from bench.wrk import BROWSER, wrk
from verdicts.spoe.frames import HAPROXY_HELLO, LENGTH, NOTIFY, Frame, Message, frame_in, framed, items, messages
from verdicts.spoe.values import Value, text

ORDINARY: Final = "/shop/cart?item=4711&sort=price"
ATTACK: Final = "/shop/cart?item=1%27%20union%20select%201,2--%20-"
WORKERS: Final = 2
WINDOW: Final = 16
"""Questions that wait at a time under load."""


class Cost(NamedTuple):
    """What a kind of question costs."""

    way: str
    traffic: str
    rate: float
    """Answers/s, with `WINDOW` questions at a time."""
    cpu: float
    """Seconds of CPU of agent and workers for an answer."""
    typical: float
    """Median time in seconds for an answer, one at a time."""
    slow: float
    """99th percentile of it."""


def measure(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the costs."""
    say("answers to fronts")
    if not Path(FOLDERS[0]).is_dir():
        return []
    seconds = 2.0 if quick else 8.0
    return [cost._asdict() for cost in _costs(seconds)]


def report(results: list[dict[str, Any]]) -> str:
    """Return a table."""
    heads = ("asked by", "requests", "answers/s", "CPU, us", "median, ms", "99 %, ms")
    return table(heads, list(_rows([Cost(**each) for each in results])))


def facts(results: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return what is saved."""
    return {"runs": results}


def _rows(costs: list[Cost]) -> Iterator[tuple[str, ...]]:
    for cost in costs:
        numbers = (
            (cost.rate, ",.0f"),
            (1e6 * cost.cpu, ",.0f"),
            (1e3 * cost.typical, ",.2f"),
            (1e3 * cost.slow, ",.2f"),
        )
        yield cost.way, cost.traffic, *(Figure.of([number]).text(form) if number else "-" for number, form in numbers)


def _costs(seconds: float) -> Iterator[Cost]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path, asked, port = str(folder / "waf.sock"), free_port(), free_port()
        with _agent(path, asked) as agent:
            for traffic, target in (("ordinary", ORDINARY), ("attacks", ATTACK)):
                yield _spoe(agent, path, traffic, target, seconds)
            if shutil.which("wrk") is None:
                return
            for traffic, target in (("ordinary", ORDINARY), ("attacks", ATTACK)):
                yield _auth_request(agent, asked, traffic, target, seconds)
            if shutil.which("haproxy") is not None:
                yield from _haproxy(agent, folder, path, port, seconds)


def _spoe(agent: int, path: str, traffic: str, target: str, seconds: float) -> Cost:
    times = _asked(path, target, 1, seconds)
    before, begun = family_seconds(agent), time.perf_counter()
    number = len(_asked(path, target, WINDOW, seconds))
    passed, used = time.perf_counter() - begun, family_seconds(agent) - before
    cuts = quantiles(times, n=100)
    return Cost("SPOE", traffic, number / passed, used / number, cuts[49], cuts[98])


def _asked(path: str, target: str, window: int, seconds: float) -> list[float]:
    """Ask over one connection, with so many questions at a time; return the seconds for each answer."""
    header = b"".join(text(part.encode()) for pair in BROWSER for part in pair) + b"\0\0"
    said: dict[str, Value] = {"client": "203.0.113.9", "method": "GET", "target": target, "headers": header}
    payload = messages([Message("check-request", said)])
    wires = [framed(Frame(NOTIFY, True, number, 1, payload)) for number in range(window)]
    times: list[float] = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        hello: dict[str, Value] = {"supported-versions": "2.0", "max-frame-size": 16380, "capabilities": "pipelining"}
        connection.sendall(framed(Frame(HAPROXY_HELLO, True, 0, 0, items(hello))))
        received = connection.makefile("rb")
        _frame(received)
        sent = [time.perf_counter()] * window
        connection.sendall(b"".join(wires))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            number = _frame(received).stream
            times.append(time.perf_counter() - sent[number])
            sent[number] = time.perf_counter()
            connection.sendall(wires[number])
        received.close()
    return times


def _frame(received: Any) -> Frame:
    (length,) = LENGTH.unpack(received.read(LENGTH.size))
    return frame_in(received.read(length))


def _auth_request(agent: int, port: int, traffic: str, target: str, seconds: float) -> Cost:
    said = (*BROWSER, ("X-Original-URI", target), ("X-Original-Method", "GET"), ("X-Real-IP", "203.0.113.9"))
    url = f"http://127.0.0.1:{port}/"
    alone = wrk(url, seconds, 1, said)
    before = family_seconds(agent)
    full = wrk(url, seconds, WINDOW, said)
    used = family_seconds(agent) - before
    return Cost("auth_request", traffic, full.rate, used / full.requests, alone.typical, alone.slow)


def _haproxy(agent: int, folder: Path, path: str, port: int, seconds: float) -> Iterator[Cost]:
    addresses = {"bind :80": f"bind 127.0.0.1:{port}", "127.0.0.1:12345": f"unix@{path}"}
    written = write_haproxy(folder, addresses)
    served = "backend shop\n    http-request return status 200 content-type text/plain string ok\n"
    whole = re.sub(r"backend shop\n.*\n", served, written.read_text())
    alone = re.sub(r".*(filter spoe|http_monitor|answered).*\n", "", whole)
    for name, config in (("HAProxy alone", alone), ("HAProxy and agent", whole)):
        written.write_text(config)
        with running(["haproxy", "-db", "-f", str(written)], ("127.0.0.1", port)):
            time.sleep(2)  # until HAProxy has found the agent
            yield from _through(name, agent if config is whole else 0, port, seconds)


def _through(name: str, agent: int, port: int, seconds: float) -> Iterator[Cost]:
    for traffic, target in (("ordinary", ORDINARY), ("attacks", ATTACK))[: 2 if agent else 1]:
        url = f"http://127.0.0.1:{port}{target}"
        alone = wrk(url, seconds, 1)
        before = family_seconds(agent) if agent else 0.0
        full = wrk(url, seconds, WINDOW)
        used = family_seconds(agent) - before if agent else 0.0
        yield Cost(name, traffic, full.rate, used / full.requests, alone.typical, alone.slow)


@contextmanager
def _agent(path: str, port: int) -> Iterator[int]:
    command = (
        sys.executable, "exercise.py", "answer", "--spoe", path, "--auth-request", str(port), "--crs", FOLDERS[0],
        "--route", "/ enforce open 1s", "--workers", str(WORKERS), "--set", "user=root",
    )  # fmt: skip
    with running(command, path) as process:
        yield process
