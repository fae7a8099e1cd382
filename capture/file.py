"""The common part of all capture file formats: bytes go in as they arrive, batches of frames come out.

A format parses the buffer and leaves incomplete records there to ask for more. Damage is reported only after all frames
before it were handed over.
"""

from abc import ABC, abstractmethod
from typing import Final, NamedTuple

from capture.bytestream import ByteStream
from capture.errors import DamagedCapture
from capture.source import Counters, Position
from traffic.frames import Frames

LONGEST_FRAME: Final = 2**18
"""Maximum plausible length of a frame in bytes, unless the file header announces longer ones."""


class Damage(NamedTuple):
    """What is wrong with a file, and at which byte."""

    what: str
    offset: int


class CaptureFile(ABC):
    """A source that reads a file. If a pipe has nothing yet, `read` returns an empty batch."""

    live: Final = False
    warning: Final = ""

    def __init__(self, name: str, stream: ByteStream, start: bytes) -> None:
        """`start` holds the bytes already read from the stream."""
        self.name = name
        self._stream = stream
        self._buffer = start
        self._position = 0
        self._offset = 0  # file offset of the buffer
        self._damage: Damage | None = None
        self._ended = False
        self._received = 0
        self._clock = 0.0

    def read(self) -> Frames | None:
        """Return the next frames, all that are complete in one piece of the file; None at the end.

        Raises:
            DamagedCapture: Raised once, after all frames before the damage were handed over.
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
        """Return the number of frames handed over; a file drops none."""
        return Counters(self._received, 0)

    def clock(self) -> float:
        """Return the time of the latest frame."""
        return self._clock

    def position(self) -> Position:
        """Return how far the file has been read, including the buffer."""
        return self._stream.position()

    def close(self) -> None:
        """Close the file."""
        self._ended = True
        self._stream.close()

    @abstractmethod
    def _parse(self) -> Frames:
        """Take all complete records from the buffer; call `_broken` if one is invalid."""

    def _broken(self, what: str, position: int) -> None:
        self._damage = Damage(what, self._offset + position)

    def _end(self) -> None:
        """Handle the end of the file, where bytes may be left over."""
        if self._stream.damage:
            self._broken(self._stream.damage, len(self._buffer))
        elif self._buffer:
            self._broken("the last record is truncated", 0)
        else:
            self._ended = True
