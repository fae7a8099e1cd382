"""What capture files of every format have in common: bytes go in as they come, batches of frames come out.

A format parses what is in the buffer, and asks for more by leaving the rest. Damage is kept back until
all frames before it were handed over.
"""

from abc import ABC, abstractmethod
from typing import Final, NamedTuple

from capture.bytestream import ByteStream
from capture.errors import DamagedCapture
from capture.source import Counters, Position
from traffic.frames import Frames

LONGEST_FRAME: Final = 2**18
"""Longest frame that a sane file holds, in bytes, unless its head promises longer ones."""


class Damage(NamedTuple):
    """What is wrong with a file, and at which byte of it."""

    what: str
    offset: int


class CaptureFile(ABC):
    """A source that reads a file. A pipe may have nothing for the moment: then `read` gives an empty batch."""

    live: Final = False
    notice: Final = ""

    def __init__(self, name: str, stream: ByteStream, start: bytes) -> None:
        """`start`: the bytes that were already read from the stream."""
        self.name = name
        self._stream = stream
        self._buffer = start
        self._position = 0
        self._offset = 0  # of the buffer in the file
        self._damage: Damage | None = None
        self._ended = False
        self._received = 0
        self._clock = 0.0

    def read(self) -> Frames | None:
        """The next frames, as many as came whole with a piece of the file; None at the end.

        Raises:
            DamagedCapture: once, when all frames before the damage were handed over.
        """
        while not self._ended:
            if not self._damage:
                frames = self._parse()
                if frames:
                    self._received += len(frames)
                    self._clock = float(frames.times[-1])
                    return frames
            if self._damage:
                self._ended = True
                raise DamagedCapture(self.name, *self._damage)
            rest = self._buffer[self._position :]
            more = self._stream.read_on(rest)
            if more is None:
                return Frames(b"")
            self._offset += self._position
            self._buffer, self._position = more, 0
            if len(more) <= len(rest):
                self._end()
        return None

    def counters(self) -> Counters:
        """Frames handed over; a file drops none."""
        return Counters(self._received, 0)

    def clock(self) -> float:
        """The time of the latest frame."""
        return self._clock

    def position(self) -> Position:
        """How far the file is read: what is in the buffer too."""
        return self._stream.position()

    def close(self) -> None:
        """Close the file."""
        self._ended = True
        self._stream.close()

    @abstractmethod
    def _parse(self) -> Frames:
        """Take all whole records from the buffer; calls `_broken` where they make no sense."""

    def _broken(self, what: str, position: int) -> None:
        self._damage = Damage(what, self._offset + position)

    def _end(self) -> None:
        """No more bytes will come; some may be left."""
        if self._stream.damage:
            self._broken(self._stream.damage, len(self._buffer))
        elif self._buffer:
            self._broken("the last record is cut off", 0)
        else:
            self._ended = True
