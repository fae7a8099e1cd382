"""Work that may be done only at a certain rate."""

import time
from collections.abc import Callable


class Allowance:
    """An amount that grows with time up to a limit, and that work uses up."""

    def __init__(self, rate: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        """It grows by `rate` each second, up to `most`, which is there at the start."""
        self._rate = rate
        self._most = most
        self._clock = clock
        self._amount = most
        self._at = clock()

    def left(self) -> float:
        """Return what may be used now; 0 or less if nothing may."""
        now = self._clock()
        self._amount = min(self._most, self._amount + self._rate * (now - self._at))
        self._at = now
        return self._amount

    def use(self, amount: float) -> None:
        """Use an amount up. It may be more than was left."""
        self._amount -= amount

    def pause(self) -> float:
        """Return the seconds until some is left."""
        return max(0.0, -self.left() / self._rate)
