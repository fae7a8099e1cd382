"""Full load by wrk on a URL of loopback, and what wrk says about it."""

import re
import subprocess
from collections.abc import Iterable
from typing import Final, NamedTuple

from bench.measure import CommandError

BROWSER: Final = (
    ("Host", "shop.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
)
"""Header fields of an ordinary request."""
_TOTAL: Final = re.compile(r"(\d+) requests in")
_RATE: Final = re.compile(r"Requests/sec:\s*([\d.]+)")
_PERCENTILE: Final = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m) *$", re.MULTILINE)
_REFUSED: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_BROKEN: Final = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class WrkRun(NamedTuple):
    """wrk's results of a run."""

    rate: float
    """Responses/s."""
    requests: int
    typical: float
    """Median of the response times, in seconds."""
    slow: float
    """99th percentile of them."""
    refused: int
    """Responses with a status of 400 or more."""
    broken: int
    """Connections that failed, and responses that took too long."""


def parsed(text: str) -> WrkRun:
    """Return what `wrk --latency` has printed.

    Raises:
        CommandError: it is something else.
    """
    total, rate = _TOTAL.search(text), _RATE.search(text)
    times = {percent: float(value) * _UNITS[unit] for percent, value, unit in _PERCENTILE.findall(text)}
    if total is None or rate is None or not times.keys() >= {"50", "99"}:
        raise CommandError(f"wrk: {text[-300:]}")
    refused, broken = _REFUSED.search(text), _BROKEN.search(text)
    return WrkRun(
        float(rate[1]),
        int(total[1]),
        times["50"],
        times["99"],
        int(refused[1]) if refused else 0,
        sum(map(int, broken.groups())) if broken else 0,
    )


def command(url: str, seconds: float, connections: int, fields: Iterable[tuple[str, str]]) -> list[str]:
    """Return wrk's command line."""
    headers = [part for name, value in fields for part in ("-H", f"{name}: {value}")]
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", *headers, url]


def wrk(url: str, seconds: float, connections: int, fields: Iterable[tuple[str, str]] = BROWSER) -> WrkRun:
    """Run wrk.

    Raises:
        CommandError: it failed.
    """
    done = subprocess.run(
        command(url, seconds, connections, fields), capture_output=True, text=True, timeout=seconds + 30, check=False
    )
    if done.returncode:
        raise CommandError(f"wrk: {done.stdout[-300:]}{done.stderr[-300:]}")
    return parsed(done.stdout)
