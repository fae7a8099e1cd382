"""The calendar of a season: which hour of the week a time is, by the local clock. A holiday is a Sunday."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Final, NamedTuple

HOURS_OF_DAY: Final = 24
HOURS_OF_WEEK: Final = 168
STEP: Final = 300.0
"""Seconds of a step of the day: what recurs within an hour is known to five minutes."""
STEPS_OF_HOUR: Final = 12
STEPS_OF_DAY: Final = HOURS_OF_DAY * STEPS_OF_HOUR
SUNDAY: Final = 6
_HALF_HOUR: Final = 1800.0
_STEPS: Final = 64
"""Quarters of an hour whose place in the week is remembered: all that signals, judged one after the other, ask for."""


class CalendarError(ValueError):
    """A line is not a date. The text names the line."""


class Moment(NamedTuple):
    """A place between the middles of two hours of the week."""

    hour: int
    """Hour of the week that contains the time, from 0 (Monday, 00:00 local time) to 167."""
    before: int
    """Hour of the week whose middle was last."""
    after: int
    """Hour of the week whose middle comes next."""
    share: float
    """How far the time is from the one to the other, from 0 to 1."""
    started: float
    """Start of the hour, in seconds since the epoch."""
    step: int
    """Step of the local day that contains the time, from 0 to 287."""


class Calendar:
    """Hours of the week in `zone`; None is the system's time zone."""

    def __init__(self, zone: tzinfo | None = None, holidays: Iterable[date] = ()) -> None:
        self._zone = zone
        self._holidays = frozenset(holidays)
        self._known: dict[int, tuple[int, int]] = {}

    def moment(self, time: float) -> Moment:
        """Return the place of a time, in seconds since the epoch."""
        hour, into = self._hour(time)
        before, since = self._hour(time - _HALF_HOUR)
        after, _ = self._hour(time + _HALF_HOUR)
        step = hour % HOURS_OF_DAY * STEPS_OF_HOUR + min(STEPS_OF_HOUR - 1, int(into // STEP))
        return Moment(hour, before, after, min(1.0, since / 3600), time - into, step)

    def _hour(self, time: float) -> tuple[int, float]:
        """Return the hour of the week, and the seconds since it began. Clocks differ by whole quarters of an hour."""
        quarter, within = divmod(time, 900)
        known = self._known.get(int(quarter))
        if known is None:
            if len(self._known) >= _STEPS:
                self._known.clear()
            known = self._known[int(quarter)] = self._looked_up(quarter * 900)
        return known[0], known[1] + within

    def _looked_up(self, time: float) -> tuple[int, int]:
        local = datetime.fromtimestamp(time, self._zone)
        day = SUNDAY if local.date() in self._holidays else local.weekday()
        return day * HOURS_OF_DAY + local.hour, local.minute * 60


def holidays(text: str) -> frozenset[date]:
    """Read a calendar of holidays: one ISO date a line, and what it is called; `#` begins a comment.

    Raises:
        CalendarError: a line does not begin with a date.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split(maxsplit=1)
        if words:
            try:
                found.add(date.fromisoformat(words[0]))
            except ValueError:
                raise CalendarError(f"line {number} does not begin with a date such as 2026-12-25") from None
    return frozenset(found)
