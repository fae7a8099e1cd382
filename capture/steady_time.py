"""Packet time that never goes back, although the system's clock, which stamps packets, may be set.

A step of that clock is its change against the monotonic clock, which nobody can set and which stops while the machine
is suspended. If the clock is set back, packet time goes on as before, ahead of the clock. If it is set forward, or the
machine was suspended, packet time follows, and the time between is one in which nobody watched.
"""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from traffic.frames import Frames

LEAST_STEP: Final = 2.0
"""Seconds of a step that matters; corrections of a clock that is kept right are far smaller."""
PROMPT: Final = 0.1
"""Seconds within which both clocks must be read, to be compared."""


class _Step(NamedTuple):
    """A step of the clock from which no packet has been seen yet."""

    middle: float
    """Time of the clock in the middle of the step; the times before and after it are on either side, far away."""
    is_back: bool
    ahead: float
    """How far packet time was ahead before the step."""

    def precedes(self, stamp: float) -> bool:
        """Return whether the clock that said `stamp` had yet to take the step."""
        return stamp > self.middle if self.is_back else stamp < self.middle


class SteadyTime:
    """Turns the time stamps of a live source into packet time. `look` must follow each read of the source."""

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.warning = ""
        """A sentence about the latest step; empty before the first one."""
        self.resumed = 0.0
        """A packet time within the latest time in which nobody watched, and after any packet before it; 0 for none."""
        self._clock = clock
        self._monotonic = monotonic
        self._distance = clock() - monotonic()
        self._ahead = 0.0
        self._step: _Step | None = None

    def look(self) -> None:
        """Compare the clocks."""
        begun = self._monotonic()
        now = self._clock()
        if self._monotonic() - begun > PROMPT:  # we were interrupted between the two
            return
        step, self._distance = now - begun - self._distance, now - begun
        if abs(step) >= LEAST_STEP:
            self._take(step, now)

    def now(self) -> float:
        """Return the packet time of a packet that arrives now."""
        return self._clock() + self._ahead

    def packet_time(self, stamp: float) -> float:
        """Return the packet time of a time stamp; 0 remains 0, because it means that there is none."""
        if not stamp:
            return stamp
        if self._step is not None and self._step.precedes(stamp):
            return stamp + self._step.ahead
        self._step = None
        return stamp + self._ahead

    def in_packet_time(self, frames: Frames) -> Frames:
        """Return the same frames with their packet times."""
        if self._step is None and not self._ahead:
            return frames
        times: Any = np.array([self.packet_time(float(stamp)) for stamp in frames.times])
        return frames.at(times)

    def _take(self, step: float, now: float) -> None:
        """Note that the clock, which shows `now`, made a step."""
        self._step = _Step(now - step / 2, step < 0, self._ahead)
        skipped = step - self._ahead
        self._ahead = -skipped if -skipped >= LEAST_STEP else 0.0
        if skipped >= LEAST_STEP:
            self.resumed = now - skipped / 2
            until = time.strftime("%H:%M:%S", time.localtime(now))
            reason = "the machine was suspended, or its clock set forward"
            self.warning = f"nothing was watched for {skipped:,.0f} s, until {until}: {reason}"
            return
        way = "back" if step < 0 else "forward"
        result = f"times go on, {self._ahead:,.0f} s ahead of it" if self._ahead else "times are right again"
        self.warning = f"the clock was set {way} by {abs(step):,.0f} s; {result}"
