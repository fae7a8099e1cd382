"""Runs the command on a capture in this process, and reads the log that a user of `--log` would get.

Only HTTP/1 is decoded, because that is what the corpus expects here: it lists other protocols apart.
"""

import contextlib
import io
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from conformance_corpus import Capture, Row, rows

import exercise

SETTINGS = ("log_query_strings=true", "log_credentials=true", "max_str_length=65536")
"""Settings that truncate nothing, so that whole rows can be compared."""
_KEEP_RIGHTS = "user=root"
"""This process has more tests to run, so it keeps its privileges."""


def replay(capture: Capture, settings: tuple[str, ...] = SETTINGS) -> list[Row]:
    """Return the log that `exercise.py -r FILE -p any --protocols none --log LOG` writes."""
    with tempfile.TemporaryDirectory() as folder, _kept_signals(), _no_output():
        log = Path(folder, "log")
        exercise.main([*arguments(capture, log, settings), "--quiet"])
        return rows(log.read_text(encoding="ascii"))


def arguments(capture: Capture, log: Path | str, settings: tuple[str, ...] = SETTINGS) -> list[str]:
    given = [part for setting in (_KEEP_RIGHTS, *settings) for part in ("--set", setting)]
    return ["-r", str(capture.path), "-p", "any", "--protocols", "none", "--log", str(log), *given]


@contextlib.contextmanager
def _kept_signals() -> Iterator[None]:
    """Restore the handlers of SIGINT and SIGTERM, which the command replaces."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """Discard the summary."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
