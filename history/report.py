"""A report on a span of the history: totals, busiest times and a top list, compared with the span before. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from history.archive import Archive, StoredTop
from history.periods import PeriodLevel, month_start, period_start, week_start
from history.sums import StoredAlert
from store.sums import Sums

REQUESTS: Final = "request_rate"
"""The statistic that counts all requests."""


class Period(NamedTuple):
    """A period and its number of requests."""

    start: float
    requests: int


class Report(NamedTuple):
    """A report on a span of the history."""

    source: str
    since: float
    until: float
    requests: int
    requests_before: int | None
    """Requests in the span before; None if the history does not reach back that far."""
    since_before: float | None
    """Start of the span before. It is slightly longer if its minutes or hours have been deleted."""
    busiest: tuple[tuple[str, Period], ...]
    """The `hour`, `day`, `week` and `month` with the most requests; periods longer than the span are left out."""
    by: str
    """Name of the statistic in the top list."""
    unit: str
    top: StoredTop
    before: dict[str, Sums]
    """Sums of the same keys in the span before, if they occurred there."""
    alerts: tuple[StoredAlert, ...]
    watched: float
    """Seconds of the span in which the monitor ran."""
    begins: bool = False
    """Whether the history starts within the requested span, so that the report starts later."""
    sensors: tuple[str, ...] = ()
    """The sensors that it adds up; empty for the history of one host."""

    @property
    def longer(self) -> float:
        """Length of the span relative to the one before, by which earlier counts are multiplied for comparison."""
        return 1.0 if self.since_before is None else (self.until - self.since) / (self.since - self.since_before)


def find_statistic(word: str, statistics: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the unit of the statistic that the user means: by its name, or a word of it, as `status`.

    Raises:
        KeyError: none has that word, or none was kept. The text is for the user.
    """
    low = word.lower()
    for name in (low, f"top_{low}", f"top_{low}s", f"top_{low}_codes", f"top_{low.replace('-', '_')}s"):
        if name in statistics:
            return name, statistics[name]
    near = next((name for name in statistics if low in name), None)
    if near is None:
        known = ", ".join(sorted(statistics)) or "none yet"
        raise KeyError(f"the history has no statistic {word!r}; it has {known}")
    return near, statistics[near]


def busiest(periods: Iterable[Period], of: Callable[[float], float]) -> Period | None:
    """Return the longer period with the most requests, the earliest of equal ones; `of` maps a time to its period's
    start.
    """
    sums: dict[float, int] = {}
    for start, requests in periods:
        longer = of(start)
        sums[longer] = sums.get(longer, 0) + requests
    best = max(sums, key=lambda start: (sums[start], -start), default=None)
    return None if best is None else Period(best, sums[best])


def busiest_times(archive: Archive, since: float, until: float, zone: tzinfo | None = None) -> list[tuple[str, Period]]:
    """Return the busiest hour, day, week and month; periods longer than the span are left out.

    Of a day that is only partly in the span, that part counts. Hours are those still stored.
    """
    # Nothing came earlier in the first hour of the history.
    whole = period_start(PeriodLevel.HOUR, since, zone) if since == archive.earliest() else since
    hours = _requests(archive.totals(REQUESTS, PeriodLevel.HOUR, since, until), whole)
    days = _requests(archive.periods(REQUESTS, since, until), since)
    found = (
        ("hour", 3600, busiest(hours, lambda start: start)),
        ("day", 86400, busiest(days, lambda start: period_start(PeriodLevel.DAY, start, zone))),
        ("week", 7 * 86400, busiest(days, lambda start: week_start(start, zone))),
        ("month", 28 * 86400, busiest(days, lambda start: month_start(start, zone))),
    )
    return [(name, best) for name, seconds, best in found if best is not None and until - since >= seconds]


def requests_between(archive: Archive, since: float, until: float) -> int:
    """Return the number of requests in a span."""
    return archive.top(REQUESTS, since, until, 0).whole.count


def same_time(archive: Archive, now: float, days: int, width: float = 600, zone: tzinfo | None = None) -> float | None:
    """Return the requests per second at the same time some days ago, averaged over at least `width` seconds around it.

    None if there are none: either no requests came, or the monitor was not running.
    """
    then = (datetime.fromtimestamp(now, zone) - timedelta(days=days)).timestamp()
    since = period_start(PeriodLevel.MINUTE, then - width / 2)
    found = archive.top(REQUESTS, since, since + width, 0)
    return found.whole.count / (found.until - found.since) if found.whole.count else None


def build_report(
    archive: Archive,
    source: str,
    by: tuple[str, str],
    since: float,
    until: float,
    limit: int,
    zone: tzinfo | None = None,
) -> Report:
    """Build the report on [since, until), with the top list of the statistic and unit `by`."""
    name, unit = by
    earliest = archive.earliest() or until
    top = archive.top(name, since, until, limit)
    since = max(top.since, min(earliest, until))
    before = since - (until - since)
    past = archive.top(REQUESTS, before, since, 0) if earliest <= before else None
    return Report(
        source,
        since,
        until,
        requests_between(archive, since, until),
        past.whole.count if past else None,
        past.since if past else None,
        tuple(busiest_times(archive, since, until, zone)),
        name,
        unit,
        top,
        archive.sums(name, [key for key, _ in top.rows], before, since) if past else {},
        tuple(_alerts(archive, since, until)),
        archive.watched(since, until),
        begins=since > top.since,
    )


def _alerts(archive: Archive, since: float, until: float) -> Iterator[StoredAlert]:
    """Iterate over the alerts in a span, latest first. An alert without an end lasts until the end of the history."""
    latest = archive.latest()
    for alert in archive.alerts(since):
        end = max(alert.start, min(latest, until)) if alert.end is None else alert.end
        if alert.start < until and end >= since:
            yield alert._replace(end=end)


def _requests(sums: Iterable[tuple[float, Sums]], since: float) -> list[Period]:
    return [Period(start, known.count) for start, known in sums if start >= since]
