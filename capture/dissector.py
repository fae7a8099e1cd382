"""Dissects whole packets, besides the decoder's records, and keeps them until they are taken."""

from collections.abc import Callable
from typing import Any

from traffic.frame import Frame
from traffic.frames import Frames


class Dissector:
    """Turns each frame into a record. At most `limit` records are kept until they are taken."""

    def __init__(self, dissect: Callable[[Frame], Any], limit: int) -> None:
        self._dissect = dissect
        self._limit = limit
        self._records: list[Any] = []
        self.lost = 0
        """Frames that were not dissected because too many records were waiting."""

    def feed(self, frames: Frames) -> None:
        """Dissect frames while there is room."""
        room = self._limit - len(self._records)
        self._records += map(self._dissect, frames.part(0, room))
        self.lost += max(0, len(frames) - room)

    def take(self) -> list[Any]:
        """Remove and return all records."""
        records, self._records = self._records, []
        return records

    @property
    def waiting(self) -> int:
        """Number of records that wait to be taken."""
        return len(self._records)
