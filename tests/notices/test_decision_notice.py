"""Notices of what the user decides about signals."""

import json
from math import inf

from notice_samples import ALERT, HOST, SOURCE, START

from alerting.events import Accepted, Acknowledged, BaselineChosen, Decision, Muted, Relearning
from notices.bodies import alertmanager_body, json_body, slack_body
from notices.notice import Kind, Notice, notice_of
from notices.standing import Standing
from notices.syslog_message import syslog_message
from view.decision import decision_text


def noticed(event: Decision) -> Notice:
    notice = notice_of(event, HOST, SOURCE)
    assert notice is not None
    return notice


MUTED = Muted(START, "request_rate", START + 3600)


def test_each_decision_has_a_kind_and_a_sentence() -> None:
    decisions: dict[Decision, tuple[Kind, str]] = {
        Acknowledged(START, "request_rate", ALERT): (Kind.ACKNOWLEDGED, "Acknowledged: request rate"),
        Relearning(START, ""): (Kind.RELEARNING, "Learning again: all signals"),
        Relearning(START, "unanswered"): (Kind.RELEARNING, "Learning again: unanswered"),
        BaselineChosen(START, "unanswered", "seasonal"): (Kind.BASELINE, "Seasonal baseline: unanswered"),
        MUTED: (Kind.MUTED, decision_text(MUTED)),
        Muted(START, "request_rate", inf): (Kind.MUTED, "Muted until it is ended: request rate"),
        Muted(START, "request_rate", START): (Kind.UNMUTED, "No longer muted: request rate"),
        Muted(START, "sensor_silence@web-2", inf): (Kind.MUTED, "Muted until it is ended: web-2 sensor silence"),
    }
    assert {event: (noticed(event).kind, noticed(event).headline) for event in decisions} == decisions
    accepted = noticed(Accepted(START, "request_rate", {"": 20.0}))
    assert (accepted.kind, accepted.headline) == (Kind.ACCEPTED, "Accepted as usual: request rate")


def test_they_have_no_figures_of_an_alert() -> None:
    told = json.loads(json_body(noticed(MUTED)))
    assert (told["kind"], told["signal"], told["until"]) == ("muted", "request_rate", "2026-11-22T18:02:10.000Z")
    assert {told[name] for name in ("value", "peak", "baseline", "threshold", "limit", "unit")} == {None}
    assert json.loads(json_body(noticed(Acknowledged(START, "request_rate", ALERT))))["value"] == 1844


def test_every_receiver_can_write_them() -> None:
    for event in (
        MUTED,
        Relearning(START, ""),
        BaselineChosen(START, "unanswered", "fixed"),
        Accepted(START, "unanswered", {}),
    ):
        assert b"HTTP" not in slack_body(noticed(event))
        assert noticed(event).kind.value.upper().encode() in syslog_message(noticed(event), 1, 1)


def test_a_muted_signal_resolves_no_alert() -> None:
    (posted,) = json.loads(alertmanager_body(noticed(MUTED)))
    assert posted["labels"]["alertname"] == "HttpMonitorRequestRateMuted"
    assert posted["endsAt"] == posted["startsAt"]
    standing = Standing()
    standing.told(Notice(Kind.RAISED, START, ALERT, HOST, SOURCE))
    standing.told(noticed(MUTED))
    assert [notice.kind for notice in standing] == [Kind.RAISED]
