"""The command line of `exercise.py watch`: the screen of a fleet, without a sensor."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from cli.arguments import Arguments, parse_arguments
from cli.build import PROGRAM
from cli.options import UIS
from cli.parser import OneLineParser, name_and_value, parse_seconds
from history.address import AddressError, StoreAddress, parse_store
from store.filtering.errors import FilterError
from store.filtering.sensors import SensorFilter, parse_sensors

_EXAMPLES = """\
examples:
  exercise.py watch --store clickhouse://reader@db.example.com/http_monitor?password_file=reader.txt
  exercise.py watch --store /srv/sensors                        the folder of a collector on this host
  exercise.py watch --store URL --only 'vantage:edge -sensor:test-*'
  exercise.py watch --store URL --group-by sensor -q             print only alerts, also those of single sensors
"""


class WatchArguments(NamedTuple):
    """The parsed command line."""

    store: StoreAddress
    only: SensorFilter
    """The sensors that are watched."""
    by_sensor: bool
    """Whether alerts that the sensors raised are shown."""
    ignored: tuple[str, ...]
    """Patterns of sensors that may be silent."""
    shared: Arguments
    """What is the same as for one host."""


def parse_watch(argv: Sequence[str]) -> WatchArguments:
    """Return the arguments. --help and wrong usage end the program."""
    parser = watch_parser()
    given = parser.parse_args(argv)
    if given.ui == "full" and given.quiet:
        parser.error("--ui full and -q cannot be combined")
    settings = dict(given.settings)
    for option, name in (("user", "user"), ("on_alert", "notice_command")):
        if getattr(given, option) is not None:
            settings[name] = getattr(given, option)
    shared = replace(
        parse_arguments([]),
        duration=given.duration,
        config=given.config,
        settings=settings,
        ui=given.ui,
        colour=False if given.no_color else None,
        quiet=given.quiet,
        verbose=given.verbose,
    )
    return WatchArguments(given.store, given.only, given.group_by == "sensor", tuple(given.ignore), shared)


def watch_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `watch`."""
    parser = OneLineParser(
        prog=f"{PROGRAM} watch",
        description="Show the sums of many sensors, and alert when their traffic leaves its baseline or one is silent.",
        epilog=_EXAMPLES.replace("exercise.py", PROGRAM),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("what to watch").add_argument
    add("--store", metavar="URL", type=_store, required=True, help="clickhouse://USER@HOST/DATABASE or a folder")
    add(
        "--only",
        metavar="FILTER",
        type=_sensors,
        default=SensorFilter(),
        help="watch only these sensors: 'sensor:web-*'",
    )
    add("--group-by", choices=("sensor",), help="also show and report alerts that the sensors raised themselves")
    add(
        "--ignore", metavar="PATTERN", action="append", default=[],
        help="sensors that may be silent, such as 'old-*'; may be repeated",
    )  # fmt: skip
    add("--duration", metavar="SECONDS", type=parse_seconds, help="stop after this many seconds")

    add = parser.add_argument_group("display").add_argument
    add("--ui", choices=UIS, default=UIS[0], help="display mode, as for one host")
    add("--no-color", action="store_true", help="no colours; setting the environment variable NO_COLOR does the same")
    add("-q", "--quiet", action="store_true", help="no dashboard: only alerts, and the summary at the end")
    add("-v", "--verbose", action="store_true", help="log progress to standard error")
    add("--on-alert", metavar="CMD", help="run this command when an alert is raised or dismissed; see docs/notices.md")

    add = parser.add_argument_group("settings and rights").add_argument
    add("--config", metavar="FILE", help="settings file (default: http-monitor/config.toml in $XDG_CONFIG_HOME)")
    add(
        "--set", metavar="NAME=VALUE", dest="settings", action="append", type=name_and_value, default=[],
        help="change a setting, may be repeated; exercise.py --show-config lists them",
    )  # fmt: skip
    add("--user", metavar="NAME", help="as root, switch to this user (default: the sudo caller, otherwise nobody)")
    return parser


def _store(text: str) -> StoreAddress:
    try:
        return parse_store(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _sensors(text: str) -> SensorFilter:
    try:
        return parse_sensors(text)
    except FilterError as error:
        raise argparse.ArgumentTypeError(error.message) from error
