"""Checks the bodies for Slack and Alertmanager against the vendors' schemas."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_samples import ALERT, ALL, CALM, DISMISSED, FLAPPING, RAISED, about

from notices.bodies import alertmanager_body, slack_body
from notices.notice import Notice

LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
POSTABLE_ALERTS = {  # definitions of Alertmanager's api/v2/openapi.yaml
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "startsAt": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
            "endsAt": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
            "annotations": LABELS,
            "labels": {**LABELS, "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"}, "required": ["alertname"]},
            "generatorURL": {"type": "string"},
        },
        "required": ["labels"],
        "additionalProperties": False,
    },
    "minItems": 1,
}
SLACK = {  # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, legacy attachments
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "attachments": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "fallback": {"type": "string"},
                    "color": {"enum": ["good", "warning", "danger"]},
                    "text": {"type": "string"},
                    "ts": {"type": "integer"},
                    "mrkdwn_in": {"type": "array", "items": {"enum": ["pretext", "text", "fields"]}},
                    "fields": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["title", "value", "short"],
                            "properties": {
                                "title": {"type": "string"},
                                "value": {"type": "string"},
                                "short": {"type": "boolean"},
                            },
                        },
                    },
                },
            },
        },
    },
}

SLACK_VALIDATOR = jsonschema.Draft202012Validator(SLACK)
ALERTS_VALIDATOR = jsonschema.Draft202012Validator(POSTABLE_ALERTS)


def slack(notice: Notice) -> Any:
    body = json.loads(slack_body(notice))
    SLACK_VALIDATOR.validate(body)
    return body


def alerts(notice: Notice) -> Any:
    body = json.loads(alertmanager_body(notice))
    ALERTS_VALIDATOR.validate(body)
    return body


# Slack -------------------------------------------------------------------------------------------------------------


def test_slack_gets_headline_explanation_and_facts() -> None:
    body = slack(RAISED)
    (attachment,) = body["attachments"]
    assert body["text"] == "Alert: request rate"
    assert attachment["text"] == attachment["fallback"] == ALERT.explanation
    assert {field["title"]: field["value"] for field in attachment["fields"]} == {
        "Host": "web-1.example.com",
        "Source": "eth0 port 80",
        "Value": "1,844 hits",
        "Baseline": "1,200 hits",
        "Limit": "1,320 hits",
        "Peak": "1,844 hits",
        "Start": "2026-11-22T17:02:10.000Z",
        "Contributors": "section shop.example.com/cart 64 %\nclient 192.0.2.7 22 %",
    }


def test_slack_shows_the_state_as_a_colour() -> None:
    assert [slack(notice)["attachments"][0]["color"] for notice in ALL] == ["danger", "good", "warning", "good"]


@given(st.text())
def test_nothing_from_the_wire_is_markup_for_slack(text: str) -> None:
    body = slack(about(f"<!channel> <https://evil.example|Log in> & @all {text}", f"<@U123> {text}"))
    written = json.dumps(body, ensure_ascii=False)
    assert not set("<>") & set(written)
    assert "@all" not in written
    assert "&lt;!channel&gt; &lt;https://evil.example|Log in&gt; &amp; " in body["attachments"][0]["text"]


# Alertmanager ------------------------------------------------------------------------------------------------------


def test_a_raised_alert_fires_until_it_is_resolved() -> None:
    (alert,) = alerts(RAISED)
    assert alert == {
        "labels": {
            "alertname": "HttpMonitorRequestRate",
            "job": "http_monitor",
            "instance": "web-1.example.com",
            "source": "eth0 port 80",
            "signal": "request_rate",
            "severity": "warning",
        },
        "annotations": {
            "summary": "Alert: request rate",
            "description": ALERT.explanation,
            "value": "1844",
            "peak": "1844",
            "baseline": "1200",
            "threshold": "10",
            "limit": "1320",
            "unit": "hits",
            "contributors": "section shop.example.com/cart 64 %; client 192.0.2.7 22 %",
        },
        "startsAt": "2026-11-22T17:02:10.000Z",
    }


def test_a_dismissal_resolves_the_alert_with_the_same_labels() -> None:
    (raised,), (dismissed,) = alerts(RAISED), alerts(DISMISSED)
    assert dismissed["labels"] == raised["labels"]
    assert (dismissed["startsAt"], dismissed["endsAt"]) == ("2026-11-22T17:02:10.000Z", "2026-11-22T17:08:10.000Z")


def test_alerts_about_different_subjects_have_different_labels() -> None:
    (alert,) = alerts(about("slow", "shop.example.com"))
    assert alert["labels"]["subject"] == "shop.example.com"


def test_flapping_is_a_separate_alert_that_calm_resolves() -> None:
    (flapping,) = alerts(FLAPPING)
    assert flapping["labels"]["alertname"] == "HttpMonitorRequestRateFlapping"
    assert "endsAt" not in flapping
    over, calm = alerts(CALM)
    assert over["labels"] == alerts(RAISED)[0]["labels"]
    assert over["endsAt"] == "2026-11-22T17:08:10.000Z"
    assert calm["labels"] == flapping["labels"]
    assert calm["endsAt"] == "2026-11-22T18:08:50.000Z"


def test_flapping_is_about_the_signal_not_its_subjects() -> None:
    about_shop, about_blog = (replace(ALERT, subject=subject) for subject in ("shop", "blog"))
    (flapping,) = alerts(replace(FLAPPING, alert=about_shop))
    _, calm = alerts(replace(CALM, alert=about_blog))
    assert calm["labels"] == flapping["labels"]


def test_an_alert_that_is_still_active_after_flapping_fires() -> None:
    active, calm = alerts(replace(CALM, alert=ALERT))
    assert active.get("endsAt") is None
    assert calm["endsAt"] == "2026-11-22T18:08:50.000Z"


@pytest.mark.parametrize("notice", ALL)
def test_bodies_are_ascii(notice: Notice) -> None:
    assert alertmanager_body(notice).isascii()
    assert slack_body(replace(notice, host="wéb")).isascii()
