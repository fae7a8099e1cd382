"""The child process of the demo, `python -m demo`, in which the web server and its visitors run."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from demo.errors import DemoError

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder in which the child finds the modules of the program."""


class DemoTraffic:
    """The web server and its visitors, for the duration of `with`. They run in a child process, beside the capture.

    Raises:
        DemoError: on entering: they did not start.
    """

    port: int
    """Where the server listens on 127.0.0.1."""

    def __enter__(self) -> "DemoTraffic":
        # In a session of its own, as Ctrl+C is for us alone. The child ends with its input, so also when we crash.
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
            raise DemoError(f"the web server of the demo did not start: {said or 'it ended at once'}")
        self.port = int(said)
        return self

    def __exit__(self, *_: object) -> None:
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
