"""Runs a command for each notice, with the facts in its environment and as JSON on its standard input.

It runs with the rights that we still have, in its own process group, and its output is discarded. If it fails it is
not run again, because it may have done half of its work. Where the monitor locks itself down, a process outside the
lock runs it: see `DistantProgram`.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from notices.bodies import json_body
from notices.errors import Refused, os_words
from notices.notice import Notice, contributor_line, facts

PREFIX: Final = "HTTP_MONITOR_"
GRACE: Final = 1.0
"""Seconds between SIGTERM and SIGKILL."""


class Runs(Protocol):
    """Anything that can run the command."""

    def run(self, variables: Mapping[str, str], text: str) -> None:
        """Run the command with these variables and this standard input, and wait for its end.

        Raises:
            Refused: it cannot be started, times out, or ends with a status other than 0.
        """

    def cancel(self) -> None:
        """Kill the running command, and start no more."""


class Command:
    """The command of `--on-alert`."""

    name: Final = "command"
    repeat: Final = None

    def __init__(self, words: Sequence[str], timeout: float, environment: Mapping[str, str]) -> None:
        """`words` are the program and its arguments. `environment` is what it inherits, without our secrets."""
        self.program: Runs = Program(words, timeout, environment)

    def send(self, notice: Notice) -> None:
        """Run the command, and wait for its end.

        Raises:
            Refused: it cannot be started, times out, or ends with a status other than 0.
        """
        self.program.run(variables(notice), json_body(notice).decode() + "\n")

    def cancel(self) -> None:
        """Kill the running command, and start no more."""
        self.program.cancel()


class Program:
    """The program that the command names, run by this process."""

    def __init__(self, words: Sequence[str], timeout: float, environment: Mapping[str, str]) -> None:
        self._words = list(words)
        self._timeout = timeout
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def run(self, variables: Mapping[str, str], text: str) -> None:
        """Run it, as `Runs` says."""
        process = self._start({**self._environment, **variables})
        try:
            process.communicate(text.encode(), self._timeout)
        except subprocess.TimeoutExpired:
            end_group(process)
            raise Refused(f"killed after {self._timeout:g} s") from None
        finally:
            self._process = None
        if process.returncode:
            raise Refused(_ending(process.returncode))

    def cancel(self) -> None:
        """Kill the running command, and start no more."""
        with self._lock:
            self._cancelled = True
            process = self._process
        if process is not None:
            end_group(process, grace=0.0)

    def _start(self, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._cancelled:
                raise Refused("the program ended")
            try:
                self._process = subprocess.Popen(
                    self._words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                words = os_words(error) if isinstance(error, OSError) else "its arguments contain a NUL character"
                raise Refused(f"cannot be started: {words}") from None
            return self._process


class DistantProgram:
    """The same program, run by another process. `ask` sends it a request, `close` ends it."""

    def __init__(self, ask: Callable[[bytes], bytes], close: Callable[[], None]) -> None:
        self._ask = ask
        self.cancel = close

    def run(self, variables: Mapping[str, str], text: str) -> None:
        """Have it run, as `Runs` says."""
        try:
            refused = self._ask(json.dumps([dict(variables), text]).encode()).decode()
        except OSError:
            raise Refused("the process that runs commands has ended") from None
        if refused:
            raise Refused(refused)


def run_on_request(program: Runs, request: bytes) -> bytes:
    """Run the program in the other process, and return why it was refused, if it was.

    The request is not trusted: it may set no variables but those of a notice.
    """
    variables, text = json.loads(request)
    if not isinstance(text, str) or not all(isinstance(value, str) for value in variables.values()):
        return b"the request is not one of a notice"
    if not all(name.startswith(PREFIX) for name in variables):
        return b"the request is not one of a notice"
    try:
        program.run(variables, text)
    except Refused as reason:
        return str(reason).encode()
    return b""


def variables(notice: Notice) -> dict[str, str]:
    """Return the facts as environment variables; unknown ones are empty."""
    known = {name: "" if value is None else str(value) for name, value in facts(notice).items()}
    known["contributors"] = "; ".join(contributor_line(each) for each in notice.alert.contributors)
    return {PREFIX + name.upper(): value.replace("\0", "") for name, value in known.items()}


def end_group(process: "subprocess.Popen[bytes]", grace: float = GRACE) -> None:
    """Terminate the process and everything it started, then kill what is left after `grace` seconds."""
    _signal_group(process, signal.SIGTERM)
    if grace:
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Signal the group, which has the number of its first process and exists as long as one of its members."""
    with suppress(ProcessLookupError, PermissionError):  # it ended; macOS denies access to what is not yet reaped
        os.killpg(process.pid, number)


def _ending(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"
