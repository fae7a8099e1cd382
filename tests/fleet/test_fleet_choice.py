"""Which sensors are added up, and what the user is told of the others."""

from pathlib import Path

import pytest

from alerting.alert import Alert, SignalUnit
from fleet.alert_book import AlertBook
from fleet.choice import choose, sentences, usual_bucket_size
from fleet.stores import open_fleet, secret_of
from history.address import parse_store
from history.fleet import SensorState
from history.record import Facts, StoreError
from store.filtering.sensors import parse_sensors


def sensor(name: str, vantage: str = "", bucket: int = 10) -> SensorState:
    return SensorState(name, Facts(vantage, "eth0 port 80", "0.2.0", bucket), 0.0, 0.0, 0.0)


EDGE = [sensor("web-1", "edge"), sensor("web-2", "edge")]
INSIDE = [sensor("db-1", "inside"), sensor("db-2", "inside")]


@pytest.mark.parametrize(
    ("states", "text", "chosen", "vantage"),
    [
        ([], "", (), None),
        ([sensor("a"), sensor("b")], "", ("a", "b"), None),
        ([*EDGE, INSIDE[0]], "", ("web-1", "web-2"), "edge"),
        ([*INSIDE, *EDGE], "", ("web-1", "web-2"), "edge"),  # of two that are as large, the first by name
        ([*EDGE, *INSIDE], "vantage:inside", ("db-1", "db-2"), "inside"),
        ([*EDGE, INSIDE[0]], "sensor:db-*", ("db-1",), "inside"),
        ([*EDGE, INSIDE[0]], "sensor:web-1 or sensor:db-1", ("web-1",), "edge"),
        ([*EDGE, sensor("a"), sensor("b"), sensor("c")], "", ("a", "b", "c"), ""),
        ([sensor("a"), sensor("b", bucket=5), sensor("c", bucket=20)], "", ("a", "b"), None),
        (EDGE, "sensor:nobody", (), None),
    ],
)
def test_sensors_of_one_vantage_are_added_up(
    states: list[SensorState], text: str, chosen: tuple[str, ...], vantage: str | None
) -> None:
    choice = choose(states, parse_sensors(text), 10)
    assert (choice.chosen, choice.vantage) == (chosen, vantage)
    assert set(choice.left_out) == {state.name for state in states} - set(chosen)


def test_those_left_out_are_named_with_the_reason() -> None:
    many = [sensor(f"in-{number}", "inside") for number in range(5)]
    edge = [sensor(f"web-{number}", "edge") for number in range(6)]
    told = sentences(choose([*edge, *many, sensor("odd", bucket=7)], parse_sensors(""), 10))
    assert told == [
        "not added: odd, with buckets of 7 s; give all sensors the same dashboard_bucket_size",
        "not added: in-0, in-1, in-2 and 2 more (vantage inside), which may see the same connections; "
        "filter vantage:inside shows them",
    ]
    assert sentences(choose(edge, parse_sensors("sensor:web-1"), 10)) == []


def test_sensors_without_a_vantage_can_be_chosen() -> None:
    choice = choose([*EDGE, sensor("a")], parse_sensors(""), 10)
    assert sentences(choice) == [
        'not added: a (no vantage), which may see the same connections; filter vantage:"" shows them'
    ]
    assert choose([*EDGE, sensor("a")], parse_sensors('vantage:""'), 10).chosen == ("a",)


def test_the_screen_takes_the_buckets_of_most_sensors() -> None:
    assert usual_bucket_size([], 10) == 10
    assert usual_bucket_size([sensor("a", bucket=5), sensor("b", bucket=5), sensor("c")], 10) == 5
    assert usual_bucket_size([sensor("a", bucket=5), sensor("b", bucket=20)], 10) == 20


def alert(start: float, end: float | None = None, name: str = "web-1") -> Alert:
    return Alert("sensor_silence", start, end, 60.0, 60.0, 0.0, 0.0, 60.0, SignalUnit.SECONDS, sensor=name)


def test_a_book_of_alerts_has_a_limit_and_forgets_old_ones() -> None:
    book = AlertBook(1000, 3)
    for number in range(5):
        book.put(alert(number, number + 1 if number < 4 else None), 10)
    assert [each.start for each in book.ended] == [3, 2]
    assert [each.start for each in book.active] == [4]
    assert book.forgotten == 2
    book.age(1003.5)
    assert [each.start for each in book.ended] == [3]


# Opening a store ------------------------------------------------------------------------------------------------------


def test_a_collector_is_read_where_its_files_are() -> None:
    with pytest.raises(StoreError, match="only takes records; on its host, use the folder of its --store"):
        open_fleet(parse_store("https://collector.example.com"))


def test_a_missing_secret_is_one_line() -> None:
    with pytest.raises(StoreError, match="cannot read /nowhere/password: No such file or directory") as refused:
        secret_of(parse_store("clickhouse://db/http_monitor?password_file=/nowhere/password"))
    assert "\n" not in str(refused.value)


def test_a_secret_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("top secret\n")
    (tmp_path / "password").chmod(0o600)
    assert secret_of(parse_store(f"clickhouse://db/http_monitor?password_file={tmp_path}/password")) == "top secret"
    assert secret_of(parse_store("clickhouse://db/http_monitor")) == ""
