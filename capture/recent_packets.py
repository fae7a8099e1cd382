"""The latest packets in memory, so that an alert finds those that came before it.

Batches are kept whole, and nothing runs per packet. One thread adds them; another one freezes what is there.
"""

import threading
from collections import deque
from collections.abc import Iterator
from math import inf
from typing import Final, NamedTuple

import numpy as np

from traffic.frames import Frames

MOST_KEYS: Final = 4 * 2**20
"""Bytes of keys that are kept, the latest ones; those of a TLS 1.3 connection take some 800."""
_BATCH: Final = 1536
"""Bytes of the objects of a batch."""
_COLUMNS: Final = 40
"""Bytes of a frame's columns in arrays."""
_LISTS: Final = 200
"""Bytes of a frame's columns in lists."""


class Frozen(NamedTuple):
    """Packets that were kept, in the order of capture."""

    batches: tuple[Frames, ...]
    whole_since: float
    """Capture time after which none was dropped for lack of room; minus infinity if none ever was."""
    keys: bytes = b""
    """The latest keys of TLS connections, if they are kept."""


class Followed(NamedTuple):
    """Packets that came after the others were frozen."""

    batches: tuple[Frames, ...]
    left_out: int
    """Packets for which there was no room."""
    keys: bytes = b""
    """Keys that came after those of the frozen packets."""


class RecentPackets:
    """The packets of the last `seconds`, in at most `max_bytes` of memory; the oldest are dropped first.

    After `freeze`, as many bytes are kept of what follows. With `keeps_keys`, the latest keys are kept too.
    """

    def __init__(self, seconds: float, max_bytes: int, *, keeps_keys: bool = False) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._held = _Batches()
        self._dropped_until = -inf
        self._keeps_keys = keeps_keys
        self._keys: deque[bytes] = deque()
        self._keys_bytes = 0
        self._following: _Following | None = None

    def add(self, frames: Frames) -> None:
        """Keep a batch. Its buffer must never change."""
        if not frames:
            return
        with self._lock:
            self._held.append(frames)
            self._make_room(float(frames.times[-1]))
            if self._following is not None:
                self._following.add(frames)

    def add_secrets(self, lines: bytes) -> None:
        """Keep lines of a key log, if keys are kept at all."""
        if not self._keeps_keys:
            return
        with self._lock:
            self._keys.append(lines)
            self._keys_bytes += len(lines)
            while self._keys_bytes > MOST_KEYS:
                self._keys_bytes -= len(self._keys.popleft())
            if self._following is not None and len(self._following.keys) < MOST_KEYS:
                self._following.keys += lines

    def freeze(self, since: float, until: float) -> Frozen:
        """Return the packets from `since` on, whole batches of them, and keep those that follow up to `until`."""
        with self._lock:
            recent = [frames for frames in self._held if frames.times[-1] >= since]
            self._following = _Following(until, self._max_bytes)
            batches = tuple(part for frames in recent if (part := up_to(frames, until)))
            return Frozen(batches, self._dropped_until, b"".join(self._keys))

    def release(self) -> Followed:
        """Return what followed the frozen packets, and keep no more."""
        with self._lock:
            following, self._following = self._following, None
            if following is None:
                return Followed((), 0)
            return Followed(tuple(following.batches), following.left_out, following.keys)

    @property
    def bytes(self) -> int:
        """Bytes of memory that the packets take, without those that follow frozen ones."""
        return self._held.bytes

    def _make_room(self, now: float) -> None:
        held = self._held
        while held and held.first.times[-1] < now - self._seconds:
            held.pop()
        while held.bytes > self._max_bytes:
            self._dropped_until = max(self._dropped_until, float(held.pop().times[-1]))


class _Batches:
    """A queue of batches that knows the memory they take. Batches that follow each other may share a buffer."""

    def __init__(self) -> None:
        self.bytes = 0
        self._frames: deque[Frames] = deque()
        self._costs: deque[int] = deque()

    def append(self, frames: Frames) -> None:
        if self._frames and self._frames[-1].buffer is frames.buffer:  # it is freed with the last of them
            self._costs[-1] -= len(frames.buffer)
            self.bytes -= len(frames.buffer)
        cost = len(frames.buffer) + _BATCH + len(frames) * (_COLUMNS if _in_arrays(frames) else _LISTS)
        self._frames.append(frames)
        self._costs.append(cost)
        self.bytes += cost

    def pop(self) -> Frames:
        self.bytes -= self._costs.popleft()
        return self._frames.popleft()

    @property
    def first(self) -> Frames:
        return self._frames[0]

    def __iter__(self) -> Iterator[Frames]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


class _Following:
    """Keeps what follows until a capture time, while there is room."""

    def __init__(self, until: float, max_bytes: int) -> None:
        self.batches = _Batches()
        self.left_out = 0
        self.keys = b""
        self._until = until
        self._max_bytes = max_bytes

    def add(self, frames: Frames) -> None:
        part = up_to(frames, self._until)
        if self.left_out or self.batches.bytes + len(part.buffer) > self._max_bytes:
            self.left_out += len(part)  # a hole would be harder to understand than an early end
        elif part:
            self.batches.append(part)


def up_to(frames: Frames, until: float) -> Frames:
    """Return the frames that were captured by `until`."""
    if frames.times[-1] <= until:
        return frames
    return frames.chosen(np.flatnonzero(np.asarray(frames.times) <= until).tolist())


def _in_arrays(frames: Frames) -> bool:
    return isinstance(frames.times, np.ndarray)
