"""OpenSSL's own client and server on the loopback interface, with a relay between them that writes down what they send.

They do what Python's `ssl` cannot: change keys, renegotiate, send early data, and speak old versions.
"""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread

import pytest
from tls_peers import certificate
from wire import CLIENT, SERVER, Talk

PATIENCE = 10.0
"""Seconds to wait for a process to send something."""


class Relay:
    """Passes bytes between one client and a server, and keeps them in the order in which they came."""

    def __init__(self, server_port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent: list[tuple[int, bytes]] = []
        self.changed = Condition()
        self._server_port = server_port
        self._threads = [Thread(target=self._run, daemon=True)]
        self._threads[0].start()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._server_port), timeout=PATIENCE)
        client.settimeout(PATIENCE)
        back = Thread(target=self._pass, args=(SERVER, server, client), daemon=True)
        back.start()
        self._pass(CLIENT, client, server)
        back.join(PATIENCE)
        for one in (client, server, self._listener):
            one.close()

    def _pass(self, side: int, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(2**16):
                with self.changed:
                    self.sent.append((side, data))
                    self.changed.notify_all()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone

    def bytes_of(self, side: int) -> int:
        """Return how much a side has sent."""
        return sum(len(data) for sender, data in self.sent if sender == side)

    def join(self) -> None:
        """Wait until both sides have closed."""
        self._threads[0].join(PATIENCE)


class Program:
    """An openssl program, with what it has printed so far."""

    def __init__(self, *command: str) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, bufsize=0)
        self._printed = b""
        self._changed = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := self._process.stdout.read(2**16):
            with self._changed:
                self._printed += data
                self._changed.notify_all()

    def type(self, text: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)

    def expect(self, text: bytes) -> None:
        """Wait until it has printed `text`, and forget what it has printed up to there."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self._printed, PATIENCE), (text, self._printed)
            self._printed = self._printed.partition(text)[2]

    def end(self) -> None:
        """Close its input, and wait until it ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stdout.close()


class OpensslTalk:
    """A connection of `openssl s_client` to `openssl s_server`."""

    def __init__(
        self,
        folder: Path,
        options: Sequence[str],
        *,
        kind: str = "ec",
        client: Sequence[str] = (),
        server: Sequence[str] = (),
    ) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("not installed: openssl")
        self._log = folder / "keys.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        serving = ("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate(kind), "-naccept", "1")
        accepting = Program(*serving, *options, *server)
        accepting.expect(b"ACCEPT")
        self.relay = Relay(port)
        reached = ("openssl", "s_client", "-connect", f"127.0.0.1:{self.relay.port}", "-keylogfile", str(self._log))
        self._programs = (Program(*reached, *options, *client), accepting)

    def say(self, side: int, text: bytes) -> "OpensslTalk":
        """Send `text` from a side, and wait until the other one has printed it."""
        self._programs[side].type(text)
        self._programs[1 - side].expect(text)
        return self

    def command(self, side: int, letter: bytes) -> "OpensslTalk":
        """Give a program a command, and wait until it has sent something."""
        before = self.relay.bytes_of(side)
        self._programs[side].type(letter + b"\n")
        with self.relay.changed:
            assert self.relay.changed.wait_for(lambda: self.relay.bytes_of(side) > before, PATIENCE)
        return self

    def close(self) -> "tuple[Talk, bytes]":
        """End both programs; return what they sent, and the key log."""
        for program in self._programs:
            program.end()
        self.relay.join()
        talk = Talk(server_port=443)
        for side, data in self.relay.sent:
            talk.say(side, data)
        return talk.close(), self._log.read_bytes()
