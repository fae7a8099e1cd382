"""Findings as lines of JSON with the names of ECS."""

import json

from records import finding

from view.finding_line import finding_line


def test_a_finding_has_the_fields_of_security_events() -> None:
    line = json.loads(finding_line(finding(evidence="/backup.zip", severity="high")))
    assert line == {
        "@timestamp": "1970-01-01T00:00:01.500000Z",
        "event.kind": "alert",
        "event.category": ["intrusion_detection"],
        "event.severity": 75,
        "event.reason": "10.0.0.1 asked for 30 or more paths that do not exist in a minute",
        "rule.name": "path_scan",
        "rule.ruleset": "path_scan",
        "threat.technique.id": "T1595.003",
        "log.level": "high",
        "client.ip": "10.0.0.1",
        "source.ip": "10.0.0.1",
        "destination.ip": "10.0.0.5",
        "destination.port": 80,
        "url.domain": "my.site.com",
        "http_monitor.evidence": "/backup.zip",
        "ecs.version": "8.11.0",
    }


def test_what_is_unknown_is_left_out() -> None:
    line = json.loads(finding_line(finding(client="", host="", technique="")))
    assert not {"client.ip", "source.ip", "url.domain", "url.path", "threat.technique.id"} & line.keys()


def test_severities_reach_from_nothing_to_a_hundred() -> None:
    words = ("info", "low", "medium", "high", "critical")
    assert [json.loads(finding_line(finding(severity=word)))["event.severity"] for word in words] == [
        0,
        25,
        50,
        75,
        100,
    ]


def test_lines_are_ascii() -> None:
    assert finding_line(finding(host="b\u00fccher.example")).isascii()
