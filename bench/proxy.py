"""What the inline proxy costs beside nginx as a proxy: requests/s, processor time, response times, memory, transfers.

Both have a worker for each processor, as they do by default, and an nginx with one worker answers with 100 bytes. In
each round they take turns, in the reverse order every other time. They share the processors with the load. The rules
are the Core Rule Set in the folder `HTTP_MONITOR_CRS`, default `../shared/crs`; each request has the fields of a
browser.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeVar

from bench.connecting import cipher
from bench.idle import bytes_per_connection
from bench.measure import CommandError, Figure, ratio, resident, table
from bench.messages import request
from bench.proxies import (
    CIPHER,
    NGINX,
    OURS,
    RULED,
    Proxy,
    make_certificate,
    nginx_proxy,
    our_proxy,
    rules,
    server,
    why_not,
)  # fmt: skip
from bench.running import family_resident, family_seconds
from bench.steady import percentile, steady
from bench.transfers import Transfer, download, has_curl, upload
from bench.upstream import UPLOAD, upstream
from bench.watching import MONITORS, counted
from bench.wrk import wrk

CONNECTIONS: Final = 32
IDLE: Final = 1000
"""Idle connections."""
TARGET: Final = "shop/cart?item=4711&sort=price"
DIRECT: Final = "the server itself"
PLAIN, TLS = "plain", "TLS 1.3"
_UNDECIDED: Final = r"([\d,]+)\s+undecided requests"
_Each = TypeVar("_Each")
Case = tuple[str, str]
"""A proxy, and `PLAIN` or `TLS`."""


class LoadCost(NamedTuple):
    """Full load for a few seconds."""

    rate: float
    """Responses/s."""
    cpu: float
    """Seconds of CPU of all processes of the proxy for a request."""
    slow: float
    """99th percentile of the response times, in seconds."""
    errors: int
    """Responses with another status than 200, and connections that broke."""


class Memory(NamedTuple):
    """What a proxy holds."""

    after: float
    """MiB of the proxy after full load."""
    agent: float
    """MiB of its other processes then."""


class Seen(NamedTuple):
    """What a proxy has printed at its end."""

    packets: int | None
    """Packets that its monitor got."""
    dropped: int | None
    """Packets that its monitor was too slow for."""
    undecided: int | None
    """Requests that its rules did not judge in time; a few while they are loaded are no fault."""


class ProxyResults(NamedTuple):
    """All that was measured."""

    loads: dict[Case, list[LoadCost]]
    rate: float
    """Requests/s at half load."""
    waits: dict[str, list[float]]
    """99th percentiles of the response times in seconds at half load, without TLS."""
    memory: dict[str, Memory]
    idle: dict[Case, float]
    """Bytes for an idle connection."""
    transfers: dict[Case, list[tuple[Transfer, Transfer]]]
    """Downloads and uploads."""
    seen: dict[str, Seen]


def measure(quick: bool, say: Callable[[str], None]) -> ProxyResults | None:
    """Measure all; None where that is impossible."""
    if why := why_not():
        say(f"proxy: {why}")
        return None
    if not rules():
        say("proxy: no rules found; the rows with rules are left out")
    rounds, seconds = (1, 2.0) if quick else (5, 5.0)
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_certificate(folder)
        results = _loaded(folder, rounds, seconds, say)
        say(f"proxy: {IDLE} idle connections")
        idle = {case: _idle(folder, case) for case in product((NGINX, OURS), (PLAIN, TLS))}
        if not has_curl():
            say("proxy: curl is not installed; transfers are left out")
            return results._replace(idle=idle)
        say("proxy: transfers")
        return results._replace(idle=idle, transfers=_transfers(folder, rounds))


def _loaded(folder: Path, rounds: int, seconds: float, say: Callable[[str], None]) -> ProxyResults:
    with ExitStack() as stack:
        port = stack.enter_context(server(folder)).plain
        started = [nginx_proxy(folder, port), our_proxy(folder, port)]
        started += [our_proxy(folder, port, rules())] if rules() else []
        proxies = {proxy.name: proxy for proxy in map(stack.enter_context, started)}
        _compare_ciphers(proxies.values())
        cases = [(name, end) for end in (PLAIN, TLS) for name in proxies]
        loads: dict[Case, list[LoadCost]] = {case: [] for case in cases}
        for number, (name, end) in _turns(cases, rounds):
            say(f"proxy: round {number + 1} of {rounds}, {name}, {end}")
            loads[name, end].append(_full(proxies[name], end, seconds))
        rate = median(load.rate for load in loads[OURS, PLAIN]) / 2
        waits = _waits(port, proxies, rate, (rounds, seconds), say)
        memory = {name: _memory(proxy) for name, proxy in proxies.items()}
    seen = {name: _seen(proxy) for name, proxy in proxies.items() if name != NGINX}
    return ProxyResults(loads, rate, waits, memory, {}, {}, seen)


def _compare_ciphers(proxies: Iterable[Proxy]) -> None:
    for proxy in proxies:
        if (got := cipher(proxy.ends.tls)) != f"{CIPHER} TLSv1.3":
            raise CommandError(f"{proxy.name} offers {got}, so it cannot be compared")


def _turns(cases: Sequence[_Each], rounds: int) -> Iterator[tuple[int, _Each]]:
    """Yield the number of a round, and each case in it: in reverse order every other time."""
    for number in range(rounds):
        for case in reversed(cases) if number % 2 else cases:
            yield number, case


def _full(proxy: Proxy, end: str, seconds: float) -> LoadCost:
    before = family_seconds(proxy.process)
    run = wrk((proxy.ends.tls_url if end == TLS else proxy.ends.url) + TARGET, seconds, CONNECTIONS)
    used = family_seconds(proxy.process) - before
    return LoadCost(run.rate, used / run.requests, run.slow, run.refused + run.broken)


def _waits(
    port: int,
    proxies: Mapping[str, Proxy],
    rate: float,
    times: tuple[int, float],
    say: Callable[[str], None],
) -> dict[str, list[float]]:
    ends = {DIRECT: port, NGINX: proxies[NGINX].ends.plain, OURS: proxies[OURS].ends.plain}
    rounds, seconds = times
    waits: dict[str, list[float]] = {name: [] for name in ends}
    for number, name in _turns(list(ends), rounds):
        say(f"proxy: half load, round {number + 1} of {rounds}, {name}")
        waits[name].append(percentile(steady(ends[name], rate, seconds, request(f"/{TARGET}")), 99))
    return waits


def _memory(proxy: Proxy) -> Memory:
    own = resident(proxy.process)
    return Memory(own, family_resident(proxy.process) - own)


def _seen(proxy: Proxy) -> Seen:
    ours, text = MONITORS[0], proxy.output.read_text(errors="replace")
    return Seen(*(counted(pattern, text) for pattern in (ours.packets, ours.dropped, _UNDECIDED)))


def _idle(folder: Path, case: Case) -> float:
    """Return the bytes for an idle connection of a proxy that has just started."""
    name, end = case
    with server(folder) as behind, _proxy(name, folder, behind.plain) as proxy:
        return bytes_per_connection(proxy, IDLE, tls=end == TLS)


def _transfers(folder: Path, rounds: int) -> dict[Case, list[tuple[Transfer, Transfer]]]:
    results: dict[Case, list[tuple[Transfer, Transfer]]] = {case: [] for case in product((NGINX, OURS), (PLAIN, TLS))}
    for _, name in _turns((NGINX, OURS), rounds):
        with server(folder) as behind, _proxy(name, folder, behind.plain) as proxy:
            downs = [download(proxy, tls=tls) for tls in (False, True)]
        with upstream(UPLOAD) as taking, _proxy(name, folder, taking.port) as proxy:
            ups = [upload(proxy, folder, tls=tls) for tls in (False, True)]
        for end, down, up in zip((PLAIN, TLS), downs, ups, strict=True):
            results[name, end].append((down, up))
    return results


def _proxy(name: str, folder: Path, port: int) -> AbstractContextManager[Proxy]:
    return nginx_proxy(folder, port) if name == NGINX else our_proxy(folder, port)


def report(results: ProxyResults | None) -> str:
    """Return the Markdown tables."""
    if results is None:
        return f"Not measured: {why_not()}."
    return "\n\n".join([
        table(LOAD_HEADS, _load_rows(results)), *_remarks(results),
        f"Response times at half load, {results.rate:,.0f} requests/s:", table(WAIT_HEADS, _wait_rows(results)),
        table(MEMORY_HEADS, _memory_rows(results)), table(TRANSFER_HEADS, _transfer_rows(results)),
    ])  # fmt: skip


LOAD_HEADS: Final = ("through", "requests/s", "of nginx's", "CPU us a request", "99 % of responses, ms")
WAIT_HEADS: Final = ("through", "99 % of responses, ms", "added, ms")
MEMORY_HEADS: Final = (
    *("through", "memory after load, MiB", "of its other processes", f"each of {IDLE:,} idle connections, KiB"),
    "with TLS 1.3",
)
TRANSFER_HEADS: Final = ("through", "download, MB/s", "CPU s a GB", "upload, MB/s", "CPU s a GB")


def _load_rows(results: ProxyResults) -> Iterator[list[str]]:
    for (name, end), runs in results.loads.items():
        yield [
            f"{name}, {end}",
            Figure.of(run.rate for run in runs).text(),
            _of_nginx(results, (name, end)).text(".2f"),
            Figure.of(1e6 * run.cpu for run in runs).text(".1f"),
            Figure.of(1e3 * run.slow for run in runs).text(".2f"),
        ]


def _of_nginx(results: ProxyResults, case: Case) -> Figure:
    own, others = results.loads[case], results.loads[NGINX, case[1]]
    return ratio((run.rate for run in own), (run.rate for run in others))


def _remarks(results: ProxyResults) -> Iterator[str]:
    if (RULED, PLAIN) not in results.loads:
        yield "No rules were found, so rows with rules are missing."
    if not results.transfers:
        yield "curl is not installed, so transfers are missing."
    for (name, end), runs in results.loads.items():
        if errors := sum(run.errors for run in runs):
            yield f"{name}, {end}: {errors:,} requests failed under full load, so its row says little."
    for name, seen in results.seen.items():
        if seen.dropped:
            packets = seen.dropped + (seen.packets or 0)
            yield f"The monitor of {name} was too slow for {seen.dropped:,} of {packets:,} packets."
        if seen.undecided:
            yield f"{name} passed on {seen.undecided:,} requests without a verdict, some while it loaded its rules."


def _added(results: ProxyResults, name: str) -> Figure:
    """Return the added milliseconds of the 99th percentile."""
    return Figure.of(
        1e3 * (own - direct) for own, direct in zip(results.waits[name], results.waits[DIRECT], strict=True)
    )


def _wait_rows(results: ProxyResults) -> Iterator[list[str]]:
    for name, waits in results.waits.items():
        added = _added(results, name).text(".2f") if name != DIRECT else "-"
        yield [name, Figure.of(1e3 * wait for wait in waits).text(".2f"), added]


def _memory_rows(results: ProxyResults) -> Iterator[list[str]]:
    for name, memory in results.memory.items():
        idle = [results.idle.get((name, end)) for end in (PLAIN, TLS)]
        texts = ["-" if each is None else f"{each / 1024:.1f}" for each in idle]
        yield [name, f"{memory.after:.1f}", f"{memory.agent:.1f}", *texts]


def _transfer_rows(results: ProxyResults) -> Iterator[list[str]]:
    for (name, end), pairs in results.transfers.items():
        cells = [f"{name}, {end}"]
        for transfers in zip(*pairs, strict=True):
            cells += [Figure.of(each.rate / 1e6 for each in transfers).text()]
            cells += [Figure.of(each.cpu for each in transfers).text(".2f")]
        yield cells


def facts(results: ProxyResults | None) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    if results is None:
        return {}
    named = {case: f"{case[0]}, {case[1]}" for case in (*results.loads, *results.idle)}
    return {
        "of_nginx": {named[case]: _of_nginx(results, case)._asdict() for case in results.loads},
        "loads": {named[case]: [run._asdict() for run in runs] for case, runs in results.loads.items()},
        "half_load": results.rate,
        "waits": results.waits,
        "added_ms": {name: _added(results, name)._asdict() for name in results.waits if name != DIRECT},
        "memory": {name: memory._asdict() for name, memory in results.memory.items()},
        "idle_bytes": {named[case]: size for case, size in results.idle.items()},
        "transfers": {
            named[case]: [[down._asdict(), up._asdict()] for down, up in pairs]
            for case, pairs in results.transfers.items()
        },
        "seen": {name: seen._asdict() for name, seen in results.seen.items()},
    }
