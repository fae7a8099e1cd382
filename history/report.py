"""What the history says of a span: totals, busiest times, a top list, and all of it beside the span before. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from history.archive import Archive, Top
from history.periods import Level, begin, month, week
from history.sums import StoredAlert
from store.sums import Sums

REQUESTS: Final = "request_rate"
"""The statistic that counts all requests."""


class Period(NamedTuple):
    """A period and the requests in it."""

    start: float
    requests: int


class Report(NamedTuple):
    """A span of the history."""

    source: str
    since: float
    until: float
    requests: int
    requests_before: int | None
    """In the span before; None where the history does not reach back that far."""
    since_before: float | None
    """Where that one begins: it is as long, or a little longer where minutes or hours are no longer kept."""
    busiest: tuple[tuple[str, Period], ...]
    """`hour`, `day`, `week` and `month` with the most requests; what is longer than the span is left out."""
    by: str
    """Name of the statistic of the top list."""
    unit: str
    top: Top
    before: dict[str, Sums]
    """The same keys in the span before, as far as they were there."""
    alerts: tuple[StoredAlert, ...]
    begins: bool = False
    """Whether the span begins where the history does, later than it was asked for."""

    @property
    def longer(self) -> float:
        """The length of the span by that of the one before: times so much, what was counted then compares with now."""
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
    """The longer period with the most requests, the earliest of equal ones; `of` says where that of a time begins."""
    sums: dict[float, int] = {}
    for start, requests in periods:
        longer = of(start)
        sums[longer] = sums.get(longer, 0) + requests
    best = max(sums, key=lambda start: (sums[start], -start), default=None)
    return None if best is None else Period(best, sums[best])


def busiest_times(archive: Archive, since: float, until: float, zone: tzinfo | None = None) -> list[tuple[str, Period]]:
    """The busiest hour, day, week and month; what is longer than the span is left out.

    Of a day that lies in the span in part, that part counts. Hours are those that are still kept.
    """
    whole = begin(Level.HOUR, since, zone) if since == archive.earliest() else since  # nothing came before in that hour
    hours = _requests(archive.totals(REQUESTS, Level.HOUR, since, until), whole)
    days = _requests(archive.periods(REQUESTS, since, until), since)
    found = (
        ("hour", 3600, busiest(hours, lambda start: start)),
        ("day", 86400, busiest(days, lambda start: begin(Level.DAY, start, zone))),
        ("week", 7 * 86400, busiest(days, lambda start: week(start, zone))),
        ("month", 28 * 86400, busiest(days, lambda start: month(start, zone))),
    )
    return [(name, best) for name, seconds, best in found if best is not None and until - since >= seconds]


def requests_between(archive: Archive, since: float, until: float) -> int:
    """All requests of a span."""
    return archive.top(REQUESTS, since, until, 0).whole.count


def same_time(archive: Archive, now: float, days: int, width: float = 600, zone: tzinfo | None = None) -> float | None:
    """Requests per second at the same time of day so many days ago, over `width` seconds at least, around it.

    None where none were recorded: either none came, or nobody watched.
    """
    then = (datetime.fromtimestamp(now, zone) - timedelta(days=days)).timestamp()
    since = begin(Level.MINUTE, then - width / 2)
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
    """The report on [since, until) with the top list of the statistic and unit `by`."""
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
        begins=since > top.since,
    )


def _alerts(archive: Archive, since: float, until: float) -> Iterator[StoredAlert]:
    """Those that were active in a span, latest first. One that nobody saw the end of lasted as long as is known."""
    latest = archive.latest()
    for alert in archive.alerts(since):
        end = max(alert.start, min(latest, until)) if alert.end is None else alert.end
        if alert.start < until and end >= since:
            yield alert._replace(end=end)


def _requests(sums: Iterable[tuple[float, Sums]], since: float) -> list[Period]:
    return [Period(start, known.count) for start, known in sums if start >= since]
