"""The desk of the program: answers from the store, from the recent exchanges, and from lenses on them. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Protocol

from dashboard.progress import Progress
from stats.statistic import Statistic
from store.filtering import filter as filtering
from store.filtering.fields import Field
from store.filtering.filter import Filter, of_key
from store.lens import Lens
from store.recent import Recent
from store.store import Store
from traffic.batch import Batch
from view.detail import STATISTICS, DetailView, build_detail, filter_view
from view.view import Panel, View

SLICE = 500
"""Exchanges that a lens looks at between two looks at the keyboard: milliseconds."""
BUCKETS = 50
"""Of the store that these are counted in at most. Each has its price, which where traffic is thin is most of it."""

SHORT = 15
"""Rows of a top list, as long as nobody looks closer; more are not seen."""
ROWS = 100
"""Of one that is scrolled through or sorted otherwise."""


class Books(Protocol):
    """Who has the sums of everything."""

    @property
    def now(self) -> float:
        """Up to when all was counted."""

    def view(self, window: float | None, rows: int, store: Store | None = None) -> View | None:
        """How things stand, with so many rows of the top lists, of `store` instead of one's own if there is one; None
        before the beginning. `window` is None for all that is kept.
        """

    def panel(self, name: str, window: float | None, rows: int, store: Store | None = None) -> Panel:
        """One of its panels, with other rows."""


class StoreDesk:
    """Answers what the full screen asks."""

    def __init__(
        self,
        books: Books,
        recent: Recent,
        statistics: Sequence[Statistic],
        new_store: Callable[[Sequence[Statistic]], Store],
        windows: Sequence[float],
        progress: Callable[[], Progress | None] = lambda: None,
    ) -> None:
        """`windows` begin with a bucket, and end with all that is kept. `progress` says how far a file is read."""
        self.windows = windows
        self.progress = progress
        self._books = books
        self._recent = recent
        self._statistics = statistics
        self._new_store = new_store
        self._filter: Filter = filtering.parse("", statistics)
        self._lens: Lens | None = None
        self._detail: tuple[Statistic, str, Lens] | None = None

    # Records --------------------------------------------------------------------------------------------------------

    def take(self, batch: Batch) -> None:
        """What comes, after `recent` has taken it."""
        for lens in self._lenses():
            lens.take(batch)

    def work(self) -> bool:
        """Look at some more of the recent exchanges, the filter's first."""
        waiting = next((lens for lens in self._lenses() if lens.waiting), None)
        if waiting is not None:
            waiting.replay(SLICE, BUCKETS * self.windows[0])
        return any(lens.waiting for lens in self._lenses())

    def _new_lens(self, wanted: Filter, counted: Sequence[Statistic]) -> Lens:
        """One whose windows of time are where they are now: what is too old for one need not enter and leave it."""
        lens = Lens(wanted, self._recent, self._new_store(counted))
        if self._books.now:
            lens.advance(self._books.now)
        return lens

    def _lenses(self) -> list[Lens]:
        lenses = [] if self._lens is None else [self._lens]
        return lenses if self._detail is None else [*lenses, self._detail[2]]

    # Answers --------------------------------------------------------------------------------------------------------

    def view(self, window: float, long: Collection[str] = ()) -> View | None:
        """How things stand, as far as the filter lets it through."""
        covered = None if window == self.windows[-1] else window
        lens = self._lens
        if lens is not None:
            lens.advance(self._books.now)
        store = None if lens is None else lens.store
        view = self._books.view(covered, SHORT, store)
        if view is None:
            return None
        panels = tuple(
            self._books.panel(panel.name, covered, ROWS, store) if panel.name in long else panel
            for panel in view.panels
        )
        return replace(view, panels=panels, filter=None if lens is None else filter_view(lens, view.now))

    def latest(self, limit: int) -> Sequence[Any]:
        """The exchanges that ended last, the latest last."""
        return (self._recent if self._lens is None else self._lens).latest(limit)[::-1]

    def slowest(self, limit: int) -> Sequence[Any]:
        """Those with the longest response times."""
        return (self._recent if self._lens is None else self._lens).slowest(limit)

    # The filter -----------------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[Field]:
        """What a filter can ask for."""
        return filtering.fields(self._statistics)

    def check_filter(self, text: str) -> None:
        """Whether it is a filter."""
        filtering.parse(text, self._statistics)

    def set_filter(self, text: str) -> None:
        """Look through another one from now on."""
        self._filter = filtering.parse(text, self._statistics)
        self._lens = None
        if self._filter.text:
            self._lens = self._new_lens(self._filter, self._statistics)

    # Details --------------------------------------------------------------------------------------------------------

    def open_detail(self, statistic: str, key: str) -> None:
        """Begin to look for the exchanges behind a row that the filter lets through."""
        known = next(each for each in self._statistics if each.name == statistic)
        behind = of_key(known, key)
        wanted = behind & self._filter if self._filter.text else behind
        self._detail = known, key, self._new_lens(wanted, STATISTICS)

    def close_detail(self) -> None:
        """Let it go."""
        self._detail = None

    def detail(self, window: float, rows: int) -> DetailView | None:
        """What was found so far."""
        if self._detail is None:
            return None
        statistic, key, lens = self._detail
        lens.advance(self._books.now)
        return build_detail(self._books.now, statistic.title, key, lens, window, rows)
