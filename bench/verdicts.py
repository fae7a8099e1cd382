"""What answers to fronts cost: questions/s, time for an answer, and CPU, over SPOE and auth_request, and in HAProxy.

The rules are the Core Rule Set in the folder `HTTP_MONITOR_CRS`, default `../shared/crs`, paranoia level 1. The agent,
the front and the load share the processors.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from bench.fronts import write_haproxy
from bench.measure import Figure, cpu_seconds, table
from bench.waf import FOLDERS
from verdicts.spoe.frames import HAPROXY_HELLO, LENGTH, NOTIFY, Frame, Message, frame_in, framed, items, messages
from verdicts.spoe.values import Value, text

ORDINARY: Final = "/shop/cart?item=4711&sort=price"
ATTACK: Final = "/shop/cart?item=1%27%20union%20select%201,2--%20-"
WORKERS: Final = 2
WINDOW: Final = 16
"""Questions that wait at a time under load."""
PATIENCE: Final = 30.0
_FIELDS: Final = (
    ("Host", "shop.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
)
_RATE: Final = re.compile(r"Requests/sec:\s*([\d.]+)")
_PERCENTILE: Final = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


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
        path, asked, port = str(folder / "waf.sock"), _free_port(), _free_port()
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
    before, begun = _family_seconds(agent), time.perf_counter()
    number = len(_asked(path, target, WINDOW, seconds))
    passed, used = time.perf_counter() - begun, _family_seconds(agent) - before
    cuts = quantiles(times, n=100)
    return Cost("SPOE", traffic, number / passed, used / number, cuts[49], cuts[98])


def _asked(path: str, target: str, window: int, seconds: float) -> list[float]:
    """Ask over one connection, with so many questions at a time; return the seconds for each answer."""
    header = b"".join(text(part.encode()) for pair in _FIELDS for part in pair) + b"\0\0"
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
    said = (*_FIELDS[1:], ("X-Original-URI", target), ("X-Original-Method", "GET"), ("X-Real-IP", "203.0.113.9"))
    typical, slow, _ = _wrk(port, "/", seconds, 1, said)
    before = _family_seconds(agent)
    _, _, rate = _wrk(port, "/", seconds, WINDOW, said)
    return Cost("auth_request", traffic, rate, (_family_seconds(agent) - before) / (rate * seconds), typical, slow)


def _haproxy(agent: int, folder: Path, path: str, port: int, seconds: float) -> Iterator[Cost]:
    addresses = {"bind :80": f"bind 127.0.0.1:{port}", "127.0.0.1:12345": f"unix@{path}"}
    written = write_haproxy(folder, addresses)
    served = "backend shop\n    http-request return status 200 content-type text/plain string ok\n"
    whole = re.sub(r"backend shop\n.*\n", served, written.read_text())
    alone = re.sub(r".*(filter spoe|http_monitor|answered).*\n", "", whole)
    for name, config in (("HAProxy alone", alone), ("HAProxy and agent", whole)):
        written.write_text(config)
        with _running(["haproxy", "-db", "-f", str(written)], ("127.0.0.1", port), socket.AF_INET):
            time.sleep(2)  # until HAProxy has found the agent
            yield from _through(name, agent if config is whole else 0, port, seconds)


def _through(name: str, agent: int, port: int, seconds: float) -> Iterator[Cost]:
    for traffic, target in (("ordinary", ORDINARY), ("attacks", ATTACK))[: 2 if agent else 1]:
        typical, slow, _ = _wrk(port, target, seconds, 1, _FIELDS[1:])
        before = _family_seconds(agent) if agent else 0.0
        _, _, rate = _wrk(port, target, seconds, WINDOW, _FIELDS[1:])
        used = _family_seconds(agent) - before if agent else 0.0
        yield Cost(name, traffic, rate, used / (rate * seconds), typical, slow)


def _wrk(
    port: int, target: str, seconds: float, connections: int, fields: tuple[tuple[str, str], ...]
) -> tuple[float, float, float]:
    """Return median and 99th percentile of the times in seconds, and the rate."""
    headers = [part for name, value in (*fields, ("Host", "shop.example.com")) for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", *headers]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{target}"], capture_output=True, text=True, check=True
    ).stdout
    found = {percent: float(value) * _UNITS[unit] for percent, value, unit in _PERCENTILE.findall(said)}
    rate = _RATE.search(said)
    return found["50"], found["99"], float(rate[1]) if rate else 0.0


@contextmanager
def _agent(path: str, port: int) -> Iterator[int]:
    command = (
        sys.executable, "exercise.py", "answer", "--spoe", path, "--auth-request", str(port), "--crs", FOLDERS[0],
        "--route", "/ enforce open 1s", "--workers", str(WORKERS), "--set", "user=root",
    )  # fmt: skip
    with _running(list(command), path, socket.AF_UNIX) as process:
        yield process


@contextmanager
def _running(command: list[str], address: Any, family: int) -> Iterator[int]:
    """Run a program until it can be connected to; yield its number."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with socket.socket(family) as probe:
                if probe.connect_ex(address) == 0:
                    break
            if process.poll() is not None or time.monotonic() > end:
                raise OSError(f"{command[0]} does not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _family_seconds(process: int) -> float:
    """Return the CPU time of a process and its descendants so far."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = {process}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(map(cpu_seconds, family))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
