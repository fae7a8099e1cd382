"""The records that wait to be taken: no more than the limits allow, and what is more is counted as lost."""

from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.limits import Limits
from traffic.records import Record, characters


class Outbox:
    """Records in the order in which they became complete. Once one is lost, so are all until the next `take`."""

    def __init__(self, limits: Limits, health: Health) -> None:
        self._limits = limits
        self._health = health
        self._records: list[Record] = []
        self.characters = 0
        """Of the texts of the records that wait."""
        self._full = False

    def add(self, record: Record) -> None:
        """One more, if there is room."""
        size = self.characters + characters(record)
        limits = self._limits
        if self._full or len(self._records) >= limits.waiting_records or size > limits.waiting_characters:
            self._full = True
            self._health.lost += 1
        else:
            self._records.append(record)
            self.characters = size

    def take(self) -> RecordBatch:
        """All that wait; none do then."""
        records, self._records = self._records, []
        self.characters, self._full = 0, False
        return RecordBatch(records)

    def __len__(self) -> int:
        return len(self._records)
