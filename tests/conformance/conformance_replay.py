"""Runs the command on a capture, in this process, and reads what a user of `--log` and of the summary gets."""

import contextlib
import io
import os
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from conformance_corpus import Capture, Row, rows

import exercise

SETTINGS = ("log_query_strings=true", "log_credentials=true", "max_str_length=65536")
"""Nothing is cut, so that all of a row can be compared."""
_KEEP_RIGHTS = "user=root"
"""A process that has tests to run after this one does not give up its rights."""
_UNREADABLE = re.compile(r"(\d[\d,]*) ([^,]+?) connections? unreadable")


class Replay(NamedTuple):
    """What came of a capture."""

    status: int
    """Exit status of the command: 1 for a damaged capture."""
    lines: list[Row]
    """The log."""
    unreadable: Counter[str]
    """Connections by kind, as the summary has them."""


def replay(capture: Capture, settings: tuple[str, ...] = SETTINGS) -> Replay:
    """What `exercise.py -r FILE -p any --log LOG` gives."""
    with tempfile.TemporaryDirectory() as folder, _kept_signals(), _wide_output() as output:
        log = Path(folder, "log")
        status = exercise.main([*arguments(capture, log, settings), "--quiet", "--user", "root"])
        return Replay(status, rows(log.read_text(encoding="ascii")), _unreadable(output.getvalue()))


def arguments(capture: Capture, log: Path | str, settings: tuple[str, ...] = SETTINGS) -> list[str]:
    given = [part for setting in (_KEEP_RIGHTS, *settings) for part in ("--set", setting)]
    return ["-r", str(capture.path), "-p", "any", "--log", str(log), *given]


def _unreadable(summary: str) -> Counter[str]:
    return Counter({kind: int(times.replace(",", "")) for times, kind in _UNREADABLE.findall(summary)})


@contextlib.contextmanager
def _kept_signals() -> Iterator[None]:
    """The command takes SIGINT and SIGTERM for itself; give them back."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def _wide_output() -> Iterator[io.StringIO]:
    """Standard output and error as text whose lines are not wrapped."""
    output, columns = io.StringIO(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100000"
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            yield output
    finally:
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
