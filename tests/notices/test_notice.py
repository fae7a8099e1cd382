import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_samples import (
    ALERT,
    ALL,
    CALM,
    DISMISSAL,
    DISMISSED,
    HOST,
    OVER,
    RAISE,
    RAISED,
    SOURCE,
    START,
    about,
)  # fmt: skip

from alerting.alert import Contributor
from alerting.events import AlertContinued, AlertRaised, Event, Flapping, FlappingEnded, Learned, LearningRestarted
from notices.bodies import json_body
from notices.notice import MAX_TEXT, Notice, contributor_line, facts, notice_of


def test_each_change_of_an_alert_is_a_notice() -> None:
    flapping, calm = Flapping(START + 400, "request_rate", 9, OVER), FlappingEnded(START + 4000, "request_rate", OVER)
    events: list[Event] = [RAISE, DISMISSAL, flapping, calm]
    assert [notice_of(event, HOST, SOURCE) for event in events] == list(ALL)


@pytest.mark.parametrize("event", [Learned(1.0, 5), LearningRestarted(1.0), AlertContinued(START, ALERT)])
def test_other_events_are_not_notices(event: Event) -> None:
    assert notice_of(event, HOST, SOURCE) is None


def test_the_facts_are_those_of_the_documents() -> None:
    assert facts(DISMISSED) == {
        "id": DISMISSED.identity,
        "kind": "dismissed",
        "time": "2026-11-22T17:08:10.000Z",
        "headline": "Dismissed: request rate, after 6 min",
        "text": ALERT.explanation,
        "host": "web-1.example.com",
        "source": "eth0 port 80",
        "signal": "request_rate",
        "subject": None,
        "sensor": None,
        "start": "2026-11-22T17:02:10.000Z",
        "end": "2026-11-22T17:08:10.000Z",
        "duration": 360,
        "value": 1844,
        "peak": 2001.5,
        "baseline": 1200,
        "threshold": 10,
        "limit": 1320,
        "unit": "hits",
        "changes": None,
        "since": None,
        "before": None,
        "after": None,
        "dropped_percent": None,
        "incident": None,
        "rule": None,
        "severity": None,
        "until": None,
        "dry_run": None,
    }


def test_headlines_say_what_happened() -> None:
    assert [notice.headline for notice in ALL] == [
        "Alert: request rate",
        "Dismissed: request rate, after 6 min",
        "Flapping: request rate, 9 changes in an hour",
        "Calm again: request rate, no alert",
    ]
    assert replace(CALM, alert=ALERT).headline == "Calm again: request rate, the alert is active"
    assert replace(RAISED, alert=replace(ALERT, subject="shop")).headline == "Alert: request rate shop"


def test_an_alert_without_explanation_has_its_headline() -> None:
    assert replace(RAISED, alert=replace(ALERT, explanation="")).text == "Alert: request rate"


def test_the_identity_is_the_same_for_the_same_change_only() -> None:
    again = replace(RAISED)
    others = [
        *ALL[1:],
        replace(RAISED, host="web-2"),
        replace(RAISED, source="eth1 port 80"),
        replace(RAISED, alert=replace(ALERT, subject="shop")),
        replace(RAISED, alert=replace(ALERT, start=START + 120)),
    ]
    assert again.identity == RAISED.identity
    assert len({notice.identity for notice in [RAISED, *others]}) == len(others) + 1


@pytest.mark.parametrize("notice", ALL)
def test_our_json_has_each_fact_and_the_contributors(notice: Notice) -> None:
    body = json.loads(json_body(notice))
    assert body.pop("version") == 1
    assert body.pop("contributors") == [
        {"kind": "section", "name": "shop.example.com/cart", "count": 1180, "share": 0.64},
        {"kind": "client", "name": "192.0.2.7", "count": 400, "share": 0.217},
    ]
    assert body == facts(notice)


@given(st.text(), st.text())
def test_every_text_of_a_notice_is_printable_and_bounded(text: str, name: str) -> None:
    notice = about(text * 300, name * 300)
    texts = [notice.text, notice.about, *(contributor_line(each) for each in notice.alert.contributors)]
    assert all(each.isprintable() and len(each) <= MAX_TEXT + 40 for each in texts)


def test_only_the_largest_contributors_are_included() -> None:
    many = tuple(Contributor("client", f"192.0.2.{number}", 1, 0.01) for number in range(50))
    notice = notice_of(AlertRaised(START, replace(ALERT, contributors=many)), HOST, SOURCE)
    assert notice is not None
    assert notice.alert.contributors == many[:10]


def test_a_notice_says_which_share_of_the_traffic_was_dropped() -> None:
    assert facts(replace(RAISED, alert=replace(ALERT, dropped_share=0.4286)))["dropped_percent"] == 42.86
    assert facts(RAISED)["dropped_percent"] is None


def test_a_notice_names_the_folder_with_the_evidence() -> None:
    named = replace(ALERT, incident="/var/incidents/20261122T170210Z-request_rate\n")
    notice = notice_of(AlertRaised(START, named), HOST, SOURCE)
    assert notice is not None
    assert facts(notice)["incident"] == "/var/incidents/20261122T170210Z-request_rate "
