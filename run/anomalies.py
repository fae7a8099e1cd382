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
from cli.history_file import default_path
from cli.parser import OneLineParser, ports
from cli.report import moment, span_of
from cli.settings import configured, plainly_configured
from dashboard.screen import Screen
from exercise_config import Config
from history.archive import SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.periods import PeriodLevel
from run.judging_past import of_capture, of_history, spans
from view import figures
from view.cells import visible

_EXAMPLES: Final = """\
examples:
  exercise.py anomalies                      the last 7 days of eth0 port 80
  exercise.py anomalies --since 2026-11-01 --until 2026-11-08 -i lo -p 8080
  exercise.py anomalies -r trace.pcap        a capture
  exercise.py anomalies --json               for other programs

It learns what is usual from the weeks before, as far as they are kept. docs/learning.md explains what it finds, and
what it cannot. The exit status is 0 whether or not something is found, and 1 if the past cannot be read.
"""
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
        if given.interface or given.history or given.until:
            parser.error("-r reads a capture; leave out -i, --history and --until")
        return _print_capture(parser, given, lockdown=lockdown)
    span = span_of(given.since or "7d", given.until, time.time() if now is None else now)
    if span is None:
        parser.error("--since and --until take a span such as 7d, or a day such as 2026-11-22; --since must be earlier")
    config = plainly_configured(given.config, dict(given.settings))
    if caller := sudo_caller(os.environ):
        give_up(caller)  # SQLite creates files beside a database, and gives them to its owner
    try:
        return _print_history(given, config, span)
    except (HistoryError, ValueError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1


def anomalies_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `anomalies`."""
    parser = OneLineParser(
        prog="exercise.py anomalies",
        description="Judge what the history of one host kept, or a capture, with seasonal baselines, and print each "
        "anomaly with its reason and its main contributors.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("-i", "--interface", metavar="NAME", help="interface of the capture (default: eth0)")
    add("-p", "--port", metavar="PORTS", type=ports, help="ports of the capture (default: 80)")
    add("--history", metavar="FILE", help="read this history file instead")
    add("-r", "--read", metavar="FILE", help="read this capture instead")
    add("--since", metavar="TIME", help="begin: a span before now, a day or a minute (default: 7d, all of a capture)")
    add("--until", metavar="TIME", help="end, in the same forms (default: now)")
    add("--config", metavar="FILE", help="settings file, as of the monitor")
    add(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="change a setting, such as request_rate_threshold",
    )
    add("--json", action="store_true", help="print one JSON object")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), value.strip()


def _print_history(given: argparse.Namespace, config: Config, span: tuple[float, float]) -> int:
    path = given.history or str(default_path(given.interface or "eth0", str(given.port or "80")))
    archive = SqliteArchive(path, Retention())
    with closing(archive):
        if not any(name.startswith(SIGNALS) for name in archive.kept):
            raise HistoryError(f"{path}: {NONE_KEPT}")
        judged = spans(archive, *span)
        found = of_history(archive, config, judged)
    for each in judged:
        if each.level is PeriodLevel.HOUR:
            edge = figures.moment(each.until, None)
            _remark(f"before {edge} only hours are kept: what is short or small against an hour is not seen there")
    _print(given, found, *span)
    return 0


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
