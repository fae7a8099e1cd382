"""`exercise.py report` prints a report for a span of time from the history, as text, JSON or CSV.

It reads the history of one host, or a store of many sensors.
"""

import argparse
import fnmatch
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from capture.privileges import give_up, sudo_caller
from cli.history_file import default_path
from cli.parser import OneLineParser, ports, rows
from dashboard.screen import Screen
from history.address import AddressError, parse_store
from history.archive import Archive, SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.record import StoreError
from history.report import REQUESTS, build_report, find_statistic
from history.report_text import report_csv, report_json, report_text
from settings.closest import did_you_mean

_SPANS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FORMS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
NAMED: Final = 5
"""Sensors that the first line of a report names."""
_EXAMPLES: Final = """\
examples:
  exercise.py report                                  the last 24 h of eth0 port 80, by section
  exercise.py report --since 7d --by domain           a week, compared with the week before
  exercise.py report --since 2026-11-01 --until 2026-11-08 --by status
  exercise.py report -i lo -p 8080 --json             as JSON, for other programs
  exercise.py report --store /srv/sensors --by sensor what each sensor of a collector counted
  exercise.py report --list                           the statistics that --by accepts
"""


class _Archive(Archive, Protocol):
    """What a report is made from: a history file, or a store of many sensors."""

    def statistics(self) -> dict[str, str]:
        """Return name and unit of each statistic."""


class _Source(NamedTuple):
    archive: _Archive
    name: str
    """What is reported on, for the first line."""
    place: str
    """Where it is stored, for messages."""
    sensors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def report(argv: Sequence[str], now: float | None = None) -> int:
    """Print the report, under sudo with the rights of the caller alone; return 0, 1 if nothing can be read, or 2 for
    wrong usage.
    """
    parser = report_parser()
    given = parser.parse_args(argv)
    span = span_of(given.since, given.until, time.time() if now is None else now)
    if span is None:
        parser.error(
            "--since and --until take a span such as 90m or 7d, or a day such as 2026-11-22; --since must be earlier"
        )
    _refuse_contradictions(parser, given)
    if caller := sudo_caller(os.environ):
        give_up(caller)  # SQLite creates files beside a database, and gives them to its owner
    try:
        source = _history(given) if given.store is None else _fleet(given)
        with closing(source.archive):
            _print(source, given, span)
    except (HistoryError, StoreError) as error:
        print(f"exercise.py: {error}", file=sys.stderr)
        return 1
    except (KeyError, AddressError) as error:
        parser.error(str(error.args[0]))
    return 0


def span_of(begin: str, end: str | None, now: float) -> tuple[float, float] | None:
    """Return begin and end of a span, by default until now; None if one of them is not a time, or it is empty."""
    since = moment(begin, now)
    until = moment(end, now) if end else now
    return None if since is None or until is None or since >= until else (since, until)


def _refuse_contradictions(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if given.store is None and given.sensor is not None:
        parser.error("--sensor needs --store")
    if given.store is not None and (given.history or given.interface or given.port):
        parser.error("--store reads sensors; leave out -i, -p and --history")


def _history(given: argparse.Namespace) -> _Source:
    """Open the history of one host."""
    interface, port = given.interface or "eth0", str(given.port or "80")
    path = given.history or str(default_path(interface, port))
    return _Source(SqliteArchive(path, Retention()), given.history or f"{interface} port {port}", path)


def _fleet(given: argparse.Namespace) -> _Source:
    """Open a store of many sensors, and choose some of them.

    Raises:
        KeyError: no sensor has such a name. The text is for the user.
        StoreError: the store cannot be read, or is empty.
    """
    from fleet.stores import open_fleet

    address = parse_store(given.store)
    fleet = open_fleet(address)
    try:
        known = [sensor.name for sensor in fleet.sensors()]
        if not known:
            raise StoreError(f"no sensor has sent anything to {address} yet")
        names = chosen_sensors(given.sensor, known)
    except (KeyError, StoreError):
        fleet.close()
        raise
    archive = fleet if given.sensor is None else fleet.of(names)
    return _Source(archive, f"{address}   {_listed(names)}", str(address), tuple(names), fleet.warnings)


def chosen_sensors(patterns: str | None, known: Sequence[str]) -> list[str]:
    """Return the known sensors that match one of the patterns, which commas separate; all of them without patterns.

    Raises:
        KeyError: a pattern matches none. The text is for the user.
    """
    if patterns is None:
        return list(known)
    chosen: set[str] = set()
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        found = fnmatch.filter(known, pattern)
        if not found:
            hint = did_you_mean(pattern, known) or f"there are {_listed(known)}"
            raise KeyError(f"no sensor {pattern!r}; {hint}")
        chosen.update(found)
    return [name for name in known if name in chosen]


def _listed(names: Sequence[str]) -> str:
    """Return the first names, and how many there are more."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "") or "none"


def _print(source: _Source, given: argparse.Namespace, span: tuple[float, float]) -> None:
    screen = Screen(sys.stdout)
    for warning in source.warnings:
        print(f"exercise.py: {warning}", file=sys.stderr)
    statistics = source.archive.statistics()
    if given.list:
        width = max(map(len, statistics), default=0)
        for name, unit in sorted(statistics.items()):
            screen.say(f"{name:<{width}}   {unit}")
        return
    by = find_statistic(given.by, statistics)
    if REQUESTS not in statistics:
        raise HistoryError(f"{source.place} contains no requests: the statistic {REQUESTS} was never enabled")
    found = build_report(source.archive, source.name, by, *span, given.rows)._replace(sensors=source.sensors)
    if given.json or given.csv:
        screen.say(report_json(found) if given.json else report_csv(found))
    else:
        screen.say(report_text(found, screen.width, ascii_only=screen.ascii_only))


def report_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `report`."""
    parser = OneLineParser(
        prog="exercise.py report",
        description="Print totals, busiest times and a top list from the history of one host or of many sensors, "
        "compared with the span before.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("-i", "--interface", metavar="NAME", help="interface of the capture (default: eth0)")
    add("-p", "--port", metavar="PORTS", type=ports, help="ports of the capture (default: 80)")
    add("--history", metavar="FILE", help="read this history file instead")
    add(
        "--store", metavar="URL", help="read a store of many sensors instead: clickhouse://..., or a collector's folder"
    )
    add("--sensor", metavar="PATTERN", help="only these sensors of the store: web-1 or 'web-*,db-?' (default: all)")
    add("--since", metavar="TIME", default="24h", help="begin: a span before now, a day or a minute (default: 24h)")
    add("--until", metavar="TIME", help="end, in the same forms (default: now)")
    add(
        "--by",
        metavar="WHAT",
        default="section",
        help="statistic of the top list: section, domain, status, sensor ... (default: section)",
    )
    add("-n", "--rows", metavar="N", type=rows, default=10, help="rows of the top list (default: 10)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--csv", action="store_true", help="print the top list as comma-separated values")
    form.add_argument("--list", action="store_true", help="list the statistics in the history, which --by accepts")
    return parser


def moment(text: str, now: float) -> float | None:
    """Return the time of a text such as `7d` (ago), or of a local day or minute; None if it is neither."""
    if span := re.fullmatch(r"(\d{1,6})([mhdw])", text):
        return now - int(span[1]) * _SPANS[span[2]]
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).timestamp()
        except ValueError:  # noqa: PERF203
            continue
    return None
