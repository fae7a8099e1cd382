"""Runs the detectors over each batch. Their findings are records like others: counted, filtered, logged and judged."""

import traceback
from collections.abc import Sequence
from typing import NamedTuple

from detection.detector import Detector
from traffic.batch import Batch, RecordBatch
from traffic.finding import Finding


class Failure(NamedTuple):
    """A detector that raised an exception and was disabled."""

    name: str
    text: str
    """The traceback."""


class Detection:
    """Gives the findings of all detectors. One that raises is disabled; the others go on."""

    def __init__(self, detectors: Sequence[Detector] = ()) -> None:
        self.failures: list[Failure] = []
        self._detectors = list(detectors)

    def look(self, batch: Batch) -> RecordBatch:
        """Return what the detectors find in a batch."""
        found: list[Finding] = []
        for detector in list(self._detectors):
            if any(len(batch.table(kind)) for kind in detector.records):
                try:
                    found += detector.look(batch)
                except Exception:
                    self.failures.append(Failure(detector.name, traceback.format_exc()))
                    self._detectors.remove(detector)
        return RecordBatch(found)
