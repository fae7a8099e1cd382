"""What commands about the past have in common: whose history they read, and which span of time of it."""

import argparse
import fnmatch
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cli.history_file import default_path
from cli.parser import ports
from history.address import StoreAddress, parse_store
from history.fleet import FleetArchive
from history.record import StoreError
from settings.closest import did_you_mean

NAMED: Final = 5
"""Sensors that are named where there are more."""
BAD_SPAN: Final = (
    "--since and --until take a span such as 90m or 7d, or a day such as 2026-11-22; --since must be earlier"
)
_SPANS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FORMS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


class Sensors(NamedTuple):
    """Some sensors of an open store."""

    archive: FleetArchive
    """Their sums."""
    address: StoreAddress
    names: list[str]

    @property
    def name(self) -> str:
        """The store and its sensors, in words."""
        return f"{self.address}   {listed(self.names)}"


def add_past(parser: argparse.ArgumentParser, since: str) -> None:
    """Add the options that choose a history and a span, which begins at `since` by default."""
    add = parser.add_argument
    add("-i", "--interface", metavar="NAME", help="interface of the capture (default: eth0)")
    add("-p", "--port", metavar="PORTS", type=ports, help="ports of the capture (default: 80)")
    add("--history", metavar="FILE", help="read this history file instead")
    add(
        "--store", metavar="URL", help="read a store of many sensors instead: clickhouse://..., or a collector's folder"
    )
    add("--sensor", metavar="PATTERN", help="only these sensors of the store: web-1 or 'web-*,db-?' (default: all)")
    add("--since", metavar="TIME", help=f"begin: a span before now, a day or a minute (default: {since})")
    add("--until", metavar="TIME", help="end, in the same forms (default: now)")


def refuse_contradictions(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """End the program if options contradict each other."""
    if given.store is None and given.sensor is not None:
        parser.error("--sensor needs --store")
    if given.store is not None and (given.history or given.interface or given.port):
        parser.error("--store reads sensors; leave out -i, -p and --history")


def source_name(given: argparse.Namespace) -> str:
    """Return what the history of one host is about: its file, if that was chosen."""
    return given.history or f"{given.interface or 'eth0'} port {given.port or '80'}"


def history_path(given: argparse.Namespace) -> str:
    """Return the file of the history of one host."""
    return given.history or str(default_path(given.interface or "eth0", str(given.port or "80")))


def open_sensors(given: argparse.Namespace) -> Sensors:
    """Open a store of many sensors, and choose some of them.

    Raises:
        AddressError: it is no address of a store.
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
    return Sensors(fleet if given.sensor is None else fleet.of(names), address, names)


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
            hint = did_you_mean(pattern, known) or f"there are {listed(known)}"
            raise KeyError(f"no sensor {pattern!r}; {hint}")
        chosen.update(found)
    return [name for name in known if name in chosen]


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many there are more."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "") or "none"


def span_of(begin: str, end: str | None, now: float) -> tuple[float, float] | None:
    """Return begin and end of a span, by default until now; None if one of them is not a time, or it is empty."""
    since = moment(begin, now)
    until = moment(end, now) if end else now
    return None if since is None or until is None or since >= until else (since, until)


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
