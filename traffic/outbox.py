"""The records that wait to be taken. Their number is limited, and those beyond the limit are counted as lost."""

from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.limits import Limits
from traffic.records import Record, characters


class Outbox:
    """Records in the order in which they completed. Once one is lost, all are until the next `take`."""

    def __init__(self, limits: Limits, health: Health) -> None:
        self._limits = limits
        self._health = health
        self._records: list[Record] = []
        self.characters = 0
        """Characters of the texts in waiting records."""
        self._full = False

    def add(self, record: Record) -> None:
        """Add a record if there is room."""
        size = self.characters + characters(record)
        limits = self._limits
        if self._full or len(self._records) >= limits.waiting_records or size > limits.waiting_characters:
            self._full = True
            self._health.lost += 1
        else:
            self._records.append(record)
            self.characters = size

    def take(self) -> RecordBatch:
        """Remove and return all records."""
        records, self._records = self._records, []
        self.characters, self._full = 0, False
        return RecordBatch(records)

    def __len__(self) -> int:
        return len(self._records)
