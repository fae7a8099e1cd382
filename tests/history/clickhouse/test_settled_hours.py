"""Sums of the latest hours, whatever has arrived, in whichever order: what is in minutes and in hours counts once."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from math import inf

import pytest
from clickhouse_server import AddressOf
from fleet_contract import DB, START, UNITS, WEB1, WEB2, Fleet, Pair, counts, sections

from history.clickhouse.connect import ConnectDoor
from history.clickhouse.queries import Queries
from history.clickhouse.reading import LAG, ClickhouseFleet
from history.clickhouse.schema import Place
from history.clickhouse.spans import awaited
from history.clickhouse.target import ClickhouseTarget
from history.record import WIDTHS, Level, SensorRecord

NOW = (time.time() // 3600 + 2) * 3600 + 420
"""The readers' clock, seven minutes into an hour: all that is sent arrived a while ago."""
BEGIN = NOW // 3600 * 3600 - 6 * 3600
STEP = 600
Opened = Callable[[], ClickhouseFleet]


@pytest.fixture
def opened(address_of: AddressOf, place: Place) -> Iterator[Opened]:
    with ExitStack() as stack:

        def again() -> ClickhouseFleet:
            fleet = ClickhouseFleet(address_of("reader"), "read only", clock=lambda: NOW)
            stack.callback(fleet.close)
            return fleet

        yield again


@pytest.fixture
def target(address_of: AddressOf, place: Place) -> Iterator[ClickhouseTarget]:
    opened = ClickhouseTarget(address_of("sensor"), "let me in", UNITS)
    yield opened
    opened.close()


def written(chance: random.Random, opened: Opened) -> tuple[list[SensorRecord], dict[str, int]]:
    """Return what three sensors write until shortly before NOW, with parts of hours, and how often each key counts."""
    records: list[SensorRecord] = []
    fleet = Fleet(Pair(records.extend, opened))
    truth: Counter[str] = Counter()
    for at in range(int(BEGIN - START), int(NOW - 300 - START), STEP):
        for place, sensor in enumerate((WEB1, WEB2, DB)):
            late = chance.choice((0, 0, 0, 2 * STEP)) if at > BEGIN - START + 2 * STEP else 0
            fleet.bucket(sensor, at - late, top_sections=sections(a=1, **{f"at{at}": 1 + place}))
            truth.update({"/a": 1, f"/at{at}": 1 + place})
        if chance.random() < 0.4:
            fleet.roll_up()
    fleet.roll_up()
    return records, dict(truth)


def kept_back(records: list[SensorRecord], chance: random.Random) -> list[SensorRecord]:
    """Return the hours and days that two sensors no longer send, each after a last one of its own."""
    lasts = {
        sensor: chance.choice([each.sequence for each in records if is_recent(each, sensor)]) for sensor in (WEB1, DB)
    }
    return [each for each in records if hours_of(each) >= lasts.get(each.series.sensor, inf)]


def hours_of(record: SensorRecord) -> float:
    """Return the last record of hours that a record is or includes."""
    return {Level.HOUR: record.sequence, Level.DAY: record.through}.get(record.series.level, -inf)


def is_recent(record: SensorRecord, sensor: str) -> bool:
    first = min((bucket.start for bucket in record.buckets), default=0)
    return record.series[::2] == (sensor, Level.HOUR) and first >= awaited(NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_arrives_in_any_order_never_counts_twice_and_in_the_end_once(
    seed: int, opened: Opened, target: ClickhouseTarget
) -> None:
    chance = random.Random(seed)
    records, truth = written(chance, opened)
    back = kept_back(records, chance)
    assert any(each.series.level is Level.HOUR for each in back)
    sent = [each for each in records if each not in back]
    pieces = [*sent, *chance.sample(sent, len(sent) // 2)]
    chance.shuffle(pieces)
    size = len(pieces) // 5 + 1
    lasting = opened()
    for begin in range(0, len(pieces), size):
        target.send(pieces[begin : begin + size])
        for reader in (lasting, opened()):
            found = read(reader)
            assert all(count <= truth[key] for key, count in found.items()), begin
    assert read(opened()) == truth
    target.send(back)
    assert read(lasting) == read(opened()) == truth


def read(fleet: ClickhouseFleet) -> dict[str, int]:
    top = fleet.top("top_sections", BEGIN - WIDTHS[Level.HOUR], NOW, 1000)
    found: dict[str, int] = counts(top.rows)
    assert top.whole.count == sum(found.values())
    return found


def test_hours_are_read_as_soon_as_they_include_all_minutes(opened: Opened, target: ClickhouseTarget) -> None:
    """A minute that only hours have tells which of them was read."""
    records, _ = written(random.Random(4), opened)
    hour = NOW // 3600 * 3600 - 3600
    last = [each for each in records if each.series.level is Level.MINUTE and each.buckets[0].start >= hour]
    target.send([each for each in records if each not in last])
    whole = read(opened())
    assert whole[f"/at{int(hour - START)}"] == 6
    target.send(last[:-1])
    assert read(opened()) == whole


def test_hours_that_just_came_do_not_count_yet(
    opened: Opened, target: ClickhouseTarget, place: Place, door: ConnectDoor
) -> None:
    """A replica may have their records before their sums: minutes are read meanwhile."""
    records, _ = written(random.Random(5), opened)
    target.send(records)
    queries = Queries(place, "", None)

    def loose(arrived: float) -> float:
        return float(door.query(queries.loose(awaited(NOW), arrived))[0][0])

    minutes = (part.start for each in records if each.series.level is Level.MINUTE for part in each.buckets)
    assert loose(time.time() - LAG) == min(start for start in minutes if start >= awaited(NOW))
    assert loose(time.time() + LAG) == 0
