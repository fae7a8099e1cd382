"""Starts the child process of the demo, `python -m demo`, which runs the web server and its visitors."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from demo.errors import DemoError

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder in which the child finds the modules of the program."""


class DemoTraffic:
    """Runs the web server in a child process for the duration of `with`, and its visitors from `begin` on.

    Raises:
        DemoError: on entering, if they did not start.
    """

    port: int
    """The server's port on 127.0.0.1."""

    def __enter__(self) -> "DemoTraffic":
        # A separate session keeps Ctrl+C from the child, which ends with its input, even if we crash.
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "demo"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise DemoError(f"the web server of the demo did not start: {error}") from error
        assert self._child.stdout is not None
        said = self._child.stdout.readline().decode().strip()
        if not said.isdigit():
            self.__exit__()
            raise DemoError(f"the web server of the demo did not start: {said or 'the process ended at once'}")
        self.port = int(said)
        return self

    def begin(self) -> None:
        """Let the visitors come."""
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):  # the child has ended, and the screen will show that nothing comes
            self._child.stdin.write(b".")
            self._child.stdin.flush()

    def __exit__(self, *_: object) -> None:
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            with suppress(PermissionError):  # we are locked down; without input, the child ends by itself
                child.kill()
                child.wait()
        child.stdout.close()
