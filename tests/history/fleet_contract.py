"""What each store of many sensors must do, whatever it is made of. A store's tests run CONTRACT on it.

Sensors send all four levels, as real ones do.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pytest
from sensor_records import FACTS, SIZE, bucket

from history.alerts import facts
from history.fleet import FleetArchive
from history.periods import PeriodLevel
from history.record import HEALTH, SENSORS, WIDTHS, Level, SensorRecord, Series
from history.sums import StoredAlert
from store.distribution import Distribution
from store.sums import OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import WATCHED

START = time.time() // 86400 * 86400 - 86400
"""Yesterday: a store may refuse what is too old."""
NOW = START + 86400 + 12 * 3600
"""The readers' clock: all that was sent is settled."""
UNITS = {"request_rate": "hits", "top_sections": "hits", "sent": "bytes", "slow": "seconds"}
WEB1, WEB2, DB = "web-1", "web-2", "db-1"
HOSTILE = (
    "'; DROP TABLE buckets; --",
    "quo\"te's`",
    "back\\slash\\",
    "{statistic:String}",
    "%(key)s %s $1 ?",
    "é€😀",
    "a b  c",
    "[1,2]",
    "/*",
)


class Pair(NamedTuple):
    """A store to write and to read."""

    send: Callable[[Sequence[SensorRecord]], None]
    opened: Callable[[], FleetArchive]
    """The clock of the archive is NOW."""


class Fleet:
    """Sensors that send to a store: a small driver for the tests."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._sequences: Counter[tuple[str, Level]] = Counter()
        self._pending: dict[tuple[str, Level], list[SensorRecord]] = {}
        self.sent: list[SensorRecord] = []

    def bucket(
        self,
        sensor: str,
        at: float,
        alerts: tuple[StoredAlert, ...] = (),
        health: int = 0,
        held: bool = False,
        **statistics: dict[str, Sums],
    ) -> SensorRecord:
        """Send the bucket that starts `at` seconds after START, with a request for each section counted."""
        requests = sum(sums.count for sums in statistics.get("top_sections", {}).values())
        given = {"request_rate": {"requests": Sums(requests)}, WATCHED: {"0": Sums(seconds=SIZE)}, **statistics}
        if health:
            given[HEALTH] = {"frames": Sums(health)}
        one = self._record(sensor, Level.BUCKET, 0, START + at + SIZE, (bucket(START + at, SIZE, **given),), alerts)
        if not held:
            self.send(one)
        return one

    def send(self, *records: SensorRecord) -> None:
        self._pair.send(records)
        self.sent += records

    def roll_up(self) -> None:
        """Let the sensors send what they have of longer periods."""
        for level in (Level.MINUTE, Level.HOUR, Level.DAY):
            below = Level(level - 1)
            for sensor in sorted({name for name, each in self._pending if each is below}):
                parts = self._pending.pop((sensor, below), [])
                periods = tuple(added((part for record in parts for part in record.buckets), WIDTHS[level]))
                self.send(self._record(sensor, level, parts[-1].sequence, parts[-1].written, periods))

    def _record(
        self,
        sensor: str,
        level: Level,
        through: int,
        written: float,
        buckets: tuple[ClosedBucket, ...],
        alerts: tuple[StoredAlert, ...] = (),
    ) -> SensorRecord:
        self._sequences[sensor, level] += 1
        series = Series(sensor, 4711 + len(sensor), level)
        one = SensorRecord(series, self._sequences[sensor, level], through, written, FACTS, buckets, alerts)
        self._pending.setdefault((sensor, level), []).append(one)
        return one


def added(buckets: Iterable[ClosedBucket], width: int) -> list[ClosedBucket]:
    """Return the sums of longer periods."""
    found: dict[float, dict[str, list[StatisticSums]]] = {}
    for start, _, statistics in buckets:
        for part in statistics:
            found.setdefault(start // width * width, {}).setdefault(part.name, []).append(part)
    return [
        ClosedBucket(start, float(width), tuple(_added(name, parts) for name, parts in own.items()))
        for start, own in sorted(found.items())
    ]


def _added(name: str, parts: Sequence[StatisticSums]) -> StatisticSums:
    others = KeyedSums.merged([KeyedSums.of_items([("", part.other)]) for part in parts])
    return StatisticSums(name, KeyedSums.merged([part.keyed for part in parts]), dict(others.items())[""])


def sections(**counts: int) -> dict[str, Sums]:
    return {f"/{name}": Sums(count, 10 * count) for name, count in counts.items()}


def counts(rows: Iterable[tuple[str, Sums]]) -> dict[str, int]:
    return {key: sums.count for key, sums in rows}


def given_by(buckets: Iterable[ClosedBucket], statistic: str = "top_sections") -> dict[str, int]:
    """Return how often each key was given."""
    found: Counter[str] = Counter()
    for each in buckets:
        for part in each.statistics:
            if part.name == statistic:
                found.update(counts(part.keyed.items()))
                found[OTHER] += part.other.count
    return dict(+found)


# The contract --------------------------------------------------------------------------------------------------------


def the_highest_keys_are_those_of_all_sensors_together(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0, top_sections=sections(a=10, b=6, c=1))
    fleet.bucket(WEB2, 0, top_sections=sections(d=9, b=6, c=1))
    fleet.roll_up()
    read = pair.opened()
    top = read.top("top_sections", START, START + 60, 2)
    assert (top.since, top.until) == (START, START + 60)
    assert list(counts(top.rows).items()) == [("/b", 12), ("/a", 10)]
    assert (top.whole.count, top.whole.bytes) == (33, 330)
    one = read.of([WEB2]).top("top_sections", START, START + 60, 2)
    assert (counts(one.rows), one.whole.count) == ({"/d": 9, "/b": 6}, 16)
    found = read.sums("top_sections", ["/a", "/c", "/x"], START, START + 60)
    assert counts(found.items()) == {"/a": 10, "/c": 2}


def distributions_and_what_has_no_slot_are_added_up(pair: Pair) -> None:
    fleet = Fleet(pair)
    one, two = Distribution(((3, 1), (9, 2))), Distribution(((9, 5),))
    fleet.bucket(WEB1, 0, top_sections={"/a": Sums(3, seconds=0.25, times=one), "other": Sums(4)})
    fleet.bucket(WEB2, 0, top_sections={"/a": Sums(5, seconds=0.5, times=two), "other": Sums(1)})
    fleet.roll_up()
    top = pair.opened().top("top_sections", START, START + 60, 5)
    assert top.rows == [("/a", Sums(8, seconds=0.75, times=Distribution(((3, 1), (9, 7)))))]
    assert top.whole.count == 13


def averages_of_few_measurements_rank_last(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0, slow={"rare": Sums(1, seconds=9.0), "usual": Sums(4, seconds=4.0)})
    fleet.bucket(WEB2, 0, slow={"usual": Sums(4, seconds=4.0), "quick": Sums(9, seconds=0.9)})
    fleet.bucket(WEB2, 0, sent={"little": Sums(9, 10), "much": Sums(1, 1000)})
    fleet.roll_up()
    read = pair.opened()
    assert [key for key, _ in read.top("slow", START, START + 60, 9).rows] == ["usual", "quick", "rare"]
    assert [key for key, _ in read.top("sent", START, START + 60, 1).rows] == ["much"]


def statistics_have_their_units(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0, slow={"a": Sums(1)}, sent={"a": Sums(1)}, new={"a": Sums(1)}, health=3)
    fleet.roll_up()
    read = pair.opened()
    units = {"request_rate": "hits", "slow": "seconds", "sent": "bytes", "new": "hits", SENSORS: "hits"}
    assert read.statistics() == units
    with pytest.raises(KeyError):
        read.top("never", START, START + 60, 1)
    with pytest.raises(KeyError):
        read.totals("never", PeriodLevel.HOUR, START, START + 60)


def sensors_are_a_statistic(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0, top_sections=sections(a=5))
    fleet.bucket(WEB1, 60, top_sections=sections(a=2))
    fleet.bucket(WEB2, 0, top_sections=sections(b=6))
    fleet.bucket(DB, 0)
    fleet.roll_up()
    read = pair.opened()
    top = read.top(SENSORS, START, START + 120, 1)
    assert (counts(top.rows), top.whole.count) == ({WEB1: 7}, 13)
    assert counts(read.sums(SENSORS, [WEB2, DB, "nobody"], START, START + 120).items()) == {WEB2: 6}
    found = read.totals(SENSORS, PeriodLevel.MINUTE, START, START + 120)
    assert [(start - START, sums.count) for start, sums in found] == [(0, 11), (60, 2)]


def periods_totals_and_times_cover_all_sensors(pair: Pair) -> None:
    fleet = Fleet(pair)
    for minute in range(0, 180, 20):
        fleet.bucket(WEB1, 60 * minute, top_sections=sections(a=1))
    fleet.bucket(WEB2, 7200, top_sections=sections(a=5))
    fleet.bucket(WEB2, 86400 + 3600, top_sections=sections(b=9))
    fleet.roll_up()
    read = pair.opened()
    hours = read.totals("top_sections", PeriodLevel.HOUR, START + 1800, START + 2 * 86400)
    assert [(start - START, sums.count) for start, sums in hours] == [(0, 3), (3600, 3), (7200, 8), (90000, 9)]
    days = read.totals("top_sections", PeriodLevel.DAY, START, START + 2 * 86400)
    assert [(start - START, sums.count) for start, sums in days] == [(0, 14), (86400, 9)]
    own = read.of([WEB1]).periods("top_sections", START + 1200, START + 7200 + 1260)
    assert [(start - START, sums.count) for start, sums in own] == [
        *((1200, 1), (2400, 1)),
        (3600, 3),
        *((7200, 1), (8400, 1)),
    ]
    assert read.earliest() == START
    # A store may know the end of the last bucket, or of its minute.
    assert START + 86400 + 3600 + SIZE <= read.latest() <= START + 86400 + 3600 + 60
    assert START + 160 * 60 + SIZE <= read.of([WEB1]).latest() <= START + 160 * 60 + 60
    assert read.watched(START, START + 10800) == 9 * SIZE


def records_count_once_however_often_and_in_which_order_they_come(pair: Pair) -> None:
    fleet = Fleet(pair)
    held = [
        fleet.bucket(sensor, at, held=True, top_sections=sections(a=1, b=at // 600))
        for sensor in (WEB1, WEB2)
        for at in range(0, 7200, 600)
    ]
    fleet.roll_up()
    rolled = list(fleet.sent)
    pieces = [*held, *rolled, *held, *rolled]
    random.Random(1).shuffle(pieces)
    for begin in range(0, len(pieces), 7):
        fleet.send(*pieces[begin : begin + 7])
    fleet.send(*held)
    read = pair.opened()
    for until in (7200, 6600, 3600):
        top = read.top("top_sections", START, START + until, 5)
        assert counts(top.rows) == {"/a": until // 300, "/b": 2 * sum(range(until // 600))}, until
    assert read.watched(START, START + 7200) == 12 * SIZE


def names_are_never_commands(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0, top_sections={key: Sums(place + 1) for place, key in enumerate(HOSTILE)})
    fleet.roll_up()
    read = pair.opened()
    assert counts(read.top("top_sections", START, START + 60, 99).rows) == {
        key: place + 1 for place, key in enumerate(HOSTILE)
    }
    assert len(read.sums("top_sections", HOSTILE, START, START + 60)) == len(HOSTILE)
    for place, key in enumerate(HOSTILE):
        assert counts(read.sums("top_sections", [key], START, START + 60).items()) == {key: place + 1}
        assert read.of([WEB1, key]).top("top_sections", START, START + 60, 0).whole.count == 45
        with pytest.raises(KeyError):
            read.top(key, START, START + 60, 5)


def alerts_name_their_sensor_and_end_with_it(pair: Pair) -> None:
    fleet = Fleet(pair)
    begun = StoredAlert("requests", START + 5.5, None, '{"explanation": "many"}')
    other = StoredAlert("errors", START + 15, START + 25, '{"explanation": "bad"}')
    first = fleet.bucket(WEB1, 0, (begun,))
    fleet.bucket(WEB1, 10, (begun._replace(end=START + 19.25), begun._replace(signal="gone", start=START + 12)))
    fleet.bucket(WEB2, 600, (other,))
    fleet.send(first)
    fleet.roll_up()
    read = pair.opened()
    found = {(sensor, *alert[:2]): alert.end for sensor, alert in read.sensor_alerts(START)}
    assert list(found) == [(WEB2, "errors", START + 15), (WEB1, "gone", START + 12), (WEB1, "requests", START + 5.5)]
    assert (found[WEB2, "errors", START + 15], found[WEB1, "requests", START + 5.5]) == (START + 25, START + 19.25)
    assert START + 20 <= (found[WEB1, "gone", START + 12] or 0) <= START + 60
    assert next(facts(alert)["explanation"] for alert in read.alerts(START + 22)) == "web-2: bad"
    assert [alert.signal for alert in read.of([WEB1]).alerts(START)] == ["gone", "requests"]


def the_last_word_of_each_sensor_is_known(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB2, 100, health=4)
    fleet.bucket(WEB1, 0, health=2)
    fleet.bucket(WEB1, 50, health=3)
    fleet.roll_up()
    read = pair.opened()
    assert [(state.name, state.facts, state.latest - START) for state in read.of([WEB1]).sensors()] == [
        (WEB1, FACTS, 50 + SIZE),
        (WEB2, FACTS, 100 + SIZE),
    ]
    assert read.health(START) == {WEB1: {"frames": 5}, WEB2: {"frames": 4}}
    assert read.of([WEB2]).health(START + 60) == {WEB2: {"frames": 4}}


def each_record_arrives_once(pair: Pair) -> None:
    fleet = Fleet(pair)
    early = fleet.bucket(WEB1, 0, top_sections=sections(a=1))
    late = fleet.bucket(WEB1, 10, held=True, top_sections=sections(b=2))
    read = pair.opened()
    assert read.arrived(None).buckets == ()
    cursor = read.arrived(None).cursor
    fleet.send(early)
    fleet.bucket(WEB1, 20, top_sections={**sections(c=4), "other": Sums(3)})
    fleet.bucket(WEB2, 20, top_sections={"/c": Sums(8, 80, 0.5, Distribution(((3, 1), (7, 2))))})
    found = read.arrived(cursor)
    (only,) = found.buckets
    assert (only.start, only.width) == (START + 20, SIZE)
    own = {part.name: part for part in only.statistics}
    assert own["top_sections"].keys == {"/c": Sums(12, 120, 0.5, Distribution(((3, 1), (7, 2))))}
    assert own["top_sections"].other == Sums(3)
    assert counts(own[SENSORS].keyed.items()) == {WEB1: 7, WEB2: 8}
    assert own[WATCHED].keys == {"0": Sums(seconds=SIZE)}
    assert read.arrived(found.cursor).buckets == ()
    fleet.send(late, early)
    fleet.bucket(WEB2, 30, top_sections=sections(d=1))
    again = read.arrived(found.cursor)
    assert [bucket.start - START for bucket in again.buckets] == [10, 30]
    assert given_by(again.buckets) == {"/b": 2, "/d": 1}
    fleet.send(*fleet.sent)
    assert read.arrived(again.cursor).buckets == ()


def the_past_and_what_arrives_are_everything_once(pair: Pair) -> None:
    fleet = Fleet(pair)
    records = [
        fleet.bucket(sensor, at, held=True, top_sections=sections(**{f"at{at}": 1 + place}))
        for at in range(0, 18_000, 600)
        for place, sensor in enumerate((WEB1, WEB2))
    ]
    wanted = {f"/at{at}": 3 for at in range(0, 18_000, 600)}
    late = [record for record in records if record.series.sensor == WEB2 and record.sequence in (2, 9)]
    fleet.send(*(record for record in records if record not in late))
    read = pair.opened()
    cursor = read.arrived(None).cursor
    past = read.past(START, START + 18_000)
    first = next(past)
    fleet.send(*late)
    fleet.roll_up()
    everything = [first, *past]
    assert [bucket.start for bucket in everything] == sorted((each.start for each in everything), reverse=True)
    arrived = read.arrived(cursor)
    assert given_by([*everything, *arrived.buckets]) == wanted
    assert sum(given_by([*everything, *arrived.buckets], SENSORS).values()) == 3 * 30
    assert read.arrived(arrived.cursor).buckets == ()
    later = pair.opened()
    later.arrived(None)
    assert given_by(later.past(START, START + 18_000)) == wanted
    own = later.of([WEB2]).past(START, START + 18_000)
    assert given_by(own) == dict.fromkeys(wanted, 2)


def only_what_is_chosen_arrives(pair: Pair) -> None:
    fleet = Fleet(pair)
    fleet.bucket(WEB1, 0)
    read = pair.opened()
    one = read.of([WEB2])
    cursor = one.arrived(None).cursor
    fleet.bucket(WEB1, 10, top_sections=sections(a=1))
    fleet.bucket(WEB2, 10, top_sections=sections(b=1))
    found = one.arrived(cursor)
    assert given_by(found.buckets) == {"/b": 1}
    fleet.bucket(WEB1, 20, top_sections=sections(a=4))
    assert given_by(read.arrived(found.cursor).buckets) == {"/a": 4}


CONTRACT = (
    the_highest_keys_are_those_of_all_sensors_together,
    distributions_and_what_has_no_slot_are_added_up,
    averages_of_few_measurements_rank_last,
    statistics_have_their_units,
    sensors_are_a_statistic,
    periods_totals_and_times_cover_all_sensors,
    records_count_once_however_often_and_in_which_order_they_come,
    names_are_never_commands,
    alerts_name_their_sensor_and_end_with_it,
    the_last_word_of_each_sensor_is_known,
    each_record_arrives_once,
    the_past_and_what_arrives_are_everything_once,
    only_what_is_chosen_arrives,
)
