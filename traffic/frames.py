"""A batch of captured frames in columns: one buffer with all bytes, and the position of each frame in it.

A single `Frame` is only created when somebody asks for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from traffic.frame import Frame


class Frames:
    """Frames in the order of capture. All columns have the same length; each is a list or an array."""

    __slots__ = ("_lists", "buffer", "lengths", "links", "starts", "stops", "times")

    def __init__(self, buffer: bytes) -> None:
        self.buffer = buffer
        """The bytes of all frames, and any bytes between them."""
        self._lists: tuple[list[float], list[int], list[int], list[int], list[int]] = ([], [], [], [], [])
        times, links, starts, stops, lengths = self._lists
        self.times: Sequence[float] = times
        """Capture times in seconds since the epoch."""
        self.links: Sequence[int] = links
        """Link-layer types, as in `Frame.link_type`."""
        self.starts: Sequence[int] = starts
        """Index of the first byte of each frame in `buffer`."""
        self.stops: Sequence[int] = stops
        """Index after the last byte of each frame in `buffer`."""
        self.lengths: Sequence[int] = lengths
        """Lengths on the wire in bytes."""

    @staticmethod
    def of(frames: Iterable[Frame]) -> "Frames":
        """Build a batch from single frames."""
        batch, parts, place = Frames(b""), list[bytes](), 0
        for frame in frames:
            stop = place + len(frame.data)
            batch.add(frame.time, frame.link_type, place, stop, frame.length)
            parts.append(frame.data)
            place = stop
        batch.buffer = b"".join(parts)
        return batch

    @staticmethod
    def indexed(buffer: bytes, index: Sequence[Any], links: Any) -> "Frames":
        """Build a batch of frames that the core found in a buffer: `index` has times, starts, stops and lengths.
        `links` is one link-layer type for all frames, or one per frame.
        """
        batch = Frames(buffer)
        batch.times, batch.starts, batch.stops, batch.lengths = index[:4]
        each: Any = np.full(len(batch.times), links) if isinstance(links, int) else links
        batch.links = each
        return batch

    def add(self, time: float, link_type: int, start: int, stop: int, length: int) -> None:
        """Add a frame that is already in the buffer. The columns must be lists."""
        times, links, starts, stops, lengths = self._lists
        times.append(time)
        links.append(link_type)
        starts.append(start)
        stops.append(stop)
        lengths.append(length)

    @property
    def latest(self) -> float:
        """The latest capture time; 0 if there are no frames."""
        return float(np.max(self.times, initial=0.0))

    def part(self, first: int, last: int) -> "Frames":
        """Return the frames from number `first` up to, but not including, `last`."""
        batch = Frames(self.buffer)
        batch.times, batch.links = self.times[first:last], self.links[first:last]
        batch.starts, batch.stops = self.starts[first:last], self.stops[first:last]
        batch.lengths = self.lengths[first:last]
        return batch

    def at(self, times: Sequence[float]) -> "Frames":
        """Return the same frames with other capture times."""
        batch = self.part(0, len(self))
        batch.times = times
        return batch

    def chosen(self, wanted: Iterable[int]) -> "Frames":
        """Return the frames with these numbers."""
        batch = Frames(self.buffer)
        for number in wanted:
            batch.add(
                self.times[number],
                self.links[number],
                self.starts[number],
                self.stops[number],
                self.lengths[number],
            )
        return batch

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, number: int) -> Frame:
        """Return one frame as a value of its own."""
        data = self.buffer[self.starts[number] : self.stops[number]]
        return Frame(float(self.times[number]), int(self.links[number]), data, int(self.lengths[number]))

    def __iter__(self) -> Iterator[Frame]:
        return map(self.__getitem__, range(len(self.times)))
