"""The desk of the program: it answers from the store, the recent exchanges, and lenses on them. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Protocol

from dashboard.full.desk import Decisions
from dashboard.progress import Progress
from stats.statistic import Statistic
from store.filtering import filter as filtering
from store.filtering.fields import Field
from store.filtering.filter import Filter, of_key
from store.filtering.narrowing import narrowed, of_row
from store.lens import Lens
from store.recent import Recent
from store.store import Store
from store.watched import Watched
from traffic.batch import Batch
from traffic.records import Exchange, Request
from view.detail import STATISTICS, DetailView, build_detail, filter_view
from view.panel import Panel
from view.view import View

SLICE = 500
"""Exchanges that a lens scans between two looks at the keyboard: some milliseconds."""
BUCKETS = 50
"""Most buckets that these exchanges fall into. Each bucket has its price, which is most of the cost when traffic is
thin.
"""

SHORT = 15
"""Rows of a panel that nobody looks at closely; more are not seen."""
ROWS = 100
"""Rows of a panel that is scrolled or sorted."""


class Books(Protocol):
    """Counts everything; the session does."""

    @property
    def now(self) -> float:
        """Return the time up to which everything was counted."""

    @property
    def watched(self) -> Watched:
        """Return when somebody watched."""

    @property
    def source(self) -> str:
        """Return what is monitored: interface or file, with the ports."""

    def view(self, window: float | None, rows: int, store: Store | None = None) -> View | None:
        """Return the View of a window (None: the retention) with this many rows in each top list; None before the
        start. With `store`, its numbers are shown instead.
        """

    def panel(self, name: str, window: float | None, rows: int, store: Store | None = None) -> Panel:
        """Return one panel of that View."""

    @property
    def decisions(self) -> Decisions:
        """Return who acts on what the user decides about signals."""

    def lift(self, network: str) -> bool:
        """Lift the block of a client; return whether there was one."""


class StoreDesk:
    """Answers what the full screen asks."""

    keeps_exchanges = True

    def __init__(
        self,
        books: Books,
        recent: Recent,
        statistics: Sequence[Statistic],
        new_store: Callable[[Sequence[Statistic]], Store],
        windows: Sequence[float],
        progress: Callable[[], Progress | None] = lambda: None,
    ) -> None:
        """`windows` begin with a bucket and end with the retention. `progress` says how much of a file was read."""
        self.windows = windows
        self.progress = progress
        self._books = books
        self._recent = recent
        self._statistics = statistics
        self._new_store = new_store
        self._filter: Filter = filtering.parse("", statistics)
        self._lens: Lens | None = None
        self._detail: tuple[Statistic, str, Lens] | None = None

    @property
    def source(self) -> str:
        """Return what is monitored: interface or file, with the ports."""
        return self._books.source

    # Records --------------------------------------------------------------------------------------------------------

    def take(self, batch: Batch) -> None:
        """Count the next records, which `recent` has taken before."""
        for lens in self._lenses():
            lens.take(batch)

    def work(self) -> bool:
        """Scan some more of the recent exchanges, those of the filter first."""
        waiting = next((lens for lens in self._lenses() if lens.waiting), None)
        if waiting is not None:
            waiting.replay(SLICE, BUCKETS * self.windows[0])
        return any(lens.waiting for lens in self._lenses())

    def _new_lens(self, wanted: Filter, counted: Sequence[Statistic]) -> Lens:
        """Make a lens whose windows are at the current time already, so that old exchanges need not pass them."""
        lens = Lens(wanted, self._recent, self._new_store(counted))
        if self._books.now:
            lens.advance(self._books.now)
        return lens

    def _lenses(self) -> list[Lens]:
        lenses = [] if self._lens is None else [self._lens]
        return lenses if self._detail is None else [*lenses, self._detail[2]]

    # Answers --------------------------------------------------------------------------------------------------------

    def view(self, window: float, long: Collection[str] = ()) -> View | None:
        """Return the current View of what matches the filter."""
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
        """Return the exchanges that ended last, latest last."""
        return (self._recent if self._lens is None else self._lens).latest(limit)[::-1]

    def slowest(self, limit: int) -> Sequence[Any]:
        """Return the exchanges with the longest response times."""
        return (self._recent if self._lens is None else self._lens).slowest(limit)

    def matching(self) -> Sequence[Any]:
        """Return all kept exchanges behind the open detail, else all that match the filter; scan what is left."""
        lenses = self._lenses()
        for lens in lenses:
            lens.replay(lens.waiting)
        return (lenses[-1] if lenses else self._recent).latest(len(self._recent))[::-1]

    # The filter -----------------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[Field]:
        """Return the fields that a filter can use."""
        return filtering.fields(self._statistics)

    def check_filter(self, text: str) -> None:
        """Check a filter without setting it."""
        self._parsed(text)

    def _parsed(self, text: str) -> Filter:
        """Parse a filter, which may also name the statistics of a detail."""
        return filtering.parse(text, (*self._statistics, *STATISTICS))

    def narrowed(self, terms: Sequence[str]) -> str:
        """Return the text of the current filter with more terms."""
        text = narrowed(self._filter.text, terms)
        self.check_filter(text)
        return text

    def has_exchanges(self, statistic: str) -> bool:
        """Return whether a statistic counts requests or exchanges."""
        return self._known(statistic).record in (Request, Exchange)

    def term(self, statistic: str, key: str) -> str:
        """Return a filter's term for a row of a statistic; empty if its rows cannot be filtered."""
        return of_row(self._known(statistic), key)

    def set_filter(self, text: str) -> None:
        """Set another filter, and scan the recent exchanges for it."""
        self._filter = self._parsed(text)
        self._lens = None
        if self._filter.text:
            self._lens = self._new_lens(self._filter, self._statistics)

    # Alerts ---------------------------------------------------------------------------------------------------------

    @property
    def decisions(self) -> Decisions:
        """Return who acts on what the user decides about signals."""
        return self._books.decisions

    def lift(self, network: str) -> bool:
        """Lift the block of a client; return whether there was one."""
        return self._books.lift(network)

    # Details --------------------------------------------------------------------------------------------------------

    def open_detail(self, statistic: str, key: str) -> None:
        """Start to scan for the exchanges of a row that match the filter."""
        known = self._known(statistic)
        behind = of_key(known, key)
        wanted = behind & self._filter if self._filter.text else behind
        self._detail = known, key, self._new_lens(wanted, STATISTICS)

    def _known(self, name: str) -> Statistic:
        return next(each for each in (*self._statistics, *STATISTICS) if each.name == name)

    def close_detail(self) -> None:
        """Drop the detail."""
        self._detail = None

    def detail(self, window: float, rows: int) -> DetailView | None:
        """Return what was found so far."""
        if self._detail is None:
            return None
        statistic, key, lens = self._detail
        lens.advance(self._books.now)
        return build_detail(self._books.now, statistic.title, key, lens, window, rows, self._books.watched)
