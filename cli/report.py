"""`exercise.py report` prints a report from the history for a span of time, as text, JSON or CSV."""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Final, NoReturn

from capture.ports import parse_ports
from capture.privileges import give_up, sudo_caller
from cli.history_file import default_path
from dashboard.screen import Screen
from history.archive import SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.report import REQUESTS, build_report, find_statistic
from history.report_text import report_csv, report_json, report_text

_SPANS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FORMS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
MOST_ROWS: Final = 10_000
_EXAMPLES: Final = """\
examples:
  exercise.py report                                  the last 24 h of eth0 port 80, by section
  exercise.py report --since 7d --by domain           a week, compared with the week before
  exercise.py report --since 2026-11-01 --until 2026-11-08 --by status
  exercise.py report -i lo -p 8080 --json             as JSON, for other programs
  exercise.py report --list                           the statistics that --by accepts
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def report(argv: Sequence[str], now: float | None = None) -> int:
    """Print the report, under sudo with the rights of the caller alone; return 0, 1 if no history can be read, or 2
    for wrong usage.
    """
    parser = report_parser()
    given = parser.parse_args(argv)
    span = _span(given, time.time() if now is None else now)
    if span is None:
        parser.error(
            "--since and --until take a span such as 90m or 7d, or a day such as 2026-11-22; --since must be earlier"
        )
    path = given.history or str(default_path(given.interface, given.port))
    if caller := sudo_caller(os.environ):
        give_up(caller)  # SQLite creates files beside a database, and gives them to its owner
    try:
        with closing(SqliteArchive(path, Retention())) as archive:
            _print(archive, path, given, span)
    except HistoryError as error:
        print(f"exercise.py: {error}", file=sys.stderr)
        return 1
    except KeyError as error:
        parser.error(str(error.args[0]))
    return 0


def _span(given: argparse.Namespace, now: float) -> tuple[float, float] | None:
    since = moment(given.since, now)
    until = moment(given.until, now) if given.until else now
    return None if since is None or until is None or since >= until else (since, until)


def _print(archive: SqliteArchive, path: str, given: argparse.Namespace, span: tuple[float, float]) -> None:
    screen = Screen(sys.stdout)
    statistics = archive.statistics()
    if given.list:
        width = max(map(len, statistics), default=0)
        for name, unit in sorted(statistics.items()):
            screen.say(f"{name:<{width}}   {unit}")
        return
    by = find_statistic(given.by, statistics)
    if REQUESTS not in statistics:
        raise HistoryError(f"{path} contains no requests: the statistic {REQUESTS} was never enabled")
    source = given.history or f"{given.interface} port {given.port}"
    found = build_report(archive, source, by, *span, given.rows)
    if given.json or given.csv:
        screen.say(report_json(found) if given.json else report_csv(found))
    else:
        screen.say(report_text(found, screen.width, ascii_only=screen.ascii_only))


def report_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `report`."""
    parser = _Parser(
        prog="exercise.py report",
        description="Print totals, busiest times and a top list from the history, compared with the span before.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("-i", "--interface", metavar="NAME", default="eth0", help="interface of the capture (default: eth0)")
    add("-p", "--port", metavar="PORTS", default="80", type=_ports, help="ports of the capture (default: 80)")
    add("--history", metavar="FILE", help="read this history file instead")
    add("--since", metavar="TIME", default="24h", help="begin: a span before now, a day or a minute (default: 24h)")
    add("--until", metavar="TIME", help="end, in the same forms (default: now)")
    add(
        "--by",
        metavar="WHAT",
        default="section",
        help="statistic of the top list: section, domain, status ... (default: section)",
    )
    add("-n", "--rows", metavar="N", type=_rows, default=10, help="rows of the top list (default: 10)")
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


def _rows(text: str) -> int:
    if re.fullmatch(r"\d{1,9}", text) is None or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_ROWS:,}")
    return int(text)


def _ports(text: str) -> str:
    try:
        return str(parse_ports(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
