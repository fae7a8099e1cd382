"""What the full screen asks of the program: a View, exchanges, a filter. Tests have a desk of their own."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Protocol

from dashboard.progress import Progress
from store.filtering.fields import Field
from traffic.records import Exchange
from view.detail import DetailView
from view.view import View

Exchanges = Callable[[], Sequence[Exchange]]


class Desk(Protocol):
    """Answers what the screen asks. A filter that was set holds for all answers."""

    @property
    def windows(self) -> Sequence[float]:
        """The windows that can be looked at, in seconds, the shortest first."""

    def view(self, window: float, long: Collection[str] = ()) -> View | None:
        """How things stand now; None before the first packet. The panels named in `long` have more rows than others:
        each row costs time, and most are never seen.
        """

    def latest(self, limit: int) -> Sequence[Exchange]:
        """The exchanges that ended last, the latest last."""

    def slowest(self, limit: int) -> Sequence[Exchange]:
        """Those with the longest response times, the slowest first."""

    def progress(self) -> Progress | None:
        """How far a file is read; None when it is read, and where there is none."""

    def fields(self) -> Sequence[Field]:
        """What a filter can ask for."""

    def check_filter(self, text: str) -> None:
        """Nothing is changed.

        Raises:
            FilterError: it is no filter.
        """

    def set_filter(self, text: str) -> None:
        """Count only what this lets through from now on; nothing is left out when it is empty.

        Raises:
            FilterError: it is no filter, and the one from before stays in force.
        """

    def open_detail(self, statistic: str, key: str) -> None:
        """Begin to gather what is behind a row. What was gathered for another one goes."""

    def close_detail(self) -> None:
        """There is no more need of it."""

    def detail(self, window: float, rows: int) -> DetailView | None:
        """What is behind the row so far, with `rows` of each list; None when none is open."""

    def work(self) -> bool:
        """Look at some more of the kept exchanges, for a filter or a detail: some milliseconds. Whether more wait."""


class Scene:
    """What the tables show. Exchanges are asked for when they are shown: looking through them takes a while."""

    def __init__(self, view: View, latest: Exchanges, slowest: Exchanges) -> None:
        self.view = view
        self._latest = latest
        self._slowest = slowest

    @cached_property
    def latest(self) -> Sequence[Exchange]:
        """The latest last."""
        return self._latest()

    @cached_property
    def slowest(self) -> Sequence[Exchange]:
        """The slowest first."""
        return self._slowest()
