"""Runs the detectors over each batch. Their findings are records like others: counted, filtered, logged and judged."""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from detection.detector import Detector, Learner
from traffic.batch import Batch, RecordBatch, Table
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

Result = TypeVar("Result")


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

    def learned(self) -> dict[str, bytes]:
        """Return what detectors have learned, by name."""
        found = {each.name: self._safely(each, detectors, each.learned) for detectors, each in self._learners()}
        return {name: learned for name, learned in found.items() if learned}

    def restore(self, learned: Mapping[str, bytes]) -> list[str]:
        """Give detectors back what they learned in an earlier run. Return sentences about what cannot be used."""
        known = [each for each in self._learners() if each[1].name in learned]
        said = (self._safely(each, others, partial(_restored, each, learned[each.name])) for others, each in known)
        return [sentence for sentence in said if sentence]

    def _learners(self) -> Iterator[tuple[list[Detector], Learner]]:
        for detectors in (self._detectors, self._judges):
            for detector in list(detectors):
                if isinstance(detector, Learner):
                    yield detectors, detector

    def _safely(self, detector: Detector, detectors: list[Detector], use: Callable[[], Result]) -> Result | None:
        try:
            return use()
        except Exception:
            self._disable(detectors, detector)
            return None

    def _disable(self, detectors: list[Detector], detector: Detector) -> None:
        self.failures.append(Failure(detector.name, traceback.format_exc()))
        detectors.remove(detector)

    def _found(self, detectors: list[Detector], batch: Batch) -> list[Finding]:
        found: list[Finding] = []
        for detector in list(detectors):
            if any(len(batch.table(kind)) for kind in detector.records):
                try:
                    found += detector.look(batch)
                except Exception:
                    self._disable(detectors, detector)
        return found


def _restored(detector: Learner, learned: bytes) -> str:
    """Give a detector back what it had learned. Return what is wrong with it, if anything is."""
    try:
        detector.restore(learned)
    except ValueError as reason:
        return f"what detector {detector.name} learned before is {reason}; it starts anew"
    return ""
