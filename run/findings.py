"""What is found in the traffic: by detectors at once, by inspectors once their processes have answered."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from detection.pipeline import Detection
from traffic.apart import Apart
from traffic.batch import Batch, RecordBatch
from traffic.content import Content
from traffic.finding import Finding

if TYPE_CHECKING:
    from inspection.inspection import Inspection


class Findings:
    """Hands contents over to the inspection, if there is one, and gives what it and the detectors find, with `others`:
    what was found elsewhere.
    """

    def __init__(
        self,
        detection: Detection,
        inspection: "Inspection | None" = None,
        others: Callable[[], Sequence[Finding]] = tuple,
    ) -> None:
        self._detection = detection
        self._inspection = inspection
        self._others = others

    def look(self, batch: Batch) -> tuple[Batch, RecordBatch]:
        """Return a batch without contents, which nobody else gets, and what was found by now."""
        inspection = self._inspection
        others = self._others()
        if inspection is None:
            return batch, self._detection.look(batch, others)
        if len(contents := batch.table(Content)):
            inspection.hand(contents.records())
            batch = Apart(batch, Content)
        return batch, self._detection.look(batch, [*others, *(inspection.take() if inspection.live else ())])

    def settled(self, seconds: float) -> RecordBatch | None:
        """Wait until all contents are inspected, at most so long. Return what was found; None if it was not done."""
        if self._inspection is None:
            return RecordBatch()
        return self._detection.look(RecordBatch(), self._inspection.take()) if self._inspection.wait(seconds) else None

    def ended(self) -> RecordBatch:
        """Inspect no more, and return what was found so far. What is left counts as not inspected."""
        if self._inspection is None:
            return self._detection.look(RecordBatch(), self._others())
        self._inspection.end()
        return self._detection.look(RecordBatch(), [*self._others(), *self._inspection.take()])

    @property
    def full(self) -> bool:
        """Whether so many contents wait that reading a file should wait for them."""
        return self._inspection is not None and self._inspection.full

    @property
    def inspected(self) -> tuple[int, tuple[tuple[str, int], ...]]:
        """How many exchanges were inspected, and how many were not, by reason."""
        if self._inspection is None:
            return 0, ()
        return self._inspection.inspected, tuple(self._inspection.missed.items())

    def tracebacks(self) -> Iterator[tuple[str, str, str]]:
        """Iterate over disabled plug-ins: kind, name, traceback."""
        for name, text in self._detection.failures:
            yield "detector", name, text
        for name, text in self._inspection.failures if self._inspection is not None else ():
            yield "inspector", name, text

    def disabled(self) -> Iterator[str]:
        """Name the plug-ins that raised an exception."""
        for name, _ in self._detection.failures:
            yield f"detector {name} was disabled; see the summary"
        for name in sorted(self._inspection.disabled) if self._inspection is not None else ():
            yield f"inspector {name} was disabled; see the summary"

    @property
    def ends(self) -> tuple[str, ...]:
        """Sentences about processes that ended by themselves."""
        return self._inspection.warnings if self._inspection is not None else ()
