"""When the session ticks and the dashboard is refreshed, in packet time."""

from math import inf


class Schedule:
    """The next tick comes after `timeout` seconds, and at each refresh, which are `refreshes` seconds apart.

    A silence of more than `silence` seconds has nothing new to show.
    """

    def __init__(self, timeout: float, refreshes: float, silence: float) -> None:
        self._timeout = timeout
        self._refreshes = refreshes
        self._silence = silence
        self.due = 0.0
        """The packet time of the next tick."""
        self.refresh_at = 0.0
        """The packet time of the next refresh."""

    def of_file(self) -> "Schedule":
        """Return that of a file. Nobody watches between two refreshes, so nothing is judged there."""
        return Schedule(inf, self._refreshes, self._silence)

    def begin(self, now: float) -> None:
        """Plan the first tick, or the one after a tick at `now`."""
        self.refresh_at = (now // self._refreshes + 1) * self._refreshes
        self.due = min(now + self._timeout, self.refresh_at)

    def skip_to(self, now: float) -> None:
        """Skip the rest of a long silence."""
        if now - self.due > self._silence:
            self.begin(now)
