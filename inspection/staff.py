"""The workers of a nursery, with the threads that feed them: replaced as a whole when inspectors are loaded anew."""

from collections.abc import Callable, Sequence

from inspection.crew import Crew
from inspection.line import Line
from inspection.notes import Notes, Queue
from inspection.processes import Nursery
from inspection.terms import Terms


class Staff:
    """All workers of a nursery."""

    def __init__(self, nursery: Nursery, names: Sequence[str], terms: Terms) -> None:
        self._nursery = nursery
        self._terms = terms
        self._crew = Crew(names, disables=terms.disables)
        self._lines: list[Line] = []

    @property
    def disabled(self) -> frozenset[str]:
        """Names of the inspectors that raised an exception."""
        return self._crew.disabled

    def start(self, contents: Queue, outcomes: Notes, lost: Callable[[], None]) -> None:
        """Let them work; `lost` is called if the nursery makes no workers any more."""
        longest = self._terms.longest_text
        self._lines = [
            Line(self._nursery, self._crew, contents, outcomes, longest, lost) for _ in range(self._terms.workers)
        ]
        for line in self._lines:
            line.start()

    def retire(self) -> None:
        """End them all, after the contents that they have."""
        for line in self._lines:
            line.retire()
        self.join()
        self._nursery.close()

    def close(self) -> None:
        """End them all at once. A second call does nothing."""
        for line in self._lines:
            line.retire()
        self._nursery.close()
        self.join()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end of all, at most so long."""
        for line in self._lines:
            line.join(None if seconds is None else seconds / len(self._lines))
