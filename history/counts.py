"""What signals counted in the past, as it is judged and learned from: the history of one host, or a store of many
sensors.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import tzinfo
from typing import Protocol

from history.periods import PeriodLevel
from store.sums import StatisticSums

Wanted = Callable[[str], bool]
"""Tells which statistics are wanted, by name."""


def always(statistic: str) -> bool:
    """Want each statistic."""
    return True


class Counts(Protocol):
    """Keeps the sums of statistics in minutes and hours."""

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of its hours; None is that of the system."""

    @property
    def kept(self) -> frozenset[str]:
        """The names of all statistics that were ever stored, hidden ones too."""

    def first(self, level: PeriodLevel, wanted: Wanted = always) -> float | None:
        """Return the start of the first period of a level that has one of the `wanted` statistics; None if none has.

        Raises:
            HistoryError, StoreError: it cannot be read.
        """

    def counted(
        self, level: PeriodLevel, since: float, until: float, names: Collection[str], with_keys: Wanted = always
    ) -> Iterator[tuple[float, StatisticSums]]:
        """Iterate over start and sums of the periods that start in a span, statistic by statistic. Those that are not
        wanted `with_keys` have totals alone.

        Raises:
            HistoryError, StoreError: it cannot be read.
            ValueError: something else wrote to it.
        """
