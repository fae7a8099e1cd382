"""The bouncer as the monitor has it: a process with the rights that telling a front takes."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from blocking.bouncer import BouncerError
from blocking.messages import AT_ONCE, LONGEST, READY, request

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder in which the process finds the modules of the program."""
START: Final = 30.0
"""Seconds for it to open the front."""
GRACE: Final = 15.0
"""Seconds for it to undo everything."""
_ISOLATED: Final = ("-I", "-S", "-c")
"""Nothing of the environment, and no package, is loaded with the rights of the process."""
_CODE: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from blocking.helper import main; sys.exit(main(sys.argv[2:]))"
)


class BouncerProcess:
    """The process. It is a bouncer that never waits, except in `open` and `close`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` are those that `blocking.helper` reads: `name`, `user`, the bounds, and the bouncer's own."""
        self.name: str = settings["name"]
        self.warning = ""
        """A sentence if the front does not obey; empty otherwise."""
        self._settings = settings
        self._told: dict[str, float] = {}
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start it, and wait until it has opened the front.

        Raises:
            BouncerError: it could not.
        """
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, *_ISOLATED, _CODE, str(ROOT), str(its.fileno()), json.dumps(dict(self._settings))],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._channel = ours
        ours.settimeout(START)
        try:
            said = ours.recv(LONGEST).decode("utf-8", "replace")
        except TimeoutError:
            said = f"{self.name} does not answer within {START:g} s"
        if said != READY:
            wrong = self._end()
            raise BouncerError(f"--block {self.name}: {said or wrong}")
        ours.setblocking(False)

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Tell the process what has changed. What it cannot take now, it is told by the next call."""
        if self._channel is None:
            return
        changes = {network: 0.0 for network in self._told if network not in blocked}
        changes |= {network: until for network, until in blocked.items() if self._told.get(network) != until}
        rest = iter(changes.items())
        try:
            while part := dict(islice(rest, AT_ONCE)):
                self._channel.send(request(part.items()))
                self._note(part)
        except BlockingIOError:
            pass
        except OSError:
            self._lose()
        self._listen()

    def close(self) -> None:
        """Have everything undone, and wait for that.

        Raises:
            BouncerError: it did not work.
        """
        if self._channel is None:
            return
        if wrong := self._end():
            raise BouncerError(wrong)

    def _note(self, part: Mapping[str, float]) -> None:
        for network, until in part.items():
            if until:
                self._told[network] = until
            else:
                del self._told[network]

    def _listen(self) -> None:
        """Take over what the process says about the front."""
        while self._channel is not None:
            try:
                said = self._channel.recv(LONGEST)
            except BlockingIOError:
                return
            except OSError:
                said = b""
            if not said:
                self._lose()
                return
            self.warning = said.decode("utf-8", "replace").strip()

    def _lose(self) -> None:
        """Note that the process has ended by itself. It undoes everything first."""
        self.warning = f"nobody is blocked any more: {self._end() or f'the process for {self.name} has ended'}"

    def _end(self) -> str:
        """End the process, and return what it says was wrong."""
        assert self._channel is not None
        assert self._process is not None
        assert self._process.stderr is not None
        self._channel.close()
        self._channel = None
        said = b""
        with self._process.stderr as complaints:
            try:
                self._process.wait(GRACE)
                said = complaints.read(2000)
            except subprocess.TimeoutExpired:
                with suppress(PermissionError):  # it has more rights than we have by now
                    self._process.kill()
                said = f"{self.name} was not reset within {GRACE:g} s".encode()
        return said.decode("utf-8", "replace").strip().rpartition("\n")[2]
