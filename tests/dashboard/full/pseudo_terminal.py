"""A pseudo terminal with a program in it: what it wrote, which modes it left on, what `stty` would say."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

MODES = re.compile(r"\x1b\[\?([0-9;]+)([hl])")
PATIENCE = 60.0
"""Seconds until a test gives up."""


class PseudoTerminal:
    """Runs a program on a terminal of its own, which controls it, as a shell's window does."""

    def __init__(
        self, command: Sequence[str], columns: int = 100, lines: int = 30, environ: Mapping[str, str] | None = None
    ) -> None:
        self._master, self._slave = os.openpty()
        self.resize(columns, lines)
        self.before = self.attributes()
        self.written = ""
        own = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**own, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environ or {})},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            cwd=Path(__file__).parents[3],
        )

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def attributes(self) -> list[object]:
        """All that `stty -a` shows."""
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, after: int = 0) -> int:
        """Wait until it wrote that after what it had written then; how much it has written now."""
        self._read_until(lambda: text in self.written[after:], f"{text!r} to be written")
        return len(self.written)

    def wait_until_stopped(self) -> None:
        self._read_until(lambda: self._state() == "T", "the program to be stopped")

    def end(self) -> int:
        """Wait until it ends by itself; its exit status."""
        self._read_until(lambda: self.process.poll() is not None, "the end of the program")
        self._read()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def modes_left_on(self) -> set[str]:
        """Modes other than the usual ones (a cursor that shows, lines that wrap) that it has not taken back."""
        state = {"25": "h", "7": "h"}
        for numbers, switch in MODES.findall(self.written):
            state.update(dict.fromkeys(numbers.split(";"), switch))
        return {mode for mode, switch in state.items() if (switch == "h") != (mode in ("25", "7"))}

    def _state(self) -> str:
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while select.select([self._master], [], [], 0.05)[0]:
                self.written += os.read(self._master, 65536).decode(errors="replace")

    def _read_until(self, holds: object, what: str) -> None:
        assert callable(holds)
        deadline = time.monotonic() + PATIENCE
        while not holds():
            self._read()
            assert time.monotonic() < deadline, f"waited in vain for {what}; the last of it: {self.written[-2000:]!r}"
