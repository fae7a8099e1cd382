"""A restart judges as if the program had run on: it learns from the history, and knows what the user decided."""

from collections.abc import Iterator
from datetime import datetime, timezone
from math import inf, pi, sin

import numpy as np
import pytest
from records import request

from alerting.alert import Alert
from alerting.calendar import Calendar
from alerting.events import AlertRaised, Event
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.terms import Terms
from capture.intake import Status
from capture.source import Counters
from exercise_config import Config
from history.archive import SqliteArchive
from history.keep import Retention
from history.learned import learned
from history.minutes import closed_bucket
from history.sums import Minute
from run.session import Session
from stats.loading import load
from store.sums import Sums
from store.watched import WATCHED
from traffic.batch import RecordBatch
from traffic.health import Health

UTC = timezone.utc
STATUS = Status(Health(), Counters(0, 0), ())
START = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0
NAMES = ("signals.requests_by_client", "signals.requests_by_section")
TERMS = Terms(
    bucket_size=120,
    learning_duration=120,
    retention=30 * DAY,
    store_bucket=60,
    baselines={"request_rate": "seasonal", "traffic_drop": "seasonal"},
    calendar=Calendar(UTC),
)


def new_monitor() -> Monitor:
    return Monitor([RequestRate(10, 120), TrafficDrop(60, 1.5)], TERMS)


def usual(time: float) -> float:
    """Return the requests expected in a minute: 200 at night, 1,000 at noon."""
    return 600 - 400 * sin(2 * pi * ((time - START) / DAY + 0.25))


def traffic(since: float, until: float, seed: int, factor: float = 1.0) -> Iterator[Minute]:
    """Iterate over the minutes of a span, in which the usual traffic is multiplied."""
    draw = np.random.default_rng(seed)
    for start in np.arange(since, until, 60.0).tolist():
        counts = draw.poisson(factor * usual(start) / 2, 2).tolist()
        keys = {f"10.0.0.{number}": Sums(count) for number, count in enumerate(counts)}
        yield Minute(start, {**dict.fromkeys(NAMES, keys), WATCHED: {"0": Sums(seconds=60.0)}})


def watch(monitor: Monitor, minutes: Iterator[Minute]) -> list[Event]:
    events: list[Event] = []
    for minute in minutes:
        monitor.take(closed_bucket(minute))
        events += monitor.advance(minute.start + 60)
    return events


def raised(events: list[Event]) -> list[Alert]:
    return [event.alert for event in events if isinstance(event, AlertRaised)]


WEEKS = START + 8 * DAY
"""When the first run ends."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Monitor, SqliteArchive]:
    """Return a monitor after eight days, and the history that it wrote."""
    path = tmp_path_factory.mktemp("restart") / "history.db"
    archive = SqliteArchive(str(path), Retention(), {**dict.fromkeys(NAMES, "hits"), WATCHED: "seconds"}, UTC)
    monitor = new_monitor()
    monitor.start(START)
    for begin in np.arange(START, WEEKS, 6 * HOUR).tolist():
        minutes = list(traffic(begin, begin + 6 * HOUR, int(begin)))
        archive.write_all(minutes)
        watch(monitor, iter(minutes))
    return monitor, archive


def restarted(archive: SqliteArchive) -> Monitor:
    monitor = new_monitor()
    monitor.recall(learned(archive, WEEKS - 56 * DAY, WEEKS, NAMES))
    monitor.start(WEEKS)
    return monitor


def test_an_ordinary_day_after_a_restart_does_not_alert(before: tuple[Monitor, SqliteArchive]) -> None:
    monitor = restarted(before[1])
    assert monitor.baseline is not None
    assert raised(watch(monitor, traffic(WEEKS, WEEKS + DAY, 5))) == []


def test_what_is_unusual_is_found_as_if_the_program_had_run_on(before: tuple[Monitor, SqliteArchive]) -> None:
    """Twice the traffic of the night is unusual, although there is more at noon; and so is a third of that at noon."""
    ran_on, archive = before
    found = []
    for monitor in (restarted(archive), ran_on):
        assert raised(watch(monitor, traffic(WEEKS, WEEKS + 2 * HOUR, 6))) == []
        doubled = raised(watch(monitor, traffic(WEEKS + 2 * HOUR, WEEKS + 3 * HOUR, 7, 2.0)))
        watch(monitor, traffic(WEEKS + 3 * HOUR, WEEKS + 12 * HOUR, 8))
        lost = raised(watch(monitor, traffic(WEEKS + 12 * HOUR, WEEKS + 13 * HOUR, 9, 0.2)))
        found.append([(alert.signal, alert.start - WEEKS) for alert in (*doubled, *lost)])
        assert doubled[0].baseline == pytest.approx(2 * usual(WEEKS + 2 * HOUR), rel=0.1)
    assert found[0] == found[1]
    assert [signal for signal, _ in found[0]] == ["request_rate", "traffic_drop"]


@pytest.mark.parametrize(("factor", "seconds"), [(1.25, 240), (1.5, 0)])
def test_an_alert_on_what_lasts_says_over_which_time(
    before: tuple[Monitor, SqliteArchive], factor: float, seconds: float
) -> None:
    """A quarter more is nothing for one bucket."""
    monitor = restarted(before[1])
    watch(monitor, traffic(WEEKS, WEEKS + 2 * HOUR, 6))
    alert = raised(watch(monitor, traffic(WEEKS + 2 * HOUR, WEEKS + 3 * HOUR, 7, factor)))[0]
    assert alert.seconds == seconds


def test_what_the_user_decided_holds_after_a_restart(before: tuple[Monitor, SqliteArchive]) -> None:
    ran = restarted(before[1])
    watch(ran, traffic(WEEKS, WEEKS + HOUR, 10, 1.5))
    ran.accept("request_rate", WEEKS + HOUR)
    ran.mute("traffic_drop", inf)
    again = new_monitor()
    again.restore_habits(ran.habits)
    again.recall(learned(before[1], WEEKS - 56 * DAY, WEEKS, NAMES))
    again.start(WEEKS + HOUR)
    assert again.muted_until("traffic_drop") == inf
    assert raised(watch(again, traffic(WEEKS + HOUR, WEEKS + 4 * HOUR, 11, 1.5))) == []


def test_who_learned_again_uses_no_older_history(before: tuple[Monitor, SqliteArchive]) -> None:
    ran = restarted(before[1])
    ran.advance(WEEKS)
    ran.relearn(WEEKS, "request_rate")
    again = new_monitor()
    again.restore_habits(ran.habits)
    again.recall(learned(before[1], WEEKS - 56 * DAY, WEEKS, NAMES))
    assert again.baseline is None
    assert again.judges[1].baseline("") is not None


def test_a_session_learns_while_it_runs_but_before_it_judges(
    before: tuple[Monitor, SqliteArchive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run.earlier.RECALL", 0.0)  # a slow machine: one window for each tick
    config = Config(statistics=("request_rate",), signals=("request_rate",), request_rate_baseline="seasonal")
    session = Session(config, load(("request_rate",)), "eth0 port 80", [], [])
    assert session.earlier.wanted() >= frozenset(NAMES)
    session.earlier.learn_from(learned(before[1], WEEKS - 56 * DAY, WEEKS, session.earlier.wanted()))
    session.begin(WEEKS, STATUS)
    session.tick(WEEKS + 60, STATUS)
    assert state(session)[0] == "LEARNING"
    session.count(RecordBatch(request(WEEKS + 60 + second) for second in range(50)))
    session.tick(WEEKS + 120, STATUS)
    name, expected = state(session)
    assert name == "NORMAL"
    assert expected == pytest.approx(2 * usual(WEEKS), rel=0.2)


def state(session: Session) -> tuple[str, float | None]:
    view = session.view(None)
    assert view is not None
    return view.signals[0].state, view.signals[0].baseline
