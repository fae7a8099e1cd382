"""A sensor: one record for each bucket, even if nothing was counted, with health and alerts."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet_helpers import MemoryTarget, buckets_of, flat, unreachable
from sensor_records import FACTS, TIMED, bucket
from view_samples import CALM

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, AlertDismissed, AlertRaised
from fleet import segments
from fleet.sensor import MAX_ALERTS, Identity, Sensor
from fleet.spool import Bounds
from history.record import HEALTH, Level, SensorRecord
from store.sums import Sums
from store.watched import WATCHED

NOW = 1_700_000_000.0
UNITS = {"hits": "hits", "volume": "bytes"}


def alert(signal: str = "request_rate", start: float = NOW, end: float | None = None) -> Alert:
    return Alert(signal, start, end, 90, 90, 50, 10, 55, SignalUnit.HITS)


class Scene:
    """A sensor, and the store that it sends to."""

    def __init__(self, folder: Path) -> None:
        self.target = MemoryTarget()
        identity = Identity("web-1", FACTS, UNITS, 3, "https://store")
        self.sensor = Sensor(identity, self.target, folder, Bounds(2**24, 7), 10.0, live=False)
        self.sensor.start()

    @property
    def records(self) -> list[SensorRecord]:
        """End the sensor, and return its buckets."""
        self.sensor.close()
        return self.target.of(Level.BUCKET)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "spool")
    yield scene
    scene.sensor.close()


def test_a_quiet_time_says_that_the_sensor_is_alive(scene: Scene) -> None:
    scene.sensor.begin(NOW + 4)
    for second in range(4, 41, 2):
        scene.sensor.advance(NOW + second)
    found = [(record.buckets[0].start - NOW, flat(record.buckets)) for record in scene.records]
    seconds = [(start, sums[WATCHED, ""].seconds) for start, sums in found]
    assert seconds == [(0, 6), (10, 10), (20, 10), (30, 10)]


def test_a_time_in_which_nobody_watched_is_a_gap(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.advance(NOW + 10)
    scene.sensor.begin(NOW + 7205)
    scene.sensor.advance(NOW + 7210)
    found = [(bucket.start - NOW, flat([bucket])[WATCHED, ""].seconds) for bucket in buckets_of(scene.records)]
    assert found == [(0, 10), (7200, 5)]


def test_parts_of_a_bucket_are_one_and_late_ones_come_with_the_next(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.add(bucket(NOW, hits={"a": Sums(1)}))
    scene.sensor.add(bucket(NOW, 10.0, **{"signals.outcomes": {"fine": TIMED}}))
    scene.sensor.advance(NOW + 10)
    scene.sensor.add(bucket(NOW - 40, hits={"a": Sums(2)}))
    scene.sensor.add(bucket(NOW + 10, hits={"a": Sums(4)}))
    scene.sensor.advance(NOW + 20)
    first, second = scene.records
    assert [part.name for part in first.buckets[0].statistics] == ["hits", "signals.outcomes", WATCHED]
    assert [bucket.start - NOW for bucket in second.buckets] == [-40, 10]
    assert flat(second.buckets)["hits", "a"] == Sums(6)


def test_the_current_bucket_is_written_at_the_end(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.advance(NOW + 13)
    scene.sensor.add(bucket(NOW + 10, hits={"a": Sums(4)}))
    assert flat(scene.records[-1].buckets)["hits", "a"] == Sums(4)


def test_only_the_highest_keys_are_sent(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.add(bucket(NOW, volume={f"k{number}": Sums(1, number) for number in range(9)}))
    (record,) = scene.records
    assert record.buckets[0].statistics[0].keys == {key: Sums(1, int(key[1])) for key in ("k6", "k7", "k8")}
    assert record.buckets[0].statistics[0].other == Sums(6, 15)


def test_health_is_what_was_added_since_the_record_before(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    for second, frames, gaps in ((10, 100, 0), (20, 150, 0), (30, 150, 2)):
        scene.sensor.note({"frames": frames, "gaps": gaps})
        scene.sensor.advance(NOW + second)
    found = [
        {key: sums.count for (name, key), sums in flat(r.buckets).items() if name == HEALTH} for r in scene.records
    ]
    assert found == [{"frames": 100}, {"frames": 50}, {"gaps": 2}]


def test_alerts_come_with_the_bucket_in_which_they_change(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.event(AlertRaised(NOW, alert()))
    scene.sensor.advance(NOW + 10)
    scene.sensor.event(AlertContinued(NOW, alert()))
    scene.sensor.advance(NOW + 20)
    scene.sensor.event(AlertDismissed(NOW, alert(end=NOW + 20)))
    scene.sensor.event(AlertRaised(NOW, alert("unanswered", NOW + 20)))
    scene.sensor.advance(NOW + 30)
    scene.sensor.finish(CALM)
    found = [[(each.signal, each.end) for each in record.alerts] for record in scene.records]
    assert found[:3] == [
        [("request_rate", None)],
        [("request_rate", None)],
        [("request_rate", NOW + 20), ("unanswered", None)],
    ]
    assert [signal for signal, end in found[3] if end is not None] == ["unanswered"]


def test_many_alerts_are_spread_over_records(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    for number in range(2 * MAX_ALERTS + 1):
        scene.sensor.event(AlertRaised(NOW, alert(start=NOW + number)))
    assert [len(record.alerts) for record in scene.records] == [MAX_ALERTS, MAX_ALERTS, 1]


def test_a_clock_that_jumps_far_ahead_counts_nothing(scene: Scene) -> None:
    scene.sensor.begin(NOW)
    scene.sensor.add(bucket(1e11 - 1e11 % 10, hits={"a": Sums(1)}))
    scene.sensor.add(bucket(-10, hits={"a": Sums(1)}))
    scene.sensor.advance(NOW + 10)
    assert [bucket.start for bucket in buckets_of(scene.records)] == [NOW]


def test_how_it_stands_and_what_goes_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, tried = Scene(tmp_path / "spool"), threading.Event()
    scene.target.answer = unreachable
    assert scene.sensor.standing == (
        "https://store as web-1: nothing sent yet, 0 records waiting (0 B in the spool), 0 refused, 0 dropped"
    )

    def full(file: int, block: bytes) -> None:
        tried.set()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(segments, "_write", full)
        scene.sensor.begin(NOW)
        scene.sensor.advance(NOW + 10)
        assert tried.wait(30)
        for _ in range(3000):
            if scene.sensor.warnings:
                break
            threading.Event().wait(0.01)
        assert scene.sensor.warnings == (f"cannot write to the spool {tmp_path / 'spool'}: No space left on device",)
    scene.sensor.advance(NOW + 20)
    scene.target.answer = None
    assert [record.sequence for record in scene.records] == [1, 2]
    assert "0 records waiting" in scene.sensor.standing
    assert "last sent" in scene.sensor.standing
