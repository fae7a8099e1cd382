"""What every source of frames can do."""

from typing import NamedTuple, Protocol

from traffic.frames import Frames


class Counters(NamedTuple):
    """Frames since the source was opened."""

    received: int
    """Handed over by `read`."""
    dropped: int
    """Lost before they reached us, because we were too slow."""


class Position(NamedTuple):
    """How far a file is read, in bytes of the file as it is stored."""

    done: int
    total: int | None
    """None where nobody knows: of a pipe."""


class Source(Protocol):
    """Where frames come from. One thread reads; `counters`, `notice` and `close` may be used from another."""

    @property
    def name(self) -> str:
        """The interface or the file, as the user named it."""

    @property
    def live(self) -> bool:
        """Whether frames come as they are on the wire; else they come from a file, as fast as they are read."""

    @property
    def notice(self) -> str:
        """A sentence for the dashboard while something is amiss ("eth0 is down, waiting for it"), else empty."""

    def read(self) -> Frames | None:
        """The next batch; empty when nothing came within about 0.1 s; None at the end of the capture.

        Raises:
            CaptureError: capture cannot go on, or (DamagedCapture) the file is broken from here on.
        """

    def counters(self) -> Counters:
        """Totals since the source was opened; also after it was closed."""

    def clock(self) -> float:
        """The packet time up to which everything was handed over, in seconds since the epoch; 0 before any frame.

        A live source that is idle follows the wall clock, less the longest time that it may hold a frame back.
        """

    def position(self) -> Position | None:
        """How far the file is read; None for what is no file."""

    def close(self) -> None:
        """Let go of the socket or file. May be called twice."""
