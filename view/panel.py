"""What was counted in a window, as a screen shows it: top lists, and the chart over time.

Times are seconds since the epoch, durations are seconds, rates are per second.
"""

from dataclasses import dataclass
from typing import Final

from stats import statistic


@dataclass(frozen=True)
class ResponseTimes:
    """Holds response times in seconds; percentiles are accurate to 1 %."""

    average: float
    p50: float
    p90: float
    p95: float
    p99: float
    slowest: float


@dataclass(frozen=True)
class Measure:
    """Holds the sums of one key, or of all keys, in a window."""

    count: int
    total: float
    """Bytes or seconds, as the unit of the panel says; for hits, the count again."""
    volume: int = 0
    """Body bytes of the responses; in a panel of bytes, the total again."""
    times: ResponseTimes | None = None
    """None if no response time is known."""
    client_errors: int = 0
    """Responses with a 4xx status."""
    server_errors: int = 0
    """Responses with a 5xx status."""


NOTHING: Final = Measure(0, 0)


@dataclass(frozen=True)
class Row:
    """Holds one key of a top list, in the last bucket and in the window."""

    key: str
    recent: Measure
    window: Measure
    trend: tuple[int, ...] = ()
    """Hits in each of the latest slices, oldest first. Slices begin at multiples of their length; the last one is
    current.
    """


@dataclass(frozen=True)
class Panel:
    """Holds the ranked top list of one statistic; `other` sums up everything that has no row."""

    name: str
    title: str
    unit: statistic.Unit
    rows: tuple[Row, ...]
    other: Row
    whole: Measure
    """All keys in the window, for shares."""
    slice_width: float = 0.0
    """Seconds of a slice of the trends: a twelfth of the window, or of a shorter one while there are too few slices to
    see a trend; a bucket if the window is the last bucket.
    """
    slice_elapsed: float = 0.0
    """Seconds of the last slice that have passed."""
    responses: bool = True
    """Whether responses are counted, so that errors are known."""
    seen: bool = True
    """False if the panel is hidden until its statistic has counted something, which it has not in the retention."""

    @property
    def has_bytes(self) -> bool:
        """Whether its keys have a volume: of responses, or what the statistic measures."""
        return self.responses or self.unit is statistic.Unit.BYTES

    @property
    def has_times(self) -> bool:
        """Whether its keys have times: of responses, or what the statistic measures."""
        return self.responses or self.unit is statistic.Unit.SECONDS


@dataclass(frozen=True)
class BandView:
    """Holds the request rate that is usual at a time, per second."""

    expected: float
    low: float
    high: float
    """Usual rates are between `low` and `high`."""


@dataclass(frozen=True)
class Chart:
    """Holds the window in at most 240 slices, oldest first; the last one is current until the window ends."""

    start: float
    """Start of the first slice."""
    width: float
    """Seconds of a slice."""
    rates: tuple[float | None, ...]
    """Requests per second of the time that was watched; None if nobody watched."""
    classes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Status classes, as `2xx`, with the exchanges of each slice; classes that never occurred are left out."""
    band: tuple[BandView | None, ...] = ()
    """What is usual in each slice, None where it is unknown; empty unless the request rate has a seasonal baseline."""

    @property
    def known(self) -> tuple[float, ...]:
        """The rates of the slices that somebody watched."""
        return tuple(rate for rate in self.rates if rate is not None)

    @property
    def usual(self) -> BandView | None:
        """What is usual now."""
        return self.band[-1] if self.band else None
