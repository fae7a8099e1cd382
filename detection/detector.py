"""The contract of a detector: which records it looks at, and what it finds in them. Nothing else.

A detector is a class in `detection/detectors/NAME.py` whose `name` is NAME. Its constructor names the settings that it
needs: the parameter `floor` of the detector `path_scan` gets the setting `path_scan_floor`, if there is one.
"""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from traffic.batch import Batch
from traffic.finding import Finding


class Detector(Protocol):
    """A plug-in. What it remembers is bounded, and it knows nothing of screens."""

    @property
    def name(self) -> str:
        """Name of its file, as in `Config.detectors`."""

    @property
    def title(self) -> str:
        """What it finds, in a few words."""

    @property
    def records(self) -> tuple[type, ...]:
        """The kinds of records that it looks at."""

    def look(self, batch: Batch) -> Iterable[Finding]:
        """Look at the records of a batch, in their own time, and return what was found."""
        ...


@runtime_checkable
class Learner(Detector, Protocol):
    """A detector that also gives what it has learned, and takes it back after a restart."""

    def learned(self) -> bytes:
        """Return what was learned so far, without content of messages and within a bound; empty if there is nothing."""
        ...

    def restore(self, learned: bytes) -> None:
        """Take what `learned` returned in an earlier run. It is called before the first `look`.

        Raises:
            ValueError: it cannot be used, and nothing was taken. The text says what it is: `damaged`.
        """
        ...
