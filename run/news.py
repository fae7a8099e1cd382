"""Prints what threads have to say, between two Views."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from view.outlet import Outlet
from view.view import View


class HasNews(Protocol):
    """Anything that has lines for the user."""

    told: Callable[[], None]
    """Called when there is news."""

    @property
    def news(self) -> deque[str]:
        """Lines that have not been printed; another thread adds to them."""


class News(Outlet):
    """Prints lines with `say`."""

    def __init__(self, source: HasNews, say: Callable[[str], None], want_view: Callable[[], None]) -> None:
        self._news = source.news
        self._say = say
        source.told = want_view
        if self._news:
            want_view()

    def show(self, view: View, refreshed: bool) -> None:
        """Print what has not been printed."""
        with suppress(IndexError):  # the thread only adds
            while True:
                self._say(self._news.popleft())

    def finish(self, view: View) -> None:
        """Print the rest."""
        self.show(view, refreshed=True)
