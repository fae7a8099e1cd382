"""Whole packets beside the decoder's records: dissected, and kept until they are taken."""

from collections.abc import Callable
from typing import Any

from traffic.frame import Frame
from traffic.frames import Frames


class Dissector:
    """Makes a record of each frame. Of those that are not taken in time no more than `limit` are kept."""

    def __init__(self, dissect: Callable[[Frame], Any], limit: int) -> None:
        self._dissect = dissect
        self._limit = limit
        self._records: list[Any] = []
        self.lost = 0
        """Frames that were not dissected, as too many records waited."""

    def feed(self, frames: Frames) -> None:
        """Dissect these, as far as there is room."""
        room = self._limit - len(self._records)
        self._records += map(self._dissect, frames.part(0, room))
        self.lost += max(0, len(frames) - room)

    def take(self) -> list[Any]:
        """All records that wait; none do then."""
        records, self._records = self._records, []
        return records

    @property
    def waiting(self) -> int:
        """Records that wait to be taken."""
        return len(self._records)
