"""Writes exchanges to a file that the user names. This is an I/O edge."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

from dashboard.full.new_file import NewFiles
from traffic.records import Exchange
from view.exchange_csv import csv_lines
from view.exchange_line import Discretion, exchange_line

CSV: Final = ".csv"


def suggested_name(now: float, zone: tzinfo | None) -> str:
    """Return a name with the time in it, so that it is hardly taken."""
    return f"http-monitor-{datetime.fromtimestamp(now, zone):%Y%m%d-%H%M%S}.jsonl"


def export(path: str, exchanges: Sequence[Exchange], discretion: Discretion, files: NewFiles | None = None) -> str:
    """Write a new file with `files`, as CSV if its name ends so, otherwise as lines of JSON. Return a sentence that
    says what was done.

    A file that is there already is never changed, nor is one that a link leads to.
    """
    lines = csv_lines(exchanges, discretion) if path.lower().endswith(CSV) else _json_lines(exchanges, discretion)
    try:
        (files or NewFiles()).write(os.path.expanduser(path), lines)
    except FileExistsError:
        return f"{path} is there already; choose another name"
    except (OSError, ValueError) as reason:
        return f"cannot write {path}: {getattr(reason, 'strerror', None) or reason}"
    return f"{len(exchanges):,} {'exchange' if len(exchanges) == 1 else 'exchanges'} written to {path}"


def _json_lines(exchanges: Iterable[Exchange], discretion: Discretion) -> Iterator[str]:
    return (f"{exchange_line(exchange, discretion)}\n" for exchange in exchanges)
