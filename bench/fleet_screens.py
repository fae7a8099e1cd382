"""How long screens and reports take over a day and a month of many sensors, by the program's own reader."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.cluster import cluster
from bench.driver_door import DriverDoor
from bench.fleet_past import fill
from bench.measure import ROOT, Figure, cpu_seconds, table
from bench.pair import KEEP, address, make_tables
from bench.simulated import ROWS, UNITS, sensor_name
from history.address import DATABASE
from history.clickhouse.door import Door
from history.clickhouse.migration import planned
from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import STATISTIC_COLUMNS, STATISTICS, Place
from history.fleet import FleetArchive
from history.record import SENSORS
from history.report import REQUESTS, build_report
from history.sums import is_shown

DAY: Final = 86400
MONTH: Final = 30 * DAY
ROWS_OF_PANEL: Final = 10
REPEATS: Final = 3
PATIENCE: Final = 20.0
"""Seconds after which nothing is asked again."""
SOME: Final = 20
"""Sensors of a choice."""
SINGLE: Final = Place(DATABASE)
"""Tables on one server: replicas do not make queries faster."""
CHDB: Final = str(ROOT / "tests" / "history" / "clickhouse" / "chdb_server.py")
AIMS: Final = {"screen": 1.0, "report": 2.0}
"""Seconds."""


class Timing(NamedTuple):
    """How long one thing took."""

    what: str
    kind: str
    """Of AIMS."""
    seconds: Figure
    cpu: Figure
    """CPU seconds of the server, which other programs on the machine do not make longer."""


class Watch:
    """Times questions to a server, by its process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def time(self, what: str, kind: str, ask: Callable[[], object], repeats: int = REPEATS) -> Timing:
        """Ask so many times; once if it takes too long."""
        seconds, cpu = [], []
        for _ in range(repeats):
            begun, before = time.monotonic(), cpu_seconds(self._pid)
            ask()
            seconds.append(time.monotonic() - begun)
            cpu.append(cpu_seconds(self._pid) - before)
            if seconds[-1] > PATIENCE:
                break
        return Timing(what, kind, Figure.of(seconds), Figure.of(cpu))


def measure(sensors: int, say: Callable[[str], None]) -> dict[str, list[Timing]]:
    """Fill servers with the past of these sensors, and read them: Debian's, and chDB where it is installed."""
    timings = {"ClickHouse 18.16": _of_2018(sensors, say)}
    if find_spec("chdb") is not None and find_spec("clickhouse_connect") is not None:
        timings["chDB"] = _today(sensors, say)
    return timings


def _of_2018(sensors: int, say: Callable[[str], None]) -> list[Timing]:
    with tempfile.TemporaryDirectory(prefix="fleet-") as name, cluster(Path(name) / "cluster") as servers:
        where = address(servers.replicas[0].native, SINGLE)
        make_tables(where.port, SINGLE)
        servers.replicas[1].kill()
        door = DriverDoor(where)
        return filled(door, SINGLE, sensors, say, servers.replicas[0].pid)


def _today(sensors: int, say: Callable[[str], None]) -> list[Timing]:
    """Read by clickhouse-connect from ClickHouse in a Python process, behind the HTTP server of the tests."""
    from history.clickhouse.connect import ConnectDoor

    with subprocess.Popen([sys.executable, CHDB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["port"]
            where = address(port, SINGLE)
            door = ConnectDoor(where, "")
            for statement in planned(door, SINGLE, KEEP):
                door.command(statement.sql)
            return filled(door, SINGLE, sensors, say, process.pid)
        finally:
            process.kill()


def filled(door: Door, place: Place, sensors: int, say: Callable[[str], None], pid: int) -> list[Timing]:
    """Fill the empty tables of a server, and time a reader of it."""
    now = int(time.time())
    shown = [name for name in ROWS if is_shown(name)]
    units = [UNITS.get(name, "hits") for name in shown]
    door.insert(place.table(STATISTICS), STATISTIC_COLUMNS, [shown, units])
    fill(door, place, sensors, now, say)
    say("reading")
    return list(_timings(ClickhouseFleet(address(0, place), "", door), now, Watch(pid)))


def _timings(fleet: FleetArchive, now: int, watch: Watch) -> Iterator[Timing]:
    day, month = (now - DAY, now), (now - MONTH, now)
    shown = [name for name in fleet.statistics() if name != SENSORS]
    some = fleet.of([sensor_name(number) for number in range(SOME)])
    panels = {
        name: watch.time(name, "screen", partial(fleet.top, name, *day, ROWS_OF_PANEL)) for name in (*shown, SENSORS)
    }
    slowest = max(panels, key=lambda name: panels[name].seconds.median)
    yield panels[slowest]._replace(what=f"the slowest panel of a day: {slowest}")
    yield Timing(
        f"all {len(panels)} panels of a day, one after the other",
        "screen",
        _added([each.seconds for each in panels.values()]),
        _added([each.cpu for each in panels.values()]),
    )
    yield watch.time(f"{slowest} of {SOME} sensors", "screen", partial(some.top, slowest, *day, ROWS_OF_PANEL))
    yield watch.time("the list of sensors", "screen", fleet.sensors)
    yield watch.time("watch: the latest period", "screen", lambda: next(fleet.past(*day)))
    yield watch.time("watch: all periods of a day", "screen", lambda: list(fleet.past(*day)), 1)
    for name in (REQUESTS, slowest):
        by = name, fleet.statistics()[name]
        ask = partial(build_report, fleet, "", by, *month, ROWS_OF_PANEL)
        yield watch.time(f"report of a month by {name}", "report", ask)


def _added(figures: Sequence[Figure]) -> Figure:
    return Figure(*(sum(each[place] for each in figures) for place in range(len(Figure._fields))))


def report(timings: Mapping[str, Sequence[Timing]]) -> str:
    """Return the Markdown table."""
    rows = (
        (
            each.what,
            server,
            each.seconds.text(",.2f"),
            each.cpu.text(",.2f"),
            f"< {AIMS[each.kind]:.0f}",
            _judged(each.seconds.median, AIMS[each.kind]),
        )
        for server, found in timings.items()
        for each in found
    )
    return table(("what is read", "server", "seconds", "CPU seconds", "target", ""), rows)


def facts(timings: Mapping[str, Sequence[Timing]]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {server: {each.what: each.seconds._asdict() for each in found} for server, found in timings.items()}


def _judged(seconds: float, aim: float) -> str:
    return "met" if seconds < aim else f"missed, {seconds / aim:.1f} times"
