"""The files of a collector as a store of many sensors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timezone
from pathlib import Path

import pytest
from fleet_contract import CONTRACT, UNITS, Pair

from history.collected.folder import Folder
from history.collected.reading import CollectedFleet
from history.keep import Retention
from history.record import Level, SensorRecord
from history.record_codec import encode


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        folder = Folder(str(tmp_path), Retention(), UNITS, 86400, 1000, timezone.utc)
        stack.callback(folder.close)

        def send(records: Sequence[SensorRecord]) -> None:
            for record in records:
                if record.series.level is Level.BUCKET:
                    folder.take([(record, encode(record))], record.written)

        def opened() -> CollectedFleet:
            fleet = CollectedFleet(str(tmp_path), timezone.utc)
            stack.callback(fleet.close)
            return fleet

        yield Pair(send, opened)


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_it_is_a_store_of_many_sensors(check: Callable[[Pair], None], pair: Pair) -> None:
    check(pair)
