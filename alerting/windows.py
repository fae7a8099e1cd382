"""The windows in which is counted: the time of learning, then bucket after bucket. Seconds since the epoch."""

from math import inf


class Windows:
    """One window under way; from its origin on each is `width` seconds wide. Before the first `begin` it never ends."""

    def __init__(self, width: float) -> None:
        self.begin(inf, width)

    def begin(self, origin: float, width: float) -> None:
        """Lay out windows from `origin` on, and open the first."""
        self.width = width
        self._origin, self._index = origin, -1
        self.open_next()

    def open_next(self, skipped: int = 0) -> None:
        """Go on to the next window, or to one that is `skipped` further on."""
        self._index += 1 + skipped
        self.opens = self._origin + self._index * self.width
        self.closes = self._origin + (self._index + 1) * self.width  # from the origin, so that no error adds up

    def step_over(self, until: float) -> None:
        """Leave out all windows that end until then."""
        whole = int((until - self.opens) // self.width)
        if whole > 1:
            self.open_next(skipped=whole - 2)
        while self.closes <= until:  # what rounding may have left
            self.open_next()

    def elapsed(self, now: float) -> float:
        """Seconds since the window under way began."""
        return min(max(now - self.opens, 0.0), self.width)
