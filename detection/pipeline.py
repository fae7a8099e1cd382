"""Runs the detectors over each batch. Their findings are records like others: counted, filtered, logged and judged."""

import traceback
from collections.abc import Sequence
from typing import Any, NamedTuple

from detection.detector import Detector
from traffic.batch import Batch, RecordBatch, Table
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding


class Failure(NamedTuple):
    """A detector that raised an exception and was disabled."""

    name: str
    text: str
    """The traceback."""


class WithFindings:
    """A batch with what was found in it."""

    def __init__(self, batch: Batch, found: RecordBatch) -> None:
        self._batch = batch
        self._found = found

    def __len__(self) -> int:
        return len(self._batch) + len(self._found)

    def table(self, kind: type) -> Table:
        """See `traffic.batch.Batch`."""
        return self._found.table(kind) if kind is Finding else self._batch.table(kind)

    def records(self) -> list[Any]:
        """See `traffic.batch.Batch`."""
        return [*self._batch.records(), *self._found.records()]


class Detection:
    """Gives the findings of all detectors. One that raises is disabled; the others go on.

    Detectors that look at findings come last, and get those of the others.
    """

    def __init__(self, detectors: Sequence[Detector] = ()) -> None:
        self.failures: list[Failure] = []
        self._detectors = [each for each in detectors if Finding not in each.records]
        self._judges = [each for each in detectors if Finding in each.records]

    def look(self, batch: Batch, inspected: Sequence[Finding | FileTransfer] = ()) -> RecordBatch:
        """Return what the detectors find in a batch, together with what inspectors found meanwhile; detectors look at
        that too.
        """
        found = self._found(self._detectors, batch)
        if inspected:
            found += self._found(self._detectors, RecordBatch(inspected))
        found += (each for each in inspected if isinstance(each, Finding))
        if self._judges:
            found += self._found(self._judges, WithFindings(batch, RecordBatch(found)))
        return RecordBatch([*found, *(each for each in inspected if isinstance(each, FileTransfer))])

    def _found(self, detectors: list[Detector], batch: Batch) -> list[Finding]:
        found: list[Finding] = []
        for detector in list(detectors):
            if any(len(batch.table(kind)) for kind in detector.records):
                try:
                    found += detector.look(batch)
                except Exception:
                    self.failures.append(Failure(detector.name, traceback.format_exc()))
                    detectors.remove(detector)
        return found
