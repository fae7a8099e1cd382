"""Writes one line per exchange, and per record of another kind if wanted, to the file of `--log`.

This is an edge; `view.exchange_line`, `view.handshake_line`, `view.lookup_line` and `view.quic_line` make the lines.

Lines are appended to an existing file. Only its owner can read a new file, because it says who requested what.
"""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from outputs.report_file import OpenFile
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import DnsLookup, Exchange, QuicConnection, TlsHandshake
from view.exchange_line import Discretion, exchange_line
from view.finding_line import finding_line
from view.handshake_line import handshake_line
from view.lookup_line import lookup_line
from view.outlet import OutputClosedError
from view.quic_line import quic_line

STANDARD_OUTPUT: Final = "-"
OWNER_ONLY: Final = 0o600
LINES: Final = 500
"""Number of lines written at a time, so that those of a large batch are never all in memory."""


LOGGED: Final[Mapping[str, type]] = MappingProxyType(
    {
        "exchanges": Exchange,
        "handshakes": TlsHandshake,
        "lookups": DnsLookup,
        "quic": QuicConnection,
        "findings": Finding,
    }
)
"""Kinds of records with lines, by their names in `log_records`."""


class LogError(Exception):
    """The log cannot be opened, or standard output cannot be written to. The text is one line for the user."""


class ExchangeLog:
    """A log of every exchange, and of other records."""

    def __init__(
        self,
        path: str,
        discretion: Discretion,
        open_file: OpenFile = os.open,
        records: Sequence[str] = ("exchanges",),
    ) -> None:
        """Open `path` with `open_file` to append to it; `-` is standard output. `records` are names of `LOGGED`.

        Raises:
            LogError: the file cannot be opened.
        """
        self.warnings: tuple[str, ...] = ()
        """A sentence that says why the log ended; empty while it is written."""
        self._name = "standard output" if path == STANDARD_OUTPUT else path
        self._is_output = path == STANDARD_OUTPUT
        self._lines: dict[str, Callable[[Any], str]] = {
            "exchanges": lambda exchange: exchange_line(exchange, discretion),
            "handshakes": handshake_line,
            "lookups": lookup_line,
            "quic": quic_line,
            "findings": finding_line,
        }
        self._records = tuple(records)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.dup(1) if self._is_output else open_file(path, flags, OWNER_ONLY)
        except (OSError, ValueError) as reason:
            said = getattr(reason, "strerror", None) or reason
            raise LogError(f"cannot write the log to {self._name}: {said}; use another file with --log") from reason

    def take(self, batch: Batch) -> None:
        """Write a line for each exchange of a batch, and then for each other record.

        If writing to a file fails, it is closed, and `warnings` says so.

        Raises:
            LogError: writing to standard output failed, so nothing more can be shown.
            OutputClosedError: the reader of standard output is gone.
        """
        if self._file < 0:
            return
        for name in self._records:
            line, records = self._lines[name], batch.table(LOGGED[name]).records()
            for begin in range(0, len(records), LINES):
                self._write([line(each) for each in records[begin : begin + LINES]])

    def _write(self, lines: Sequence[str]) -> None:
        written = 0
        block = memoryview("".join(f"{line}\n" for line in lines).encode("ascii"))
        try:
            while self._file >= 0 and written < len(block):
                written += os.write(self._file, block[written:])
        except OSError as reason:
            self._give_up(reason, bytes(block[:written]))

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def fileno(self) -> int:
        """Return the descriptor of the open file; -1 if it is closed."""
        return self._file

    def _give_up(self, reason: OSError, written: bytes) -> None:
        """Cut off an incomplete last line, close the file, and say why."""
        part = len(written) - (written.rfind(b"\n") + 1)
        if part:
            with contextlib.suppress(OSError):  # a pipe cannot be truncated
                os.ftruncate(self._file, os.lseek(self._file, 0, os.SEEK_CUR) - part)
        self.close()
        warning = f"the log ended: writing to {self._name} failed: {reason.strerror}"
        self.warnings = (warning,)
        if self._is_output and isinstance(reason, BrokenPipeError):
            raise OutputClosedError from reason
        if self._is_output:
            raise LogError(warning) from reason
