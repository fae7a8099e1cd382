"""Alerts as lines of JSON with the names of ECS."""

import json

from notice_samples import DISMISSED, FLAPPING, RAISED, about

from outputs.log.alert_fields import alert_line


def test_a_dismissal_has_the_fields_of_security_events() -> None:
    line = json.loads(alert_line(DISMISSED))
    assert line.pop("event.reason").startswith("High traffic generated an alert - hits = 1,844")
    assert line == {
        "@timestamp": "2026-11-22T17:08:10.000000Z",
        "event.start": "2026-11-22T17:02:10.000000Z",
        "event.end": "2026-11-22T17:08:10.000000Z",
        "event.duration": 360_000_000_000,
        "event.kind": "alert",
        "event.category": ["network"],
        "event.action": "dismissed",
        "event.id": DISMISSED.identity,
        "event.severity": 25,
        "log.level": "low",
        "message": "Dismissed: request rate, after 6 min",
        "rule.name": "request_rate",
        "observer.hostname": "web-1.example.com",
        "http_monitor.alert_id": RAISED.alert_identity,
        "http_monitor.signal": "request_rate",
        "http_monitor.source": "eth0 port 80",
        "http_monitor.value": 1844,
        "http_monitor.peak": 2001.5,
        "http_monitor.baseline": 1200,
        "http_monitor.threshold": 10,
        "http_monitor.limit": 1320,
        "http_monitor.unit": "hits",
        "http_monitor.contributors": ["section shop.example.com/cart 64 %", "client 192.0.2.7 22 %"],
        "ecs.version": "8.11.0",
    }


def test_what_somebody_should_look_at_is_of_medium_severity() -> None:
    for notice in (RAISED, FLAPPING):
        line = json.loads(alert_line(notice))
        assert (line["event.severity"], line["log.level"]) == (50, "medium")
    assert json.loads(alert_line(FLAPPING))["http_monitor.changes"] == 9


def test_lines_are_ascii() -> None:
    assert alert_line(about("b\u00fccher", "\u202e")).isascii()
