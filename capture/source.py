"""The interface of every frame source."""

from typing import NamedTuple, Protocol

from traffic.frames import Frames


class Counters(NamedTuple):
    """Frame counts since the source was opened."""

    received: int
    """Frames handed over by `read`."""
    dropped: int
    """Frames lost before they reached this program, because it was too slow."""


class Position(NamedTuple):
    """How far a file has been read, in bytes of the file as stored."""

    done: int
    total: int | None
    """Size of the file; None if unknown, as for a pipe."""


class Source(Protocol):
    """A source of frames. One thread reads; others may use `counters`, `warning` and `close`."""

    @property
    def name(self) -> str:
        """The interface or the file, as given by the user."""

    @property
    def live(self) -> bool:
        """Whether frames arrive in real time; otherwise they are read from a file at full speed."""

    @property
    def warning(self) -> str:
        """A sentence for the dashboard while something is wrong ("eth0 is down; waiting for it"), otherwise empty."""

    def read(self) -> Frames | None:
        """Return the next batch; empty if nothing arrived within about 0.1 s, None at the end of the capture.

        Raises:
            CaptureError: The capture cannot continue, or (DamagedCapture) the file is damaged from here on.
        """

    def counters(self) -> Counters:
        """Return totals since the source was opened; also valid after it was closed."""

    def clock(self) -> float:
        """Return the packet time up to which everything was handed over, in seconds since the epoch; 0 before any
        frame.

        An idle live source follows the wall clock, minus the longest time that it may hold back a frame.
        """

    def position(self) -> Position | None:
        """Return how far the file has been read; None if it is not a file."""

    def close(self) -> None:
        """Close the socket or file. Closing it twice is harmless."""
