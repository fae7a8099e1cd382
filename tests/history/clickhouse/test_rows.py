"""Records as columns."""

import pytest
from sensor_records import ALERT, FACTS, bucket, record

from history.clickhouse.door import Column
from history.clickhouse.rows import alert_columns, record_columns, sum_columns
from history.clickhouse.schema import ALERT_COLUMNS, RECORD_COLUMNS, SUM_COLUMNS
from history.record import Level, SensorRecord, Series, StoreError
from store.distribution import Distribution
from store.sums import OTHER, ClosedBucket, Sums


def by_name(columns: list[list[object]], names: tuple[Column, ...]) -> dict[str, list[object]]:
    return {column.name: values for column, values in zip(names, columns, strict=True)}


def rows(*records: SensorRecord) -> dict[str, list[object]]:
    return by_name(sum_columns(records)[0], SUM_COLUMNS)


def test_a_row_has_the_sums_of_a_key_and_its_record() -> None:
    times = Distribution(((3, 1), (40, 2)))
    found = rows(record(7, bucket(1000, shop={"/a": Sums(3, 700, 0.5, times, 1, 2), "/b": Sums(1)})))
    assert {name: values[0] for name, values in found.items()} == {
        "statistic": "shop",
        "start": 1000,
        "width": 10,
        "key": "/a",
        "sensor": "web-1",
        "spool": 4711,
        "sequence": 7,
        "count": 3,
        "bytes": 700,
        "seconds": 0.5,
        "client_errors": 1,
        "server_errors": 2,
        "bins": [3, 40],
        "hits": [1, 2],
    }
    assert (found["key"], found["bins"]) == (["/a", "/b"], [[3, 40], []])


def test_what_is_zero_has_no_row() -> None:
    columns, sizes = sum_columns(
        [record(1, bucket(0, shop={"/a": Sums()})), record(2, bucket(10, shop={"/a": Sums(1)}))]
    )
    assert (sizes, columns[6]) == ([0, 1], [2])


def test_rows_that_would_be_taken_for_the_same_are_added_up() -> None:
    long, half = "x" * 300, [f"half {chr(code)}" for code in (0xD800, 0xDFFF)]
    found = rows(
        record(
            1,
            bucket(
                0,
                shop={
                    long + "1": Sums(1),
                    long + "2": Sums(2),
                    half[0]: Sums(4),
                    half[1]: Sums(8),
                },
            ),
            bucket(0, shop={"half ?": Sums(16), OTHER: Sums(32), "other": Sums(64)}),
        )
    )
    assert dict(zip(found["key"], found["count"], strict=True)) == {"x" * 256: 3, "half ?": 28, OTHER: 96}


def test_the_row_of_a_record_says_what_it_covers() -> None:
    one = record(3, bucket(1000, 60), bucket(1060, 60), series=Series("web-1", 5, Level.MINUTE), through=17)
    found = by_name(record_columns([one], [9]), RECORD_COLUMNS)
    assert {name: value for name, [value] in found.items()} == {
        "level": 1,
        "sensor": "web-1",
        "spool": 5,
        "sequence": 3,
        "through": 17,
        "start": 1000,
        "until": 1120,
        "written": 1121.0,
        "rows": 9,
        "bucket_size": 10,
        "vantage": FACTS.vantage,
        "source": FACTS.source,
        "version": FACTS.version,
    }


def test_a_part_of_a_period_ends_when_it_was_written() -> None:
    part = record(1, bucket(3600, 3600), series=Series("web-1", 5, Level.HOUR))._replace(written=4000.5)
    assert by_name(record_columns([part], [0]), RECORD_COLUMNS)["until"] == [4000]
    assert by_name(record_columns([record(1)], [0]), RECORD_COLUMNS)["until"] == [1]


def test_the_last_word_on_an_alert_of_a_record_counts() -> None:
    ended = ALERT._replace(end=1010.0)
    found = by_name(
        alert_columns([record(2, bucket(0), alerts=(ALERT, ended)), record(1, bucket(0), alerts=(ALERT,))]),
        ALERT_COLUMNS,
    )
    assert (found["ended"], found["sequence"], found["start"]) == ([1010.0], [2], [1000])


@pytest.mark.parametrize("start", [-10.0, 2.0**32])
def test_times_that_no_column_can_hold_are_refused(start: float) -> None:
    with pytest.raises(StoreError, match="a time is out of range") as caught:
        sum_columns([record(1, bucket(start, shop={"/a": Sums(1)}))])
    assert caught.value.refused


def test_negative_sums_are_refused() -> None:
    wrong = ClosedBucket(0.0, 10.0, bucket(0, shop={"/a": Sums(-1)}).statistics)
    with pytest.raises(StoreError, match="negative") as caught:
        sum_columns([record(1, wrong)])
    assert caught.value.refused
