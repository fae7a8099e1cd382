"""A source of which only the frames that pass a filter expression are handed over, checked in our own process."""

from collections.abc import Callable

from capture.libpcap import compile_filter, frame_filter
from capture.source import Counters, Position, Source
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames


class Filtered:
    """`source`, less the frames that the expression refuses."""

    def __init__(self, source: Source, expression: str, link_type: int = LINKTYPE_ETHERNET) -> None:
        """`link_type`: for which the expression is tried at once, so that a wrong one is known at the start.

        Raises:
            BadFilter, LibpcapMissing: the expression cannot be used.
        """
        compile_filter(expression, link_type)
        self.name = source.name
        self.live = source.live
        self._source = source
        self._expression = expression
        self._filters: dict[int, Callable[[bytes], bool]] = {}
        self._received = 0

    @property
    def notice(self) -> str:
        """That of the source."""
        return self._source.notice

    def read(self) -> Frames | None:
        """The next batch; an empty one also when all of it was refused."""
        frames = self._source.read()
        if not frames:
            return frames
        kept = frames.chosen(number for number, frame in enumerate(frames) if self._passes(frame))
        self._received += len(kept)
        return kept

    def counters(self) -> Counters:
        """Frames that passed, and what the source dropped."""
        return Counters(self._received, self._source.counters().dropped)

    def clock(self) -> float:
        """That of the source."""
        return self._source.clock()

    def position(self) -> Position | None:
        """That of the source."""
        return self._source.position()

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _passes(self, frame: Frame) -> bool:
        passes = self._filters.get(frame.link_type)
        if passes is None:
            passes = self._filters[frame.link_type] = frame_filter(self._expression, frame.link_type)
        return passes(frame.data)
