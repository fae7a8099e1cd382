"""ClickHouse as a store of many sensors, by clickhouse-connect on a server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from clickhouse_server import AddressOf
from fleet_contract import CONTRACT, NOW, UNITS, Pair

from history.clickhouse.reading import ClickhouseFleet
from history.clickhouse.schema import Place
from history.clickhouse.target import ClickhouseTarget


@pytest.fixture
def pair(address_of: AddressOf, place: Place) -> Iterator[Pair]:
    with ExitStack() as stack:
        target = ClickhouseTarget(address_of("sensor"), "let me in", UNITS)
        stack.callback(target.close)

        def opened() -> ClickhouseFleet:
            fleet = ClickhouseFleet(address_of("reader"), "read only", clock=lambda: NOW)
            stack.callback(fleet.close)
            return fleet

        yield Pair(target.send, opened)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_it_is_a_store_of_many_sensors(check: Callable[[Pair], None], pair: Pair) -> None:
    check(pair)
