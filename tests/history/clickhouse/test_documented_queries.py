"""The queries of docs/fleet.md, on a server."""

import re
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from clickhouse_server import AddressOf
from sensor_records import bucket, record

from history.clickhouse.connect import ConnectDoor
from history.clickhouse.schema import Place
from history.clickhouse.target import ClickhouseTarget
from history.record import Level
from store.distribution import Distribution
from store.sums import Sums

DOCUMENT = (Path(__file__).parents[3] / "docs" / "fleet.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)
TIMES = Distribution(((3, 10), (200, 85), (400, 3), (500, 2)))


def answers(door: ConnectDoor, place: Place) -> list[list[Sequence[Any]]]:
    """Return what each query answers."""
    found = []
    for query in QUERIES:
        sql = query.replace("web.", f"{place.database}.").replace("$__timeFilter(start)", "start > now() - 7200")
        found.append(door.query(sql))
    return found


def test_each_query_answers_what_it_says(address_of: AddressOf, door: ConnectDoor, place: Place) -> None:
    begin = time.time() // 3600 * 3600
    statistics = {
        "request_rate": {"requests": Sums(120)},
        "top_sections": {"/a": Sums(100, server_errors=1), "/b": Sums(20, server_errors=5)},
        "status_classes": {"2xx": Sums(100, times=TIMES)},
    }
    with closing(ClickhouseTarget(address_of("sensor"), "let me in")) as target:
        for level, width in ((Level.MINUTE, 60), (Level.HOUR, 3600)):
            series = record(1).series._replace(level=level)
            for _ in range(2):
                target.send([record(1, bucket(begin, width, **statistics), series=series)])
    rates, sections, quantiles = answers(door, place)
    assert [column[0] for column in rates[1:]] == ["web-1", 2]
    assert list(zip(*sections, strict=True)) == [("/b", 20, 5, 25), ("/a", 100, 1, 1)]
    exact = TIMES.quantile(0.95)
    assert exact is not None
    assert abs(quantiles[1][0] / exact - 1) < 1e-9
