"""Wraps a source and filters its frames with an expression in this process."""

from collections.abc import Callable

from capture.libpcap import compile_filter, frame_filter
from capture.source import Counters, Position, Source
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames


class Filtered:
    """Hands over the frames of `source` that match the expression."""

    def __init__(self, source: Source, expression: str, link_type: int = LINKTYPE_ETHERNET) -> None:
        """Compile the expression for `link_type` at once, so that an invalid one is reported at the start.

        Raises:
            BadFilter, LibpcapMissing: The expression cannot be used.
        """
        compile_filter(expression, link_type)
        self.name = source.name
        self.live = source.live
        self.keys = getattr(source, "keys", None)
        self._source = source
        self._expression = expression
        self._filters: dict[int, Callable[[bytes], bool]] = {}
        self._received = 0

    @property
    def warning(self) -> str:
        """The warning of the source."""
        return self._source.warning

    def read(self) -> Frames | None:
        """Return the next matching frames; the batch is also empty if no frame matched."""
        frames = self._source.read()
        if not frames:
            return frames
        kept = frames.chosen(number for number, frame in enumerate(frames) if self._passes(frame))
        self._received += len(kept)
        return kept

    def counters(self) -> Counters:
        """Return the matching frames, and the frames that the source dropped."""
        return Counters(self._received, self._source.counters().dropped)

    def clock(self) -> float:
        """Return the clock of the source."""
        return self._source.clock()

    def position(self) -> Position | None:
        """Return the position of the source."""
        return self._source.position()

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _passes(self, frame: Frame) -> bool:
        passes = self._filters.get(frame.link_type)
        if passes is None:
            passes = self._filters[frame.link_type] = frame_filter(self._expression, frame.link_type)
        return passes(frame.data)
