"""The benchmark of a fleet: its faults, its gateways, and its comparison of sums."""

from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("clickhouse_driver", reason="clickhouse-driver of requirements-dev.txt is not installed")

from bench.fleet_check import Balance, balance
from bench.fleet_faults import PAUSE, Fault, Victim, faults
from bench.fleet_gateway import INSERTS, LOST, ROWS, Gateway, Orders, Progress
from bench.simulated import Population, every_key
from history.clickhouse.dialect import OF_2018, Dialect
from history.clickhouse.door import Column, Parameters
from history.clickhouse.schema import Place
from history.record import Level, SensorRecord
from store.sums import KeyedSums, Sums
from store.watched import WATCHED

SEED = 3
PLACE = Place("fleet")


# Faults ---------------------------------------------------------------------------------------------------------------


def some(seed: int) -> list[Fault]:
    return list(islice(faults(seed), 50))


def test_the_same_seed_kills_the_same_at_the_same_time() -> None:
    assert some(1) == some(1) != some(2)


def test_the_first_faults_are_of_all_kinds() -> None:
    assert {fault.victim for fault in some(5)[:3]} == set(Victim)


def test_one_thing_is_down_at_a_time() -> None:
    assert all(later.at >= before.over + PAUSE[0] for before, later in pairwise(some(9)))


# Gateways -------------------------------------------------------------------------------------------------------------


class AddingTarget:
    """A target that adds up each record once."""

    def __init__(self) -> None:
        self.records: dict[tuple[Any, int], SensorRecord] = {}

    def send(self, records: Sequence[SensorRecord]) -> None:
        self.records |= {(record.series, record.sequence): record for record in records}

    def close(self) -> None:
        """There is nothing to close."""

    def sums(self, level: Level) -> dict[str, KeyedSums]:
        parts: dict[str, list[KeyedSums]] = {}
        for (series, _), record in self.records.items():
            if series.level is level:
                for bucket in record.buckets:
                    for each in bucket.statistics:
                        parts.setdefault(each.name, []).append(every_key(each))
        return {name: KeyedSums.merged(each) for name, each in parts.items()}


def orders(folder: Path) -> Orders:
    return Orders(number=0, gateways=1, sensors=3, seed=SEED, begin=1_764_435_600.0, folder=str(folder), ports=[1])


def test_a_gateway_that_is_killed_goes_on_and_all_levels_have_all_sums(tmp_path: Path) -> None:
    target = AddingTarget()
    first = Gateway(orders(tmp_path), lambda _: target)
    for _ in range(9):
        assert first.count(9)
    assert not first.count(9)
    first.send()
    first.close()  # only so that this process may lock the spools again; what is pending is not written
    second = Gateway(orders(tmp_path), lambda _: target)
    while second.count(20):
        second.send()
    second.end()
    while second.send():
        pass
    second.close()
    progress = Progress(tmp_path / "progress", 3, 1)
    assert progress.lasts.tolist() == [20, 20, 20]
    assert progress.counters[0, LOST] == 0
    assert progress.counters[0, INSERTS] > 0
    assert progress.counters[0, ROWS] > 3 * 20 * 200
    truth = Population(SEED).truth({0: 20, 1: 20, 2: 20})
    for level in Level:
        found = target.sums(level)
        assert {name: dict(keyed.items()) for name, keyed in found.items() if name != WATCHED} == {
            name: dict(keyed.items()) for name, keyed in truth.items() if name != WATCHED
        }, level


# Comparing ------------------------------------------------------------------------------------------------------------


class Store:
    """A door that answers with known sums by statistic and key."""

    dialect: Dialect = OF_2018

    def __init__(self, sums: dict[str, dict[str, Sums]]) -> None:
        self._sums = sums

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Sequence[Any]]:
        rows = [
            (key, each.count, each.bytes, each.seconds, each.client_errors, each.server_errors, bins_of(each))
            for key, each in self._sums.get(str((parameters or {})["statistic"]), {}).items()
        ]
        return list(zip(*rows, strict=True))

    def insert(self, table: str, columns: Sequence[Column], values: Sequence[Sequence[Any]], token: str = "") -> None:
        raise NotImplementedError

    def command(self, sql: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """There is nothing to close."""


def bins_of(sums: Sums) -> tuple[list[int], list[int]]:
    return [number for number, _ in sums.times.bins], [hits for _, hits in sums.times.bins]


TRUTH = {"top_paths": KeyedSums.of_items([("a", Sums(5, 10, 1.5)), ("b", Sums(2))])}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"a": Sums(5, 10, 1.5), "b": Sums(2)}, (0, 0, ())),
        ({"a": Sums(5, 10, 1.5 + 1e-12), "b": Sums(2)}, (0, 0, ())),
        ({"a": Sums(5, 10, 1.5)}, (2, 0, ("top_paths b",))),
        ({}, (7, 0, ("top_paths a", "top_paths b"))),
        ({"a": Sums(10, 20, 3.0), "b": Sums(2)}, (0, 5, ("top_paths a",))),
        ({"a": Sums(5, 11, 1.5), "b": Sums(2)}, (0, 0, ("top_paths a",))),
        ({"a": Sums(5, 10, 1.5), "b": Sums(2), "c": Sums(1)}, (0, 1, ("top_paths c",))),
    ],
)
def test_differences_are_lost_doubled_or_wrong(
    stored: dict[str, Sums], expected: tuple[int, int, tuple[str, ...]]
) -> None:
    found = balance(Store({"top_paths": stored}), PLACE, Level.BUCKET, TRUTH)
    assert found._replace(wrong=tuple(sorted(found.wrong))) == Balance(Level.BUCKET, *expected)


def test_watched_seconds_are_compared_as_a_whole() -> None:
    truth = {WATCHED: KeyedSums.of_items([("0", Sums(seconds=60.0))])}
    stored = {WATCHED: {"0": Sums(seconds=20.0), "1200": Sums(seconds=40.0)}}
    assert not balance(Store(stored), PLACE, Level.HOUR, truth).wrong
    stored[WATCHED]["0"] = Sums(seconds=19.0)
    assert balance(Store(stored), PLACE, Level.HOUR, truth).wrong
