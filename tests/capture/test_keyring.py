"""Keys reach the decoder before the packets they decrypt, and a file of packets if asked; they never reach a dump."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from capture_helpers import web
from decoders import decoder
from key_lines import key_line, key_lines

from capture.errors import CaptureError
from capture.intake import Intake
from capture.keys.keyring import Keyring
from capture.keys.source import KeysRead, NamedSource
from capture.source import Counters
from traffic.frame import Frame
from traffic.frames import Frames

ROOT = Path(__file__).resolve().parents[2]


class Given:
    """A source of keys that has these pieces."""

    def __init__(self, *pieces: bytes, warning: str = "") -> None:
        self.pieces = list(pieces)
        self.warning = warning
        self.closed = False

    def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        self.closed = True


class Told:
    """A decoder that notes what it is told, in order."""

    def __init__(self) -> None:
        self.story: list[object] = []
        self._decoder = decoder()

    def feed(self, frames: Frames) -> None:
        self.story.append(len(frames))

    def advance(self, now: float) -> None:
        self.story.append(now)

    def add_secrets(self, lines: bytes) -> None:
        self.story.append(lines)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)


class Idle:
    """A source that has nothing."""

    name, live, warning = "idle", True, ""

    def read(self) -> Frames | None:
        return None

    def counters(self) -> Counters:
        return Counters(0, 0)

    def clock(self) -> float:
        return 0.0

    def position(self) -> None:
        return None

    def close(self) -> None:
        """There is nothing to close."""


class Written:
    """A file of packets that notes what it is told."""

    name, skipped = "x.pcapng", 0

    def __init__(self, error: CaptureError | None = None) -> None:
        self.story: list[object] = []
        self._error = error

    def write(self, frames: Any) -> None:
        self.story.append(len(frames))

    def add_secrets(self, lines: bytes) -> None:
        if self._error is not None:
            raise self._error
        self.story.append(lines)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """There is nothing to close."""


FRAMES = Frames.of([Frame(1.0, 1, web(), 100)] * 3)


def intake(keyring: Keyring, writer: Written | None = None) -> tuple[Intake, Told]:
    told = Told()
    made = Intake(Idle(), told, writer)
    made.decrypt_with(keyring)
    return made, told


def test_keys_come_before_the_packets_that_arrived_with_them() -> None:
    source = Given(key_line(1), key_line(2))
    made, told = intake(Keyring([NamedSource("a", source)]))
    made.decode(FRAMES)
    made.advance(5.0)
    made.advance(6.0)
    assert told.story == [key_line(1), 3, key_line(2), 5.0, 6.0]


def test_of_a_file_all_keys_come_first() -> None:
    keyring = Keyring(
        [NamedSource("a", Given(key_line(1), key_line(2)))], NamedSource("b", Given(key_line(3))), live=False
    )
    made, told = intake(keyring)
    made.decode(FRAMES)
    assert told.story == [key_line(1), key_line(2), key_line(3), 3]


def test_keys_that_arrive_last_are_not_lost() -> None:
    source = Given()
    made, told = intake(Keyring([NamedSource("a", source)]))
    made.decode(FRAMES)
    source.pieces.append(key_line(1))
    made.close()
    assert told.story == [3, key_line(1)]
    assert source.closed


def test_the_file_of_packets_gets_keys_before_packets() -> None:
    writer = Written()
    made, _ = intake(Keyring([NamedSource("a", Given(key_line(1)))]), writer)
    made.decode(FRAMES)
    assert writer.story == [key_line(1), 3]


def test_a_full_disk_does_not_keep_keys_from_the_decoder() -> None:
    writer = Written(CaptureError("writing to x.pcapng failed: No space left on device"))
    made, told = intake(Keyring([NamedSource("a", Given(key_line(1)))]), writer)
    made.decode(FRAMES)
    assert told.story == [key_line(1), 3]
    assert made.status().warnings == ("writing to x.pcapng failed: No space left on device",)
    assert writer.story == []


def test_the_status_says_how_much_was_read_and_what_is_wrong() -> None:
    source = Given(b"# a comment\n" + key_lines(1, 2), warning="waiting for a")
    keyring = Keyring([NamedSource("a", source), NamedSource("b", Given())], remark="no core")
    made, _ = intake(keyring)
    assert made.status().keys == KeysRead(0, ("a", "b"))
    made.decode(FRAMES)
    assert made.status().keys == KeysRead(2, ("a", "b"))
    assert made.status().warnings == ("no core", "waiting for a")


def test_a_capture_file_is_named_once_it_has_keys() -> None:
    pieces = Given()
    made, _ = intake(Keyring(embedded=NamedSource("x.pcapng", pieces), live=False))
    assert made.status().keys == KeysRead(0, ())
    pieces.pieces.append(key_line(1))
    made.decode(FRAMES)
    assert made.status().keys == KeysRead(1, ("x.pcapng",))


class Endless:
    """A FIFO that is filled faster than it is read."""

    warning = ""
    reads = 0

    def read(self) -> bytes:
        self.reads += 1
        return key_line(1)

    def close(self) -> None:
        """Nothing is open."""


def test_an_endless_fifo_does_not_stop_a_file_from_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.keys.keyring.MOST_PIECES", 10)
    source = Endless()
    made, _ = intake(Keyring([NamedSource("a", source)], live=False))
    made.decode(FRAMES)
    made.decode(FRAMES)
    assert source.reads == 11


DUMPABLE = """
import ctypes, resource, sys
from capture.keys.embedded import EmbeddedKeys
from capture.keys.keyring import Keyring
from capture.keys.source import NamedSource
dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
Keyring().protect()
print(dumpable())
Keyring(embedded=NamedSource("x", EmbeddedKeys())).protect()
print(dumpable(), *resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_a_process_that_may_get_keys_cannot_be_dumped() -> None:
    done = subprocess.run([sys.executable, "-c", DUMPABLE], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["1", "0", "0", "0"]
