"""`exercise.py report` prints a report for a span of time from the history, as text, JSON or CSV.

It reads the history of one host, or a store of many sensors.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Final, NamedTuple, Protocol

from capture.privileges import give_up, sudo_caller
from cli.parser import OneLineParser, rows
from cli.past import BAD_SPAN, add_past, history_path, open_sensors, refuse_contradictions, source_name, span_of
from dashboard.screen import Screen
from history.address import AddressError
from history.archive import Archive, SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.record import StoreError
from history.report import REQUESTS, build_report, find_statistic
from history.report_text import report_csv, report_json, report_text

DEFAULT: Final = "24h"
"""Begin of the span."""
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
    span = span_of(given.since or DEFAULT, given.until, time.time() if now is None else now)
    if span is None:
        parser.error(BAD_SPAN)
    refuse_contradictions(parser, given)
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


def _history(given: argparse.Namespace) -> _Source:
    """Open the history of one host."""
    path = history_path(given)
    return _Source(SqliteArchive(path, Retention()), source_name(given), path)


def _fleet(given: argparse.Namespace) -> _Source:
    """Open a store of many sensors."""
    found = open_sensors(given)
    return _Source(found.archive, found.name, str(found.address), tuple(found.names), found.archive.warnings)


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
    add_past(parser, DEFAULT)
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
