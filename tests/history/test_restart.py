"""What a run leaves in the history is restored when the next one starts."""

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from records import request

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertDismissed, AlertRaised
from capture.intake import Status
from capture.source import Counters
from exercise_config import Config
from history.alerts import recalled
from history.archive import SqliteArchive
from history.database import HistoryError
from history.keep import Retention
from history.outlet import History
from history.sums import Minute
from run.session import Session
from stats.loading import load
from store.distribution import Distribution
from store.sums import Sums
from traffic.batch import RecordBatch
from traffic.health import Health
from view.outlet import Outlet
from view.view import View

NAMES = ("request_rate", "top_sections")
UNITS = dict.fromkeys(NAMES, "hits")
NOW = time.time() // 3600 * 3600 - 600.0
STATUS = Status(Health(), Counters(0, 0), ())
ALERT = Alert("request_rate", NOW - 60, None, 9, 9, 5, 10, 5.5, SignalUnit.HITS, explanation="High traffic")


class Seen(Outlet):
    """An outlet that remembers the last View."""

    watches = True

    def __init__(self) -> None:
        self.view: View | None = None

    def show(self, view: View, refreshed: bool) -> None:
        self.view = view

    def finish(self, view: View) -> None:
        self.view = view


def requests(path: str, start: float, seconds: int) -> list[Any]:
    return [request(start + second, host="shop", target=path) for second in range(seconds)]


def run(path: Path, start: float, records: list[Any], ticks: int = 1, validated: bool = True) -> View:
    """Run from `start` for `ticks` minutes, and return the last View."""
    config, seen = Config(statistics=NAMES, signals=("request_rate",)), Seen()
    history = History(path, Retention(), UNITS)
    session = Session(config, load(NAMES), "eth0 port 80", [], [seen, history])
    session.record_in(history)
    history.start()
    session.earlier.recall(*history.before(start, config.max_retention_length))
    session.start(start)
    for tick in range(ticks):
        end = start + 60 * (tick + 1)
        session.count(RecordBatch(record for record in records if end - 60 <= record.time < end))
        session.tick(end, STATUS)
    session.finish(start + 60 * ticks, STATUS)
    history.close()
    assert history.warnings == () or not validated
    assert seen.view is not None
    return seen.view


def test_the_next_run_shows_what_the_last_one_counted(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW - 3600, requests("/cart", NOW - 3600, 300), ticks=5)
    view = run(path, NOW, requests("/home", NOW, 60), ticks=2)
    assert view.requests == 360
    assert {row.key: row.window.count for row in view.panels[0].rows} == {"shop/cart": 300, "shop/home": 60}


def test_a_restart_within_a_minute_neither_doubles_nor_loses_counts(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW, requests("/a", NOW, 20))
    run(path, NOW + 25, requests("/b", NOW + 25, 20))
    view = run(path, NOW + 50, requests("/c", NOW + 50, 60), ticks=3)
    assert view.requests == 100


def test_a_minute_is_written_when_it_ends_even_without_later_traffic(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    history = History(path, Retention(), UNITS)
    session = Session(Config(statistics=NAMES), load(NAMES), "eth0 port 80", [], [history])
    session.record_in(history)
    history.start()
    session.start(NOW)
    session.count(RecordBatch(requests("/last", NOW, 5)))
    session.tick(NOW + 60, STATUS)
    reader = SqliteArchive(str(path), Retention())
    for _ in range(10_000):
        if reader.latest():
            break
        threading.Event().wait(0.005)
    assert reader.latest() == NOW + 60
    reader.close()
    history.close()


def test_sums_older_than_the_retention_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW - 2 * 86400, requests("/old", NOW - 2 * 86400, 60))
    assert run(path, NOW, requests("/new", NOW, 60), ticks=2).requests == 60


def test_alerts_are_restored_and_active_ones_ended_with_their_run(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    history = History(path, Retention(), UNITS)
    history.start()
    history.event(AlertDismissed(NOW - 60, Alert(**{**vars(ALERT), "start": NOW - 300, "end": NOW - 180})))
    history.event(AlertRaised(NOW - 60, ALERT))
    history.close()
    view = run(path, NOW, requests("/", NOW, 60), ticks=2)
    assert [(alert.start, alert.end, alert.explanation) for alert in view.alerts] == [
        (NOW - 60, NOW - 60, "High traffic"),
        (NOW - 300, NOW - 180, "High traffic"),
    ]


def test_an_alert_of_a_signal_that_is_no_longer_enabled_is_still_listed(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    history = History(path, Retention(), UNITS)
    history.start()
    history.event(AlertRaised(NOW - 60, Alert(**{**vars(ALERT), "signal": "key_requests", "start": NOW - 60})))
    history.close()
    (alert,) = run(path, NOW, requests("/", NOW, 60)).alerts
    assert (alert.title, alert.explanation) == ("Key requests", "High traffic")


def test_an_alert_left_open_by_a_kill_ends_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    then = NOW - 3 * 86400
    history = History(path, Retention(), UNITS)
    history.start()
    history.event(AlertRaised(then, Alert(**{**vars(ALERT), "start": then})))
    history.close()
    run(path, then, requests("/", then, 300), ticks=5)
    [kept] = map(recalled, SqliteArchive(str(path), Retention()).alerts(0))
    assert kept is not None
    assert (kept.start, kept.end) == (then, then)
    assert run(path, NOW, requests("/", NOW, 60), ticks=2).alerts == ()


def test_an_alert_that_is_open_at_the_end_of_a_run_ends_with_it(tmp_path: Path) -> None:
    """It would end with the next whole minute otherwise, or at once."""
    path = tmp_path / "kept.db"
    start = NOW - 3600.0
    calm, flood = requests("/", start, 120), requests("/flood", start + 120, 120) * 3
    config, history = Config(statistics=NAMES, signals=("request_rate",)), History(path, Retention(), UNITS)
    session = Session(config, load(NAMES), "eth0 port 80", [], [history])
    session.record_in(history)
    history.start()
    session.start(start)
    for end in (120, 240, 275):
        session.count(RecordBatch(each for each in (*calm, *flood) if start + end - 120 <= each.time < start + end))
        session.tick(start + end, STATUS)
    session.finish(start + 275, STATUS)
    history.close()
    view = run(path, NOW, requests("/", NOW, 60), ticks=2)
    assert [(alert.start, alert.end) for alert in view.alerts] == [(start + 240, start + 275)]


def test_time_between_two_runs_is_no_zero_and_the_view_says_since_when_there_is_history(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW - 600, requests("/a", NOW - 600, 60), ticks=3)
    view = run(path, NOW + 5, requests("/b", NOW + 5, 60), ticks=2)
    assert view.history_since == NOW - 600
    assert view.request_rate is not None
    assert view.request_rate[:18] == (1.0,) * 6 + (0.0,) * 12, "a watched time without traffic is zero"
    assert view.request_rate[18:60] == (None,) * 42
    assert view.request_rate[60] == 1.0, "five of the ten seconds were watched"


@pytest.mark.parametrize(("before", "rates"), [(100.0, (1.0, 1.0)), (97.0, (1.0, 1.0, 1.0))])
def test_a_part_of_a_minute_is_restored_where_it_was_watched(
    tmp_path: Path, before: float, rates: tuple[float, ...]
) -> None:
    path = tmp_path / "kept.db"
    config, history = Config(statistics=NAMES, signals=("request_rate",)), History(path, Retention(), UNITS)
    session = Session(config, load(NAMES), "eth0 port 80", [], [history])
    session.record_in(history)
    history.start()
    start = NOW - before
    session.start(start)
    session.count(RecordBatch(requests("/a", start, 20)))
    for passed in (5, 12, 20):
        session.tick(start + passed, STATUS)
    session.finish(start + 20, STATUS)
    history.close()
    view = run(path, NOW, requests("/b", NOW, 60), ticks=1)
    assert view.request_rate is not None
    assert view.request_rate == (*rates, *[None] * (10 - len(rates)), *[1.0] * 6)
    assert view.history_since == start


def test_a_minute_of_an_older_history_counts_as_watched(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    archive = SqliteArchive(str(path), Retention(), UNITS)
    for start in (NOW - 300, NOW - 180):
        archive.write(Minute(start, {"request_rate": {"requests": Sums(60)}}))
    archive.close()
    view = run(path, NOW, requests("/", NOW, 60), ticks=1)
    assert view.request_rate is not None
    assert view.request_rate[:18] == (1.0,) * 6 + (None,) * 6 + (1.0,) * 6


def test_watched_time_is_no_statistic_of_a_report(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW - 600, requests("/a", NOW - 600, 60), ticks=3)
    archive = SqliteArchive(str(path), Retention())
    assert archive.statistics() == UNITS
    archive.close()


def test_a_history_that_fails_while_being_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.db"
    run(path, NOW - 3600, requests("/cart", NOW - 3600, 300), ticks=5)
    history = History(path, Retention(), UNITS)
    history.start()

    def broken(*_: Any, **__: Any) -> None:
        raise HistoryError("the history is malformed")

    monkeypatch.setattr(history.archive, "minutes", broken)
    past, _ = history.before(NOW, 86400)
    assert list(past) == []
    assert history.warnings == ("cannot restore earlier counts: the history is malformed",)
    history.close()


@pytest.mark.parametrize("seed", range(25))
def test_a_run_continues_with_a_partly_overwritten_file(tmp_path: Path, seed: int) -> None:
    path, chance = tmp_path / "kept.db", random.Random(seed)
    archive = SqliteArchive(str(path), Retention(), UNITS)
    for minute in range(20):
        times = Distribution.of((200 + number, chance.randrange(1, 300)) for number in range(60))
        sections = {f"shop/{number}": Sums(9, 90, 0.9, times) for number in range(20)}
        archive.write(Minute(NOW - 3600 + 60 * minute, {"top_sections": sections}))
    archive.close()
    damaged = bytearray(path.read_bytes())
    for _ in range(chance.choice([10, 100, 1000])):
        damaged[chance.randrange(4096, len(damaged))] = chance.randrange(256)
    path.write_bytes(damaged)
    assert run(path, NOW, requests("/home", NOW, 60), ticks=2, validated=False).requests == 60
