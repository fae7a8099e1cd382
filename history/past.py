"""The past as the screen shows it: the same time on earlier days, and the busiest times. Pure."""

from datetime import tzinfo

from history.archive import Archive
from history.report import busiest_times, same_time
from view.view import HistoryView, PeriodView


def look_back(archive: Archive, now: float, zone: tzinfo | None = None) -> HistoryView | None:
    """Return the past as seen at `now`; None if no requests have been counted.

    Raises:
        HistoryError: the archive cannot be read.
    """
    earliest = archive.earliest()
    if earliest is None:
        return None
    try:
        found = {name: PeriodView(*busiest) for name, busiest in busiest_times(archive, earliest, now, zone)}
        yesterday, last_week = (same_time(archive, now, days, zone=zone) for days in (1, 7))
    # The statistic of all requests was never enabled.
    except KeyError:
        return None
    periods = (found.get(name) for name in ("hour", "day", "week", "month"))
    return HistoryView(yesterday, last_week, *periods)
