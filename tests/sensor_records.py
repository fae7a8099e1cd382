"""Records of sensors, for tests."""

from collections.abc import Mapping

from history.record import HEALTH, WIDTHS, Facts, Level, SensorRecord, Series
from history.sums import StoredAlert
from store.distribution import Distribution
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums

SIZE = 10
SERIES = Series("web-1", 4711, Level.BUCKET)
FACTS = Facts("edge", "eth0 port 80", "0.2.0", SIZE)
TIMED = Sums(3, 700, 0.5, Distribution(((0, 1), (40, 2))), 1, 0)
ALERT = StoredAlert("request_rate", 1000.0, None, '{"signal": "request_rate"}')


def bucket(start: float, width: float = SIZE, **statistics: Mapping[str, Sums]) -> ClosedBucket:
    """Return a bucket with sums by statistic and key; the key `other` stands for all that have no slot."""
    parts = []
    for name, sums in statistics.items():
        keyed = KeyedSums.of_items((key, known) for key, known in sums.items() if key != "other")
        parts.append(StatisticSums(name, keyed, sums.get("other", NOTHING)))
    return ClosedBucket(start, float(width), tuple(parts))


def record(
    sequence: int,
    *buckets: ClosedBucket,
    series: Series = SERIES,
    through: int = 0,
    alerts: tuple[StoredAlert, ...] = (),
) -> SensorRecord:
    """Return a record of a sensor, written a second after its last bucket."""
    written = buckets[-1].start + buckets[-1].width + 1 if buckets else 1.0
    return SensorRecord(series, sequence, through, written, FACTS, buckets, alerts)


def example() -> SensorRecord:
    """Return a record that has one of everything."""
    first = bucket(1000, top_sections={"shop/cart": TIMED, "shop/é": Sums(1), "other": Sums(4, times=TIMED.times)})
    second = bucket(1010, float(SIZE), top_sections={"shop/cart": Sums(5)}, **{HEALTH: {"frames": Sums(900)}})
    return record(7, first, second, alerts=(ALERT,))


def hour() -> SensorRecord:
    """Return a record of an hour."""
    series = SERIES._replace(level=Level.HOUR)
    return record(2, bucket(3600, WIDTHS[Level.HOUR], top_hosts={"shop": TIMED}), series=series, through=40)
