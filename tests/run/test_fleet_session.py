"""The session of a fleet: what it sums up, judges, and says of its sensors."""

import math
from dataclasses import replace
from datetime import timezone
from typing import Any

import pytest
from fleet_scene import BUCKET, START, FleetScene, Seen, visits

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertDismissed, AlertRaised
from dashboard.lines import event_line
from history.alerts import stored
from history.record import StoreError
from notices.notice import facts, notice_of
from store.filtering.sensors import parse_sensors
from store.store import Store
from traffic.batch import RecordBatch
from view.builder import panel
from view.panel import Row
from view.view import View


def rows(view: View, name: str = "top_sensors") -> dict[str, int]:
    found = next(panel for panel in view.panels if panel.name == name)
    return {row.key: row.window.count for row in found.rows}


def named(scene: FleetScene) -> list[tuple[str, str]]:
    """Return signal and sensor of the events that change an alert."""
    changes = [event for event in scene.seen.events if isinstance(event, AlertRaised | AlertDismissed)]
    return [
        (type(event).__name__.removeprefix("Alert"), f"{event.alert.signal} {event.alert.sensor}".strip())
        for event in changes
    ]


# Sums -----------------------------------------------------------------------------------------------------------------


def test_the_sums_of_all_sensors_are_those_of_their_records() -> None:
    scene = FleetScene().add("web-1", "web-2").begin()
    scene.go(120)
    own = Store(scene.statistics, BUCKET, 86400, 1000)
    for start in range(0, 120, BUCKET):
        for name in scene.sensors:
            own.add(RecordBatch(visits(name, START + start)))
    own.advance(scene.now)
    view = scene.view()
    for statistic in scene.statistics:
        if statistic.name not in ("request_rate", "status_classes"):
            mine = next(panel for panel in view.panels if panel.name == statistic.name)
            assert replace(mine, slice_elapsed=0) == replace(panel(own, statistic, 10, None), slice_elapsed=0)
    assert view.requests == own.totals("request_rate").count == 12 * 30
    assert rows(view) == {"web-2": 240, "web-1": 120}


def test_sensors_come_first_with_errors_and_response_times() -> None:
    scene = FleetScene().add("web-1", "web-3").begin()
    scene.go(60)
    first = scene.view().panels[0]
    assert (first.title, first.responses) == ("Sensors", True)
    worst: Row = first.rows[0]
    assert (worst.key, worst.window.count, worst.window.server_errors) == ("web-3", 180, 18)
    assert worst.window.times is not None
    assert worst.window.times.p50 == pytest.approx(0.03, rel=0.02)


def test_the_past_is_loaded_latest_first_and_everything_counts_once() -> None:
    scene = FleetScene().add("web-1")
    scene.send(600)
    scene.begin()
    scene.go(60)
    view = scene.view()
    assert view.requests == 66 * 10
    assert view.fleet is not None
    assert not view.fleet.loading


def test_a_backlog_counts_in_the_past_and_alerts_nobody() -> None:
    scene = FleetScene(sensor_silence=3600).add("web-1", "web-2")
    scene.send(60)
    scene.begin()
    scene.go(180)
    scene.down.add("web-2")
    scene.go(300)
    low = rows(scene.view())
    scene.seen.events.clear()
    scene.back("web-2")
    scene.go(120)
    assert low == {"web-1": 54 * 10, "web-2": 24 * 20}
    assert rows(scene.view()) == {"web-1": 66 * 10, "web-2": 66 * 20}
    assert named(scene) == []
    assert any("too late to be judged" in warning for view in scene.seen.views for warning in view.health.warnings)


def test_health_is_that_of_all_sensors() -> None:
    scene = FleetScene().add("web-1", "web-2").begin()
    scene.go(100)
    health = scene.view().health
    assert (health.frames, health.requests, health.dropped) == (2000, 200, 0)
    assert health.packet_rate == 20


def test_an_overloaded_sensor_makes_figures_too_low() -> None:
    scene = FleetScene().add("web-1").begin()
    scene.go(60)
    record = scene.sensors["web-1"].record(scene.wall, {"frames": 100, "dropped": 300, "odd thing": 2})
    scene.store.send([record])
    scene.go(BUCKET)
    view = scene.view()
    assert view.health.dropped_share > 0.5
    assert ("odd thing", 2) in view.health.oddities
    assert view.fleet is not None
    assert view.fleet.sensors[0].dropped == 300


def test_what_was_counted_before_the_first_window_is_not_late() -> None:
    scene = FleetScene().add("web-1")
    scene.send(30)
    scene.down.add("web-1")
    scene.send(20)
    scene.begin()
    scene.back("web-1")
    scene.go(30)
    assert scene.view().health.warnings == ()


def test_a_screen_without_sensors_waits_for_the_first() -> None:
    scene = FleetScene().begin()
    scene.look()
    view = scene.view()
    assert view.fleet is not None
    assert (view.fleet.sensors, view.requests, view.health.warnings) == ((), 0, ())
    scene.add("web-1")
    scene.go(30)
    assert rows(scene.view()) == {"web-1": 30}


# Choice ---------------------------------------------------------------------------------------------------------------


def test_sensors_of_another_vantage_are_not_added_and_the_screen_says_so() -> None:
    scene = FleetScene().add("web-1", "web-2", vantage="edge").add("db-1", vantage="inside").begin()
    scene.go(60)
    view = scene.view()
    assert rows(view) == {"web-2": 120, "web-1": 60}
    assert view.requests == 180
    assert view.fleet is not None
    assert view.fleet.vantage == "edge"
    sentence = "not added: db-1 (vantage inside), which may see the same connections; filter vantage:inside shows them"
    assert sentence in view.health.warnings
    scene.session.look(parse_sensors("vantage:inside"))
    scene.look()
    assert rows(scene.view()) == {"db-1": 60}


def test_a_filter_loads_the_sensors_that_match_from_the_store() -> None:
    scene = FleetScene().add("web-1", "web-2", "web-3").begin()
    scene.go(60)
    scene.session.look(parse_sensors("-sensor:web-2"))
    scene.look()
    view = scene.view()
    assert rows(view) == {"web-3": 180, "web-1": 60}
    assert rows(view, "top_domains") == {"shop.example.com": 156, "api.example.com": 84}
    assert view.fleet is not None
    assert view.fleet.filter is not None
    assert (view.fleet.filter.matched, view.fleet.filter.sensors) == (2, 3)
    scene.go(60)
    assert rows(scene.view()) == {"web-3": 360, "web-1": 120}
    scene.session.look(parse_sensors(""))
    assert rows(scene.view()) == {"web-3": 360, "web-2": 240, "web-1": 120}


def test_a_sensor_that_joins_is_added_from_its_first_record_on() -> None:
    scene = FleetScene().add("web-1").add("db-1", vantage="inside").begin()
    scene.session.look(parse_sensors("sensor:web-*"))
    scene.go(60)
    scene.add("web-2")
    scene.go(60)
    assert rows(scene.view()) == {"web-1": 120, "web-2": 120}


def test_one_that_leaves_the_choice_is_taken_out_again() -> None:
    scene = FleetScene().add("web-1", vantage="edge").begin()
    scene.go(60)
    assert rows(scene.view()) == {"web-1": 60}
    scene.add("db-1", "db-2", vantage="backend")
    scene.go(60)
    assert rows(scene.view()) == {"db-2": 120, "db-1": 60}


def test_only_limits_everything() -> None:
    scene = FleetScene(only="sensor:web-*").add("web-1", "db-2")
    scene.send(60)
    scene.begin()
    scene.go(120, silent=["db-2"])
    assert rows(scene.view()) == {"web-1": 180}
    assert named(scene) == []


def test_sensors_whose_buckets_do_not_fit_are_left_out_by_name() -> None:
    scene = FleetScene().add("web-1").add("odd-1", bucket_size=7).begin()
    scene.go(60)
    assert rows(scene.view()) == {"web-1": 60}
    sentence = "not added: odd-1, with buckets of 7 s; give all sensors the same dashboard_bucket_size"
    assert sentence in scene.view().health.warnings


def test_shorter_buckets_that_fit_are_added() -> None:
    scene = FleetScene().add("web-1", bucket_size=5).begin()
    scene.go(60)
    assert rows(scene.view()) == {"web-1": 60}


# Alerts ---------------------------------------------------------------------------------------------------------------


def flood(sensor: str, start: float) -> list[Any]:
    return visits(sensor, start) + visits("9", start)


def test_the_signals_judge_all_sensors_together() -> None:
    scene = FleetScene().add("web-1", "web-2")
    scene.send(60)
    scene.begin()
    scene.go(180)
    scene.go(60, flood)
    scene.go(120)
    assert named(scene) == [("Raised", "request_rate"), ("Dismissed", "request_rate")]
    assert [alert.signal for alert in scene.view().alerts] == ["request_rate"]


def test_a_silent_sensor_is_an_alert_with_a_start_an_end_and_a_reason() -> None:
    scene = FleetScene().add("web-1", "web-2", vantage="edge").begin()
    scene.go(60)
    scene.go(50, silent=["web-2"])
    assert named(scene) == []
    scene.go(20, silent=["web-2"])
    (alert,) = scene.view().alerts
    assert (alert.signal, alert.sensor, alert.end) == ("sensor_silence", "web-2", None)
    assert alert.explanation.startswith("Sensor web-2 at vantage edge is silent: no record for 1 min, the last one at ")
    assert scene.view().state == "ALERT"
    assert [sensor.silent for sensor in scene.view().fleet.sensors] == [False, True]  # type: ignore[union-attr]
    scene.go(20)
    (alert,) = scene.view().alerts
    assert alert.end is not None
    assert alert.end > alert.start
    assert named(scene) == [("Raised", "sensor_silence web-2"), ("Dismissed", "sensor_silence web-2")]
    dismissed = scene.seen.events[-1]
    assert event_line(dismissed, timezone.utc).endswith("Alert dismissed after 20 s: web-2 sensor silence")
    notice = notice_of(dismissed, "ops", "fleet")
    assert notice is not None
    assert (notice.headline, facts(notice)["sensor"]) == ("Dismissed: sensor silence web-2, after 20 s", "web-2")


def test_an_outage_of_the_store_is_no_silence() -> None:
    scene = FleetScene().add("web-1", "web-2").begin()
    scene.go(60)
    scene.store.fails = StoreError("db.example.com:8443: connection refused")
    scene.down |= {"web-1", "web-2"}
    scene.go(600)
    assert "cannot read the store: db.example.com:8443: connection refused; what is shown may be old" in (
        scene.view().health.warnings
    )
    scene.store.fails = None
    scene.look()
    assert [each for each in named(scene) if "silence" in each[1]] == []
    scene.back("web-1")
    scene.back("web-2")
    scene.go(30)
    assert rows(scene.view()) == {"web-1": 69 * 10, "web-2": 69 * 20}
    assert not [warning for warning in scene.view().health.warnings if "cannot read" in warning]


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7, 11])
def test_failures_at_any_place_lose_and_double_nothing(every: int) -> None:
    scene = FleetScene().add("web-1", "web-2")
    scene.send(200)
    scene.store.fails_every = every
    scene.session.begin(scene.wall)
    scene.session.look(parse_sensors("sensor:web-1"))
    for _ in range(6):
        scene.send(BUCKET)
        for _ in range(5):
            scene.look()
    assert scene.store.calls >= 60
    scene.store.fails_every = 0
    for _ in range(3):
        scene.look()
    scene.go(BUCKET)
    assert rows(scene.view()) == {"web-1": 270}
    scene.session.look(parse_sensors(""))
    assert rows(scene.view()) == {"web-1": 270, "web-2": 540}


@pytest.mark.parametrize("how", ["ignored", "muted"])
def test_a_retired_sensor_can_be_ignored_or_muted(how: str) -> None:
    scene = FleetScene(ignored=["WEB-2"] if how == "ignored" else []).add("web-1", "web-2").begin()
    scene.go(60)
    if how == "muted":
        scene.session.decisions.mute("sensor_silence@web-2", math.inf)
    scene.go(120, silent=["web-2"])
    if how == "ignored":
        assert named(scene) == []
        assert scene.view().alerts == ()
        return
    (raised,) = [event for event in scene.seen.events if isinstance(event, AlertRaised)]
    assert raised.alert.muted  # so that nobody is notified
    assert scene.view().alerts[0].quiet == "muted"
    assert scene.view().state != "ALERT"


def test_muting_a_silent_sensor_ends_the_alarm_on_the_screen() -> None:
    scene = FleetScene().add("web-1", "web-2").begin()
    scene.go(60)
    scene.go(120, silent=["web-2"])
    assert scene.view().state == "ALERT"
    scene.session.decisions.mute("sensor_silence@web-2", math.inf)
    assert scene.view().state != "ALERT"
    scene.session.decisions.mute("sensor_silence@web-2", 0.0)
    assert scene.view().state == "ALERT"


def test_sensors_that_were_silent_longer_than_others_at_the_start_are_found() -> None:
    scene = FleetScene().add("web-1", "web-2")
    scene.send(60)
    scene.send(300, silent=["web-2"])
    scene.begin()
    assert named(scene) == [("Raised", "sensor_silence web-2")]


def test_acknowledging_is_about_one_sensor() -> None:
    scene = FleetScene().add("web-1", "web-2", "web-3").begin()
    scene.go(60)
    scene.go(120, silent=["web-2", "web-3"])
    scene.session.decisions.acknowledge("sensor_silence@web-3")
    assert {alert.sensor: alert.quiet for alert in scene.view().alerts} == {"web-2": "", "web-3": "acknowledged"}


def own_alert(start: float, end: float | None = None) -> Alert:
    return Alert(
        "request_rate", start, end, 500.0, 500.0, 100.0, 10.0, 110.0, SignalUnit.HITS, explanation="High traffic"
    )


def test_alerts_of_the_sensors_are_shown_and_reported_by_name() -> None:
    scene = FleetScene(by_sensor=True).add("web-1").begin()
    scene.go(60)
    start = scene.wall
    scene.sensors["web-1"].alert(stored(own_alert(start)))
    scene.go(20)
    (alert,) = scene.view().alerts
    assert (alert.sensor, alert.title, alert.explanation) == ("web-1", "Request rate", "web-1: High traffic")
    scene.sensors["web-1"].alert(stored(own_alert(start, start + 20)))
    scene.go(20)
    assert scene.view().alerts[0].end == start + 20
    assert named(scene) == [("Raised", "request_rate web-1"), ("Dismissed", "request_rate web-1")]


def test_they_are_left_out_unless_asked_for() -> None:
    scene = FleetScene().add("web-1").begin()
    scene.sensors["web-1"].alert(stored(own_alert(scene.wall)))
    scene.go(30)
    assert scene.view().alerts == ()


def test_what_began_before_the_start_or_arrives_when_it_is_over_is_not_reported() -> None:
    scene = FleetScene(by_sensor=True).add("web-1")
    scene.sensors["web-1"].alert(stored(own_alert(scene.wall)))
    scene.send(30)
    scene.begin()
    scene.sensors["web-1"].alert(stored(replace(own_alert(scene.wall - 20, scene.wall - 10), signal="traffic_drop")))
    scene.go(30)
    assert named(scene) == []
    assert [alert.signal for alert in scene.view().alerts] == ["request_rate", "traffic_drop"]


# Showing --------------------------------------------------------------------------------------------------------------


def test_views_are_shown_at_each_refresh() -> None:
    scene = FleetScene().add("web-1").begin()
    scene.go(120)
    watching: Seen = scene.seen
    assert [view.now - START for view in watching.views[-3:]] == [90.0, 100.0, 110.0]
    assert watching.views[-1].source == "fleet db.example.com"


def test_a_clock_that_is_off_is_known() -> None:
    scene = FleetScene().add("web-1", "web-2").begin()
    scene.sensors["web-2"].skew = scene.store.ahead["web-2"] = 30
    scene.go(30)
    assert scene.view().fleet is not None
    skews = {sensor.name: sensor.skew for sensor in scene.view().fleet.sensors}  # type: ignore[union-attr]
    assert skews == {"web-1": 0, "web-2": 30}


def test_what_the_store_leaves_out_is_on_the_screen() -> None:
    scene = FleetScene().add("web-1")
    scene.store.remarks = ("web-2 is left out: its file is damaged",)
    scene.go(20)
    assert "web-2 is left out: its file is damaged" in scene.view().health.warnings
