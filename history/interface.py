"""What a store of sums can be asked, whatever it is made of."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from history.periods import PeriodLevel
from history.sums import Minute, StoredAlert
from store.sums import Sums


class StoredTop(NamedTuple):
    """The highest keys of a span, and the sums of all keys."""

    since: float
    """The span from here to `until` starts and ends at the boundaries of periods that are still stored."""
    until: float
    rows: Sequence[tuple[str, Sums]]
    whole: Sums


class Archive(Protocol):
    """Keeps sums for longer than the program runs."""

    def write(self, minute: Minute) -> None:
        """Add a minute to the stored minute, hour and day.

        Raises:
            HistoryError: nothing was written; the caller may try again.
        """

    def write_alert(self, alert: StoredAlert) -> None:
        """Store an alert. It replaces an alert with the same signal and start.

        Raises:
            HistoryError: nothing was written.
        """

    def top(self, statistic: str, since: float, until: float, limit: int) -> StoredTop:
        """Return the `limit` highest keys of a statistic, by its unit.

        Raises:
            HistoryError: the file cannot be read.
            KeyError: the statistic was never stored.
        """

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        """Return the sums of the keys that occur in a span, without distributions."""

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """Return the same as `totals` for the longest periods that cover a span: days, with hours and minutes at its
        edges.
        """

    def totals(self, statistic: str, level: PeriodLevel, since: float, until: float) -> list[tuple[float, Sums]]:
        """Return start and sums of all keys for each period that is not empty, without distributions."""

    def alerts(self, since: float) -> list[StoredAlert]:
        """Return the alerts that were active or started after `since`, latest first."""

    def watched(self, since: float, until: float) -> float:
        """Return the seconds of a span in which the monitor ran. Days before the first that says so count in full."""

    def earliest(self) -> float | None:
        """Return the start of the history; None if it is empty."""

    def latest(self) -> float:
        """Return the end of the last stored minute; 0 if there is none."""

    def close(self) -> None:
        """Close the archive. It may be called twice."""
