"""The times over which a series is judged: short ones beside its offset, long ones beside the season alone."""

from typing import Final, NamedTuple


class Reach(NamedTuple):
    """A time over which deviations are judged."""

    windows: int
    factor: float
    """How far beyond the tail it alerts: single windows are judged generously."""
    beside: float
    """The same for a part that is above the rest of its whole, as they share the drift of the demand."""
    least: float
    """Share of the signal's threshold that the deviation must have: what lasts longer may be less."""

    @property
    def least_tail(self) -> float:
        """The tail of a normal distribution, which is the least: of one window, and of the nearer one of two."""
        return 2.2 if self.windows == 2 else 2.8


SHORT: Final = (
    Reach(1, 1.9, 1.9, 1.0), Reach(2, 1.5, 1.5, 1.0), Reach(5, 1.8, 1.5, 0.5), Reach(15, 1.5, 1.25, 0.3),
)  # fmt: skip
LONG: Final = Reach(30, 1.3, 1.15, 0.2)
"""An hour, if windows have the usual 120 s."""
LONGEST: Final = Reach(240, 1.2, 1.2, 0.2)
"""Eight hours: a working day, or a night."""
