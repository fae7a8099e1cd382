"""Has HAProxy refuse blocked clients: entries of an ACL or a map, changed by its Runtime API.

The file from which HAProxy loads them is written too, so a restarted HAProxy has them. A file whose name ends in `.map`
is a map, any other an ACL. Source: HAProxy Management Guide, sections 9.3 (`add acl`, `show info`).
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from blocking import files
from blocking.bouncer import BouncerError

TIMEOUT: Final = 5.0
"""Seconds for each step of a conversation."""
AT_ONCE: Final = 100
"""Commands in one conversation: they must fit into HAProxy's buffer of 16 KiB."""
LARGEST: Final = 2**24
"""Bytes of an answer."""
SETTING: Final = "block_haproxy_sockets"
FILE_SETTING: Final = "block_haproxy_file"


class Runtime:
    """The Runtime API of one HAProxy."""

    def __init__(self, address: str) -> None:
        """`address` is the path of its socket, or HOST:PORT."""
        self.address = address

    def ask(self, commands: Sequence[str]) -> str:
        """Send commands, and return what HAProxy says.

        Raises:
            BouncerError: it is not there, or does not answer.
        """
        try:
            with self._connected() as channel:
                channel.sendall(("; ".join(commands) + "\n").encode("ascii"))
                return _all_of(channel).decode("utf-8", "replace")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise BouncerError(f"HAProxy at {self.address}: {why}; is it running? See {SETTING}") from None

    def do(self, commands: Sequence[str]) -> None:
        """Send commands that say nothing if they work.

        Raises:
            BouncerError: it is not there, or one of them did not work.
        """
        rest = iter(commands)
        while some := list(islice(rest, AT_ONCE)):
            for line in self.ask(some).splitlines():
                if line.strip() and not line.startswith("Done"):
                    raise BouncerError(f"HAProxy at {self.address}: {_advice(line.strip())}")

    def process(self) -> str:
        """Return which process answers; another one has loaded the file anew."""
        facts = dict(line.partition(": ")[::2] for line in self.ask(["show info"]).splitlines())
        if "Pid" not in facts:
            raise BouncerError(f"HAProxy at {self.address} does not tell `show info`; its socket needs `level admin`")
        return facts["Pid"].strip()

    def _connected(self) -> socket.socket:
        host, colon, port = self.address.rpartition(":")
        if colon and port.isdecimal() and "/" not in self.address:
            return socket.create_connection((host.strip("[]"), int(port)), TIMEOUT)
        channel = socket.socket(socket.AF_UNIX)
        channel.settimeout(TIMEOUT)
        try:
            channel.connect(self.address)
        except BaseException:
            channel.close()
            raise
        return channel


class HaProxy:
    """One HAProxy, or several with the same file."""

    name: Final = "haproxy"

    def __init__(self, sockets: Sequence[str], path: str) -> None:
        """`path` is the file as HAProxy's configuration names it."""
        self._path = path
        self._kind, self._value = ("map", " 1") if path.endswith(".map") else ("acl", "")
        self._runtimes = {Runtime(address): _Known() for address in sockets}

    def open(self) -> None:
        """Empty file and lists."""
        if not self._runtimes:
            raise BouncerError(f"no socket of HAProxy is named; see {SETTING}")
        self._write({})
        for runtime, known in self._runtimes.items():
            known.process = runtime.process()
            runtime.do([f"clear {self._kind} {self._path}"])

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Write the file, then change what differs in each HAProxy. One that was restarted is asked what it has."""
        self._write(blocked)
        failures = [self._failure(runtime, known, blocked) for runtime, known in self._runtimes.items()]
        if any(failures):
            raise BouncerError("; ".join(filter(None, failures)))

    def close(self) -> None:
        """Empty file and lists."""
        self.sync({})

    def _failure(self, runtime: Runtime, known: "_Known", blocked: Mapping[str, float]) -> str:
        """Change one, and return what was wrong, if anything: the others are told all the same."""
        try:
            self._change(runtime, known, blocked)
        except BouncerError as error:
            known.process = ""
            return str(error)
        return ""

    def _change(self, runtime: Runtime, known: "_Known", blocked: Mapping[str, float]) -> None:
        process = runtime.process()
        if process != known.process:
            known.networks = set(self._listed(runtime))
            known.process = process
        gone, new = known.networks - blocked.keys(), blocked.keys() - known.networks
        if not gone and not new:
            return
        known.process = ""  # until it has worked
        commands = [f"del {self._kind} {self._path} {network}" for network in sorted(gone)]
        commands += [f"add {self._kind} {self._path} {network}{self._value}" for network in sorted(new)]
        runtime.do(commands)
        known.networks, known.process = set(blocked), process

    def _listed(self, runtime: Runtime) -> Iterator[str]:
        """Yield what HAProxy has: an entry is a line with its number, its key and, in a map, its value."""
        for line in runtime.ask([f"show {self._kind} {self._path}"]).splitlines():
            words = line.split()
            if len(words) > 1 and words[0].startswith("0x"):
                yield words[1]
            elif words:
                raise BouncerError(f"HAProxy at {runtime.address}: {_advice(line.strip())}")

    def _write(self, blocked: Mapping[str, float]) -> None:
        text = "".join(f"{network}{self._value}\n" for network in sorted(blocked))
        if files.unlike(self._path, text):
            files.write(self._path, text, FILE_SETTING)


class _Known:
    """What a HAProxy has, as far as we know."""

    def __init__(self) -> None:
        self.process = ""
        self.networks: set[str] = set()


def _all_of(channel: socket.socket) -> bytes:
    """Read until HAProxy closes, which it does after the answer."""
    parts = bytearray()
    while part := channel.recv(2**16):
        parts += part
        if len(parts) > LARGEST:
            raise ValueError("its answer is too long")
    return bytes(parts)


def _advice(line: str) -> str:
    if "ermission denied" in line:
        return f"{line} Its socket needs `level admin`"
    if "nknown" in line:
        return f"{line} Its configuration must use the file: see {FILE_SETTING}"
    return line
