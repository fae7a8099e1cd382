"""`exercise.py anomalies` judges the past again with seasonal baselines, and prints each anomaly in one line."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from typing import Any, Final

from alerting.alert import Alert
from alerting.signal_statistics import SIGNALS
from capture.privileges import give_up, sudo_caller
from cli.arguments import parse_arguments
from cli.build import PROGRAM
from cli.parser import OneLineParser, name_and_value
from cli.past import BAD_SPAN, add_past, history_path, moment, open_sensors, refuse_contradictions, span_of
from cli.settings import configured, plainly_configured
from dashboard.screen import Screen
from exercise_config import Config
from history.address import AddressError
from history.archive import SqliteArchive
from history.counts import Counts
from history.database import HistoryError
from history.keep import Retention
from history.periods import PeriodLevel
from history.record import StoreError
from run.judging_past import of_capture, of_history, spans
from view import figures
from view.cells import visible

_EXAMPLES: Final = """\
examples:
  exercise.py anomalies                      the last 7 days of eth0 port 80
  exercise.py anomalies --since 2026-11-01 --until 2026-11-08 -i lo -p 8080
  exercise.py anomalies -r trace.pcap        a capture
  exercise.py anomalies --store clickhouse://reader@db/web?password_file=reader.txt    the sums of many sensors
  exercise.py anomalies --json               for other programs

It learns what is usual from the weeks before, as far as they are kept. docs/learning.md explains what it finds, and
what it cannot. The exit status is 0 whether or not something is found, and 1 if the past cannot be read.
"""
DEFAULT: Final = "7d"
"""Begin of the span."""
NOT_COLLECTED: Final = (
    "a collector keeps what signals count for an hour only; anomalies needs a clickhouse:// store, or --history on a "
    "sensor's host"
)
NONE_KEPT: Final = "it has nothing that signals counted; that is kept from the first run of this version on"


def anomalies(argv: Sequence[str], now: float | None = None, *, lockdown: bool = True) -> int:
    """Print the anomalies; return 0, 1 if the past cannot be read, or 2 for wrong usage or settings.

    Raises:
        CaptureError: the capture cannot be read.
        SettingError: a setting is wrong.
    """
    parser = anomalies_parser()
    given = parser.parse_args(argv)
    if given.read is not None:
        if given.interface or given.history or given.until or given.store or given.sensor:
            parser.error("-r reads a capture; leave out -i, --history, --store, --sensor and --until")
        return _print_capture(parser, given, lockdown=lockdown)
    span = span_of(given.since or DEFAULT, given.until, time.time() if now is None else now)
    if span is None:
        parser.error(BAD_SPAN)
    refuse_contradictions(parser, given)
    config = plainly_configured(given.config, dict(given.settings))
    if caller := sudo_caller(os.environ):
        give_up(caller)  # SQLite creates files beside a database, and gives them to its owner
    try:
        return _print_history(given, config, span) if given.store is None else _print_sensors(given, config, span)
    except AddressError as error:
        parser.error(str(error))
    except KeyError as error:
        parser.error(str(error.args[0]))
    except (HistoryError, StoreError, ValueError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1


def anomalies_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `anomalies`."""
    parser = OneLineParser(
        prog="exercise.py anomalies",
        description="Judge what the history of one host or a store of many sensors kept, or a capture, with seasonal "
        "baselines, and print each anomaly with its reason and its main contributors.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add_past(parser, f"{DEFAULT}, all of a capture")
    add("-r", "--read", metavar="FILE", help="read this capture instead")
    add("--config", metavar="FILE", help="settings file, as of the monitor")
    add(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        type=name_and_value,
        action="append",
        default=[],
        help="change a setting, such as request_rate_threshold",
    )
    add("--json", action="store_true", help="print one JSON object")
    return parser


def _print_history(given: argparse.Namespace, config: Config, span: tuple[float, float]) -> int:
    path = history_path(given)
    with closing(SqliteArchive(path, Retention())) as archive:
        _print_past(given, config, archive, path, span)
    return 0


def _print_sensors(given: argparse.Namespace, config: Config, span: tuple[float, float]) -> int:
    found = open_sensors(given)
    with closing(found.archive):
        counts = found.archive.counts()
        if counts is None:
            raise StoreError(f"{found.address}: {NOT_COLLECTED}")
        for warning in found.archive.warnings:
            _remark(warning)
        _print_past(given, config, counts, str(found.address), span)
    return 0


def _print_past(
    given: argparse.Namespace, config: Config, counts: Counts, place: str, span: tuple[float, float]
) -> None:
    """Print the anomalies of what was counted, with a remark where only hours are kept."""
    if not any(name.startswith(SIGNALS) for name in counts.kept):
        raise HistoryError(f"{place}: {NONE_KEPT}")
    judged = spans(counts, *span)
    found = of_history(counts, config, judged)
    for each in judged:
        if each.level is PeriodLevel.HOUR:
            edge = figures.moment(each.until, None)
            _remark(f"before {edge} only hours are kept: what is short or small against an hour is not seen there")
    _print(given, found, *span)


def _print_capture(parser: argparse.ArgumentParser, given: argparse.Namespace, *, lockdown: bool) -> int:
    settings = [word for name, value in given.settings for word in ("--set", f"{name}={value}")]
    file = ["--config", given.config] if given.config else []
    chosen = ["-p", str(given.port)] if given.port else []
    arguments = parse_arguments(["-r", given.read, "--quiet", "--history", "none", *chosen, *file, *settings])
    since = moment(given.since, time.time()) if given.since else 0.0
    if since is None:
        parser.error("--since takes a day or a minute such as 2026-11-22T14:00")
    config = configured(arguments)
    config = config if lockdown else replace(config, lockdown=False)
    _print(given, of_capture(arguments, config, since), since, None)
    return 0


def _remark(sentence: str) -> None:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)


def _print(given: argparse.Namespace, found: Sequence[Alert], since: float, until: float | None) -> None:
    screen = Screen(sys.stdout)
    if given.json:
        told = {"since_timestamp_seconds": since, "until_timestamp_seconds": until}
        screen.say(json.dumps({**told, "anomalies": [_facts(alert) for alert in found]}))
        return
    for alert in found:
        lasted = "not over" if alert.end is None else f"lasted {figures.duration(alert.end - alert.start)}"
        screen.say(visible(f"{alert.explanation}; {lasted}"))
    if not found:
        _remark("no anomaly was found")


def _facts(alert: Alert) -> dict[str, Any]:
    left_out = ("acknowledged", "muted", "sensor", "incident")
    known = {name: value for name, value in asdict(alert).items() if name not in left_out}
    return {**known, "unit": alert.unit.value}
