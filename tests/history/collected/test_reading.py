"""The files of several sensors, read as one archive."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timezone
from pathlib import Path

import pytest
from sensor_records import FACTS, SIZE, bucket

from history.alerts import facts
from history.collected import arrivals
from history.collected.folder import Folder
from history.collected.reading import CollectedFleet
from history.database import HistoryError
from history.fleet import FleetArchive
from history.keep import Retention
from history.periods import PeriodLevel
from history.record import HEALTH, SENSORS, Level, SensorRecord, Series, StoreError
from history.record_codec import encode
from history.sums import Minute, StoredAlert
from store.distribution import Distribution
from store.sums import OTHER, ClosedBucket, Sums
from store.watched import WATCHED

UTC = timezone.utc
START = 1_795_000_000 // 86400 * 86400.0
UNITS = {"request_rate": "hits", "top_sections": "hits", "sent": "bytes", "slow": "seconds"}
WEB1, WEB2, DB = "web-1", "web-2", "db-1"


class Collector:
    """Sensors that send to a folder: a small driver for the tests."""

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.folder = Folder(str(path), Retention(), UNITS, 3600, 50, UTC)
        self.sequences: dict[str, int] = {}

    def send(
        self,
        sensor: str,
        at: float,
        alerts: tuple[StoredAlert, ...] = (),
        received: float | None = None,
        health: int = 0,
        **statistics: dict[str, Sums],
    ) -> SensorRecord:
        """Send the bucket that starts `at` seconds after START, with a request for each section counted."""
        sequence = self.sequences[sensor] = self.sequences.get(sensor, 0) + 1
        requests = sum(sums.count for sums in statistics.get("top_sections", {}).values())
        given = {"request_rate": {"requests": Sums(requests)}, WATCHED: {"0": Sums(seconds=SIZE)}, **statistics}
        if health:
            given[HEALTH] = {"frames": Sums(health)}
        one = SensorRecord(
            Series(sensor, 1, Level.BUCKET),
            sequence,
            0,
            START + at + SIZE,
            FACTS,
            (bucket(START + at, SIZE, **given),),
            alerts,
        )
        self.folder.take([(one, encode(one))], START + at + SIZE if received is None else START + received)
        return one


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path / "sensors")
    with closing(made.folder):
        yield made


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "sensors")


def sections(**counts: int) -> dict[str, Sums]:
    return {f"/{name}": Sums(count, 10 * count) for name, count in counts.items()}


def opened(place: str) -> "closing[CollectedFleet]":
    return closing(CollectedFleet(place, UTC))


def counts(rows: Sequence[tuple[str, Sums]]) -> dict[str, int]:
    return {key: sums.count for key, sums in rows}


def test_it_is_a_fleet_archive(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0)
    archive: FleetArchive = CollectedFleet(place)
    archive.close()
    archive.close()


def test_the_highest_keys_are_those_of_all_sensors_together(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, top_sections=sections(a=10, b=6, c=1))
    collector.send(WEB2, 0, top_sections=sections(d=9, b=6, c=1))
    with opened(place) as fleet:
        top = fleet.top("top_sections", START, START + 60, 2)
        assert counts(top.rows) == {"/b": 12, "/a": 10}
        assert (top.whole.count, top.whole.bytes) == (33, 330)
        one = fleet.of([WEB2]).top("top_sections", START, START + 60, 2)
        assert (counts(one.rows), one.whole.count) == ({"/d": 9, "/b": 6}, 16)
        assert counts(list(fleet.sums("top_sections", ["/a", "/c", "/x"], START, START + 60).items())) == {
            "/a": 10,
            "/c": 2,
        }


def test_distributions_and_what_has_no_slot_are_added_up(collector: Collector, place: str) -> None:
    one, two = Distribution(((3, 1), (9, 2))), Distribution(((9, 5),))
    collector.send(WEB1, 0, top_sections={"/a": Sums(3, times=one), "other": Sums(4)})
    collector.send(WEB2, 0, top_sections={"/a": Sums(5, times=two), "other": Sums(1)})
    with opened(place) as fleet:
        top = fleet.top("top_sections", START, START + 60, 5)
    assert [(key, sums.count, sums.times.bins) for key, sums in top.rows] == [("/a", 8, ((3, 1), (9, 7)))]
    assert top.whole.count == 13
    assert OTHER not in dict(top.rows)


def test_averages_of_few_measurements_rank_last(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, slow={"rare": Sums(1, seconds=9.0), "usual": Sums(4, seconds=4.0)})
    collector.send(WEB2, 0, slow={"usual": Sums(4, seconds=4.0), "quick": Sums(9, seconds=0.9)})
    with opened(place) as fleet:
        assert [key for key, _ in fleet.top("slow", START, START + 60, 9).rows] == ["usual", "quick", "rare"]


def test_sensors_are_a_statistic(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, top_sections=sections(a=5))
    collector.send(WEB1, 60, top_sections=sections(a=2))
    collector.send(WEB2, 0, top_sections=sections(b=6))
    collector.send(DB, 0)
    with opened(place) as fleet:
        assert fleet.statistics()[SENSORS] == "hits"
        top = fleet.top(SENSORS, START, START + 120, 1)
        assert (counts(top.rows), top.whole.count) == ({WEB1: 7}, 13)
        assert counts(list(fleet.sums(SENSORS, [WEB2, DB, "nobody"], START, START + 120).items())) == {WEB2: 6}
        found = fleet.totals(SENSORS, PeriodLevel.MINUTE, START, START + 120)
        assert [(start - START, sums.count) for start, sums in found] == [(0, 11), (60, 2)]


def test_periods_totals_and_times_cover_all_sensors(collector: Collector, place: str) -> None:
    for minute in range(0, 180, 20):
        collector.send(WEB1, 60 * minute, top_sections=sections(a=1))
    collector.send(WEB2, 7200, top_sections=sections(a=5))
    with opened(place) as fleet:
        hours = fleet.totals("request_rate", PeriodLevel.HOUR, START, START + 86400)
        assert [(start - START, sums.count) for start, sums in hours] == [(0, 3), (3600, 3), (7200, 8)]
        periods = fleet.periods("request_rate", START + 3600, START + 10800)
        assert [(start - START, sums.count) for start, sums in periods] == [(3600, 3), (7200, 8)]
        assert (fleet.earliest(), fleet.latest()) == (START, START + 160 * 60 + 60)
        assert fleet.watched(START, START + 10800) == 9 * SIZE  # of the one that ran longest


def test_a_statistic_that_only_some_sensors_have_counts(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, sent={"x": Sums(1, 700)})
    collector.send(WEB2, 0)
    with opened(place) as fleet:
        assert fleet.statistics()["sent"] == "bytes"
        assert fleet.top("sent", START, START + 60, 1).whole.bytes == 700
        with pytest.raises(KeyError):
            fleet.top("top_colours", START, START + 60, 1)


def test_alerts_name_their_sensor(collector: Collector, place: str) -> None:
    text = '{"signal": "request_rate", "explanation": "High traffic"}'
    collector.send(WEB1, 0, (StoredAlert("request_rate", START, START + 10, text),))
    collector.send(WEB2, 300, (StoredAlert("request_rate", START + 300, None, text),))
    with opened(place) as fleet:
        assert [facts(alert)["explanation"] for alert in fleet.alerts(START)] == [
            "web-2: High traffic",
            "web-1: High traffic",
        ]
        assert [each.sensor for each in fleet.sensor_alerts(START + 200)] == [WEB2]
        assert fleet.sensor_alerts(START)[0].alert.text == text


def test_an_active_alert_of_a_sensor_that_fell_silent_ended_with_it(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, (StoredAlert("request_rate", START, None, "{}"),))
    collector.send(WEB2, 20)
    with opened(place) as fleet:
        assert fleet.alerts(START)[0].end is None
    collector.send(WEB2, 600)
    with opened(place) as fleet:
        assert fleet.alerts(START)[0].end == START + 60


def test_states_of_all_sensors_are_known_whatever_was_chosen(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, received=13)
    collector.send(WEB2, 0, received=4, health=9)
    with opened(place) as fleet:
        states = fleet.of([DB]).sensors()
        assert [(each.name, each.latest - START, each.received - START, each.skew) for each in states] == [
            (WEB1, 10, 13, -3),
            (WEB2, 10, 4, 6),
        ]
        assert states[0].facts == FACTS
        assert fleet.health(START) == {WEB1: {}, WEB2: {"frames": 9}}


def test_a_damaged_file_leaves_the_others(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, top_sections=sections(a=5))
    collector.send(WEB2, 0, top_sections=sections(a=6))
    with closing(sqlite3.connect(f"{place}/web-2.db")) as database:
        database.execute("UPDATE sums SET bins = x'80'")
        database.commit()
    Path(place, "db-1.db").write_bytes(b"no database at all" * 100)
    with opened(place) as fleet:
        assert counts(fleet.top("top_sections", START, START + 60, 1).rows) == {"/a": 5}
        assert [text.partition(":")[0] for text in fleet.warnings] == ["db-1 is left out", "web-2 is left out"]
        assert "move the file away" in fleet.warnings[0]


def test_new_sensors_and_statistics_are_found(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0)
    with opened(place) as fleet:
        assert len(fleet.sensors()) == 1
        collector.send(WEB1, 10, sent={"x": Sums(1, 5)})
        collector.send(WEB2, 10, top_sections=sections(a=1))
        assert [each.name for each in fleet.sensors()] == [WEB1, WEB2]
        assert fleet.top("sent", START, START + 60, 1).whole.bytes == 5
        assert fleet.top("top_sections", START, START + 60, 1).whole.count == 1


def test_a_file_that_was_moved_away_is_left(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, top_sections=sections(a=5))
    collector.send(WEB2, 0, top_sections=sections(a=6))
    with opened(place) as fleet:
        assert fleet.top("top_sections", START, START + 60, 1).whole.count == 11
        collector.folder.close()
        Path(place, "web-1.db").rename(Path(place, "web-1.old"))
        assert fleet.top("top_sections", START, START + 60, 1).whole.count == 6
        again = Collector(Path(place))
        again.send(WEB1, 0, top_sections=sections(a=1))
        again.folder.close()
        assert fleet.top("top_sections", START, START + 60, 1).whole.count == 7
        assert fleet.warnings == ()


def test_other_files_are_left_alone(collector: Collector, place: str) -> None:
    from history.archive import SqliteArchive

    SqliteArchive(f"{place}/eth0-80.db", Retention(), {"request_rate": "hits"}).close()
    Path(place, "notes.txt").write_text("x")
    collector.send(WEB1, 0)
    with opened(place) as fleet:
        assert ([each.name for each in fleet.sensors()], fleet.warnings) == ([WEB1], ())


def test_a_folder_without_sensors_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no sensors in"):
        CollectedFleet(str(tmp_path))
    with pytest.raises(StoreError, match="cannot read the folder"):
        CollectedFleet(str(tmp_path / "none"))


def test_a_collector_may_have_no_sensors_yet(collector: Collector, place: str) -> None:
    with opened(place) as fleet:
        assert (fleet.sensors(), fleet.earliest()) == ([], None)
        collector.send(WEB1, 0)
        assert [each.name for each in fleet.sensors()] == [WEB1]


def test_nobody_writes(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0)
    with opened(place) as fleet, pytest.raises(StoreError, match="only read"):
        fleet.write(Minute(START, {}))


def test_two_collectors_do_not_share_a_folder(collector: Collector, place: str) -> None:
    with pytest.raises(HistoryError, match="another collector uses"):
        Folder(place, Retention(), UNITS, 3600, 50)


def test_there_are_no_more_sensors_than_allowed(tmp_path: Path) -> None:
    (tmp_path / "web-1.db").touch()
    one = SensorRecord(Series(DB, 1, Level.BUCKET), 1, 0, START, FACTS, ())
    hour = one._replace(series=Series("unknown", 1, Level.HOUR), through=1)
    with closing(Folder(str(tmp_path), Retention(), UNITS, 3600, 1)) as folder:
        assert folder.take([(hour, encode(hour))], START) == (0, 0)  # longer periods are not needed
        with pytest.raises(StoreError, match="its maximum of 1 sensors") as refused:
            folder.take([(one, encode(one))], START)
    assert not refused.value.refused


# What arrives ---------------------------------------------------------------------------------------------------------


def requests(buckets: Sequence[ClosedBucket]) -> dict[float, int]:
    """Return the requests of buckets by start after START."""
    found: dict[float, int] = {}
    for each in buckets:
        [part] = [part for part in each.statistics if part.name == "request_rate"]
        assert each.start - START not in found
        found[each.start - START] = part.keyed.whole().count + part.other.count
    return found


def test_each_record_arrives_once_summed_over_the_sensors(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0, top_sections=sections(a=1))
    with opened(place) as fleet:
        first = fleet.arrived(None)
        assert first.buckets == ()
        collector.send(WEB1, 10, top_sections=sections(a=2))
        collector.send(WEB2, 10, top_sections=sections(a=3))
        collector.send(WEB2, 20, top_sections=sections(a=4))
        found = fleet.arrived(first.cursor)
        assert requests(found.buckets) == {10: 5, 20: 4}
        parts = {part.name: part for part in found.buckets[0].statistics}
        assert counts(list(parts[SENSORS].keys.items())) == {WEB1: 2, WEB2: 3}
        assert parts[WATCHED].keys["0"].seconds == SIZE  # not twice as long
        assert fleet.arrived(found.cursor).buckets == ()


def test_a_cursor_serves_another_choice_of_sensors(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0)
    with opened(place) as fleet:
        cursor = fleet.arrived(None).cursor
        collector.send(WEB1, 10, top_sections=sections(a=2))
        collector.send(WEB2, 10, top_sections=sections(a=3))
        chosen = fleet.of([WEB1]).arrived(cursor)
        assert requests(chosen.buckets) == {10: 2}
        collector.send(WEB2, 20, top_sections=sections(a=4))
        assert requests(fleet.arrived(chosen.cursor).buckets) == {20: 4}


def test_a_backlog_arrives_in_pieces(collector: Collector, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST", 4)
    collector.send(WEB1, 0)
    with opened(place) as fleet:
        cursor = fleet.arrived(None).cursor
        for number in range(1, 11):
            collector.send(WEB1, 10 * number, top_sections=sections(a=number))
        sizes, found = [], {}
        while (some := fleet.arrived(cursor)).buckets:
            cursor = some.cursor
            sizes.append(len(some.buckets))
            found.update(requests(some.buckets))
        assert (sizes, found) == ([4, 4, 2], {10.0 * number: number for number in range(1, 11)})


def test_records_that_nobody_saw_in_time_are_counted(collector: Collector, place: str) -> None:
    collector.send(WEB1, 0)
    with opened(place) as fleet:
        cursor = fleet.arrived(None).cursor
        collector.send(WEB1, 10)
        collector.send(WEB1, 20)
        collector.send(WEB1, 9000)
        assert list(requests(fleet.arrived(cursor).buckets)) == [9000]
        assert fleet.warnings == ("2 records came and went unseen",)


def test_the_past_and_what_arrives_add_up_to_everything(collector: Collector, place: str) -> None:
    """Buckets first, then minutes; a late record for an old minute counts once."""
    sent = 0
    for number in (*range(0, 6000, 100), *range(6000, 7200, 10)):
        sent += 1
        collector.send(WEB1, number, top_sections=sections(a=1), received=number + 10)
    for number in range(7000, 7200, 10):
        sent += 2
        collector.send(WEB2, number, top_sections=sections(b=2), received=7210)
    with opened(place) as fleet:
        cursor = fleet.arrived(None).cursor
        collector.send(WEB2, 600, top_sections=sections(late=100), received=7220)
        collector.send(WEB2, 7190, top_sections=sections(late=1000), received=7220)
        past = list(fleet.past(START, START + 7200))
        assert [each.start for each in past] == sorted((each.start for each in past), reverse=True)
        widths = [each.width for each in past]
        assert widths == sorted(widths)
        assert set(widths) == {10, 60}
        assert sum(requests(past).values()) == sent + 100
        collector.send(WEB1, 7200, top_sections=sections(a=10000))
        found = requests(fleet.arrived(cursor).buckets)
        assert found == {7190: 1000, 7200: 10000}


def test_the_past_goes_on_where_it_was_left(collector: Collector, place: str) -> None:
    for number in range(0, 3600, 60):
        collector.send(WEB1, number, top_sections=sections(a=1), received=number + 10)
    with opened(place) as fleet:
        cursor = fleet.arrived(None).cursor
        past = fleet.past(START, START + 3600)
        found = [next(past) for _ in range(25)]
        past.close()  # type: ignore[attr-defined]
        collector.send(WEB1, 600, top_sections=sections(late=100), received=3700)
        collector.send(WEB1, found[-1].start - START + 60, top_sections=sections(late=1000), received=3700)
        found += fleet.past(START, found[-1].start)
        assert sum(requests(found).values()) + sum(requests(fleet.arrived(cursor).buckets).values()) == 60 + 1100
        assert fleet.warnings == ()


def test_the_past_leaves_out_a_damaged_file(collector: Collector, place: str) -> None:
    for number in range(0, 3600, 60):
        collector.send(WEB1, number, top_sections=sections(a=1))
        collector.send(WEB2, number, top_sections=sections(a=100))
    with closing(sqlite3.connect(f"{place}/web-2.db")) as database:
        database.execute("UPDATE sums SET count = 'x' WHERE start < ?", (START + 600,))
        database.commit()
    with opened(place) as fleet:
        fleet.arrived(None)
        assert sum(requests(list(fleet.past(START, START + 3600))).values()) % 100 == 60
        assert [text.partition(":")[0] for text in fleet.warnings] == ["web-2 is left out"]


def test_the_past_has_hours_where_there_are_no_minutes(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "sensors")
    collector.folder._keep = Retention(minutes=7200)
    for hour in range(6):
        for number in range(3):
            collector.send(WEB1, 3600 * hour + 1200 * number, top_sections=sections(a=1))
    with opened(str(tmp_path / "sensors")) as fleet:
        fleet.arrived(None)
        past = list(fleet.past(START, START + 6 * 3600))
        assert {each.width for each in past} == {10, 60, 3600}
        assert sum(requests(past).values()) == 18
        assert sum(requests(list(fleet.of([DB]).past(START, START + 6 * 3600))).values()) == 0
    collector.folder.close()
