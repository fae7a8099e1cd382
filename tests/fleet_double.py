"""A store of many sensors in memory: what `FleetArchive` promises, over a list of records."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from history.archive import StoredTop
from history.fleet import Arrivals, SensorAlert, SensorState
from history.periods import PeriodLevel
from history.record import HEALTH, SENSORS, Facts, Level, SensorRecord, Series, StoreError
from history.sums import Minute, StoredAlert
from stats.statistic import Statistic
from store.store import Store
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums
from traffic.batch import RecordBatch

COUNTED_BY = "request_rate"
"""The statistic whose sums are those of a sensor."""


class FleetDouble:
    """A store of bucket records. The tests set `fails` to what each call should raise."""

    def __init__(self, records: list[SensorRecord] | None = None, chosen: Collection[str] | None = None) -> None:
        self.records = [] if records is None else records
        """In order of arrival; tests append to it."""
        self.ahead: dict[str, float] = {}
        """Seconds that the clock of a sensor is ahead of the store's."""
        self.fails: StoreError | None = None
        self.fails_every = 0
        """Every how many calls one fails; 0 for never."""
        self.calls = 0
        self.first: int | None = None
        """The first cursor since this store was opened, where the past ends."""
        self.remarks: tuple[str, ...] = ()
        """What is left out, for the user."""
        self._chosen = chosen
        self._parent: FleetDouble | None = None
        self._opened: FleetDouble = self

    @property
    def warnings(self) -> tuple[str, ...]:
        return (self._parent or self).remarks

    # Writing ----------------------------------------------------------------------------------------------------------

    def send(self, records: Sequence[SensorRecord]) -> None:
        """Store each record once, as a `Target` does."""
        known = {(record.series, record.sequence) for record in self.records}
        self.records += [record for record in records if (record.series, record.sequence) not in known]

    # As FleetArchive --------------------------------------------------------------------------------------------------

    def statistics(self) -> dict[str, str]:
        names = {part.name for record in self._mine() for bucket in record.buckets for part in bucket.statistics}
        return {name: "hits" for name in sorted(names) if not name.startswith(("signals.", "("))}

    def sensors(self) -> list[SensorState]:
        self._call()
        latest: dict[str, SensorState] = {}
        for record in self.records:
            name = record.series.sensor
            before = latest.get(name)
            end = max((bucket.start + bucket.width for bucket in record.buckets), default=record.written)
            ahead = (self._parent or self).ahead.get(name, 0.0)
            received = max(record.written - ahead, before.received if before else 0)
            skew = max(record.written - received, before.skew if before else -inf)
            latest[name] = SensorState(name, record.facts, max(end, before.latest if before else 0), received, skew)
        return [latest[name] for name in sorted(latest)]

    def of(self, sensors: Collection[str]) -> "FleetDouble":
        chosen = FleetDouble(self.records, frozenset(sensors))
        chosen._parent, chosen._opened = self._parent or self, self._opened
        return chosen

    def again(self) -> "FleetDouble":
        """Open the same store again."""
        self._call()
        other = FleetDouble(self.records)
        other._parent = self._parent or self
        return other

    def arrived(self, cursor: object | None) -> Arrivals:
        self._call()
        end = len(self.records)
        if cursor is None:
            self._opened.first = end if self._opened.first is None else self._opened.first
            return Arrivals((), end)
        assert isinstance(cursor, int)
        return Arrivals(tuple(_summed(self._mine(cursor, end))), end)

    def past(self, since: float, until: float) -> Iterator[ClosedBucket]:
        self._call()
        found = _summed(self._mine(0, self._opened.first))
        for bucket in reversed(found):
            if since <= bucket.start < until:
                yield bucket
                self._call()

    def sensor_alerts(self, since: float) -> list[SensorAlert]:
        self._call()
        latest = {
            (record.series.sensor, alert.signal, alert.start): SensorAlert(record.series.sensor, alert)
            for record in self._mine()
            for alert in record.alerts
        }
        known = [each for each in latest.values() if each.alert.end is None or each.alert.end >= since]
        return sorted(known, key=lambda each: -each.alert.start)

    def counts(self) -> None:
        """It keeps nothing that signals counted."""

    def health(self, since: float) -> Mapping[str, Mapping[str, int]]:
        self._call()
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for record in self._mine():
            for bucket in record.buckets:
                for part in bucket.statistics:
                    if part.name == HEALTH and bucket.start >= since:
                        for key, sums in part.keyed.items():
                            found[record.series.sensor][key] += sums.count
        return found

    # As Archive -------------------------------------------------------------------------------------------------------

    def write(self, minute: Minute) -> None:
        raise NotImplementedError("sensors send records")

    def write_alert(self, alert: StoredAlert) -> None:
        raise NotImplementedError("sensors send records")

    def top(self, statistic: str, since: float, until: float, limit: int) -> StoredTop:
        parts = self._parts(statistic, since, until)
        keyed = dict(KeyedSums.merged([part.keyed for _, part in parts]).items())
        rows = sorted(keyed.items(), key=lambda item: (-item[1].count, item[0]))[:limit]
        return StoredTop(since, until, rows, _whole([part for _, part in parts]))

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        keyed = KeyedSums.merged([part.keyed for _, part in self._parts(statistic, since, until)]).items()
        return {key: sums for key, sums in keyed if key in keys}

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        return self.totals(statistic, PeriodLevel.MINUTE, since, until)

    def totals(self, statistic: str, level: PeriodLevel, since: float, until: float) -> list[tuple[float, Sums]]:
        width, found = (60, 3600, 86400)[level], defaultdict(list)
        for start, part in self._parts(statistic, since, until):
            found[start // width * width].append(part)
        return [(start, _whole(parts)) for start, parts in sorted(found.items())]

    def alerts(self, since: float) -> list[StoredAlert]:
        return [each.alert for each in self.sensor_alerts(since)]

    def watched(self, since: float, until: float) -> float:
        return until - since

    def earliest(self) -> float | None:
        return min((bucket.start for record in self._mine() for bucket in record.buckets), default=None)

    def latest(self) -> float:
        return max((b.start + b.width for record in self._mine() for b in record.buckets), default=0.0)

    def close(self) -> None:
        pass

    # ------------------------------------------------------------------------------------------------------------------

    def _call(self) -> None:
        root = self._parent or self
        root.calls += 1
        if root.fails is not None:
            raise root.fails
        if root.fails_every and root.calls % root.fails_every == 0:
            raise StoreError("broken pipe")

    def _mine(self, begin: int = 0, end: int | None = None) -> list[SensorRecord]:
        some = self.records[begin:end]
        return [record for record in some if self._chosen is None or record.series.sensor in self._chosen]

    def _parts(self, statistic: str, since: float, until: float) -> list[tuple[float, StatisticSums]]:
        buckets = [bucket for bucket in _summed(self._mine()) if since <= bucket.start < until]
        return [(bucket.start, part) for bucket in buckets for part in bucket.statistics if part.name == statistic]


def _summed(records: Sequence[SensorRecord]) -> list[ClosedBucket]:
    """Add up the buckets of the sensors, oldest first, with requests by sensor."""
    found: dict[tuple[float, float], dict[str, list[StatisticSums]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        for bucket in record.buckets:
            parts = found[bucket.start, bucket.width]
            for part in bucket.statistics:
                parts[part.name].append(part)
                if part.name == COUNTED_BY:
                    own = KeyedSums.of_items([(record.series.sensor, _whole([part]))])
                    parts[SENSORS].append(StatisticSums(SENSORS, own, NOTHING))
    return [
        ClosedBucket(start, width, tuple(_merged(name, parts) for name, parts in known.items()))
        for (start, width), known in sorted(found.items())
    ]


def _merged(name: str, parts: Sequence[StatisticSums]) -> StatisticSums:
    return StatisticSums(name, KeyedSums.merged([part.keyed for part in parts]), added(part.other for part in parts))


def _whole(parts: Sequence[StatisticSums]) -> Sums:
    return added(sums for part in parts for sums in (part.keyed.whole(), part.other))


def added(several: Any) -> Sums:
    """Add up sums."""
    whole = NOTHING
    for sums in several:
        whole = Sums(
            whole.count + sums.count,
            whole.bytes + sums.bytes,
            whole.seconds + sums.seconds,
            whole.times.merge(sums.times),
            whole.client_errors + sums.client_errors,
            whole.server_errors + sums.server_errors,
        )
    return whole


class SensorDouble:
    """A sensor: counts records, and makes a record of each bucket that closes."""

    def __init__(
        self,
        name: str,
        statistics: Sequence[Statistic],
        vantage: str = "",
        bucket_size: int = 10,
        version: str = "0.2.0",
    ) -> None:
        self.name = name
        self.facts = Facts(vantage, "eth0 port 80", version, bucket_size)
        self.skew = 0.0
        """Seconds that its clock is ahead."""
        self.sequence = 0
        self._closed: list[ClosedBucket] = []
        self._alerts: list[StoredAlert] = []
        self._store = Store(statistics, bucket_size, 86400, 50)
        self._store.on_close(self._closed.append)

    def count(self, records: Sequence[Any]) -> None:
        self._store.add(RecordBatch(records))

    def alert(self, alert: StoredAlert) -> None:
        self._alerts.append(alert)

    def record(self, now: float, health: Mapping[str, int] | None = None) -> SensorRecord:
        """Return the record of everything that ended by `now`."""
        self._store.advance(now)
        size = self.facts.bucket_size
        if health:
            keyed = KeyedSums.of_items([(name, replace(NOTHING, count=count)) for name, count in health.items()])
            part = StatisticSums(HEALTH, keyed, NOTHING)
            self._closed.append(ClosedBucket((now // size - 1) * size, size, (part,)))
        self.sequence += 1
        series = Series(self.name, 1, Level.BUCKET)
        buckets, alerts = tuple(self._closed), tuple(self._alerts)
        self._closed.clear()
        self._alerts.clear()
        return SensorRecord(series, self.sequence, 0, now + self.skew, self.facts, buckets, alerts)
