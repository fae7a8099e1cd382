"""What the full screen asks of the program: a View, exchanges, a filter. Tests have a desk of their own."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Protocol

from alerting.terms import BaselineKind, Choice
from dashboard.progress import Progress
from store.filtering.fields import Field
from traffic.records import Exchange
from view.detail import DetailView
from view.view import View

Exchanges = Callable[[], Sequence[Exchange]]


class Desk(Protocol):
    """Answers what the screen asks. A filter, once set, applies to all answers."""

    @property
    def windows(self) -> Sequence[float]:
        """Return the windows that can be shown, in seconds, shortest first."""

    @property
    def keeps_exchanges(self) -> bool:
        """Return whether there are single exchanges, and not only sums."""

    @property
    def source(self) -> str:
        """Return what is monitored: interface or file, with the ports."""

    def view(self, window: float, long: Collection[str] = ()) -> View | None:
        """Return the current View; None before the first packet. The panels in `long` have more rows than the others:
        each row costs time, and most rows are never seen.
        """

    def latest(self, limit: int) -> Sequence[Exchange]:
        """Return the exchanges that ended last, latest last."""

    def slowest(self, limit: int) -> Sequence[Exchange]:
        """Return the exchanges with the longest response times, slowest first."""

    def matching(self) -> Sequence[Exchange]:
        """Return all kept exchanges behind the open detail, else all that match the filter, oldest first."""

    def progress(self) -> Progress | None:
        """Return how much of a file was read; None once it is read, and without a file."""

    def fields(self) -> Sequence[Field]:
        """Return the fields that a filter can use."""

    def check_filter(self, text: str) -> None:
        """Check a filter without setting it.

        Raises:
            FilterError: the text is not a filter.
        """

    def narrowed(self, terms: Sequence[str]) -> str:
        """Return the text of the current filter with more terms.

        Raises:
            FilterError: it would be too long.
        """

    def has_exchanges(self, statistic: str) -> bool:
        """Return whether there are exchanges behind the rows of a statistic, so that they have details."""

    def term(self, statistic: str, key: str) -> str:
        """Return a filter's term for a row of a statistic; empty if its rows cannot be filtered."""

    def set_filter(self, text: str) -> None:
        """Count only what matches this filter from now on; an empty filter matches everything.

        Raises:
            FilterError: the text is not a filter; the previous one stays.
        """

    @property
    def decisions(self) -> "Decisions":
        """Return who acts on what the user decides about signals."""

    def lift(self, network: str) -> bool:
        """Lift the block of a client; return whether there was one."""

    def open_detail(self, statistic: str, key: str) -> None:
        """Start to gather the details of a row; those of another row are dropped."""

    def close_detail(self) -> None:
        """Drop the details."""

    def detail(self, window: float, rows: int) -> DetailView | None:
        """Return the details gathered so far, with `rows` of each list; None if no detail is open."""

    def work(self) -> bool:
        """Scan some more of the kept exchanges for a filter or a detail, for some milliseconds; return whether any are
        left.
        """


class Decisions(Protocol):
    """Acts on what the user decides about signals. `about` is a signal, or `signal@sensor` for that of one sensor."""

    def relearn(self, signal: str = "") -> None:
        """Let a signal learn again, or all of them."""

    def accept(self, signal: str) -> None:
        """Take the present of a signal as usual."""

    def acknowledge(self, about: str) -> None:
        """Note that the user has seen the active alert of a signal."""

    def mute(self, about: str, seconds: float) -> None:
        """Mute a signal for so long, `math.inf` for until that is ended; 0 ends it."""

    def choose_baseline(self, signal: str, kind: Choice) -> BaselineKind | None:
        """Compare a signal with something else; return what that is, None if it is so already."""


class Scene:
    """Holds what the tables show. Exchanges are fetched only when they are shown, as searching them takes a while."""

    def __init__(self, view: View, latest: Exchanges, slowest: Exchanges) -> None:
        self.view = view
        self._latest = latest
        self._slowest = slowest

    @cached_property
    def latest(self) -> Sequence[Exchange]:
        """Return the latest exchanges, latest last."""
        return self._latest()

    @cached_property
    def slowest(self) -> Sequence[Exchange]:
        """Return the slowest exchanges, slowest first."""
        return self._slowest()
