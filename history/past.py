"""What the history says of now, for the screen: the same time before, and the busiest times. Pure."""

from datetime import tzinfo

from history.archive import Archive
from history.report import busiest_times, same_time
from view.view import HistoryView, PeriodView


def look_back(archive: Archive, now: float, zone: tzinfo | None = None) -> HistoryView | None:
    """What it says at `now`; None where it has counted no requests yet.

    Raises:
        HistoryError: the archive cannot be read.
    """
    earliest = archive.earliest()
    if earliest is None:
        return None
    try:
        found = {name: PeriodView(*busiest) for name, busiest in busiest_times(archive, earliest, now, zone)}
        yesterday, last_week = (same_time(archive, now, days, zone=zone) for days in (1, 7))
    except KeyError:  # the statistic of all requests was never on
        return None
    periods = (found.get(name) for name in ("hour", "day", "week", "month"))
    return HistoryView(yesterday, last_week, *periods)
