"""A batch without the records of one kind. Pure."""

from typing import Any

from traffic.batch import Batch, RecordTable, Table


class Apart:
    """A `Batch` that seems to have no records of `kind`."""

    def __init__(self, batch: Batch, kind: type) -> None:
        self._batch = batch
        self._kind = kind

    def __len__(self) -> int:
        return len(self._batch) - len(self._batch.table(self._kind))

    def table(self, kind: type) -> Table:
        """See `Batch`."""
        return RecordTable(kind, []) if kind is self._kind else self._batch.table(kind)

    def records(self) -> list[Any]:
        """See `Batch`."""
        return [record for record in self._batch.records() if type(record) is not self._kind]
