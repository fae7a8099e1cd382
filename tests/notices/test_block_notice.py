"""A block and its end are notices with a reason, in every format."""

import json
from dataclasses import replace

from notice_samples import HOST, LIMITS, SOURCE, START, Told

from blocking.block import Block, Blocked, Extended, Lifted, Why
from notices.bodies import alertmanager_body, json_body, slack_body
from notices.command import variables
from notices.notice import Notice, block_notice
from notices.notifier import Notifier
from notices.syslog_message import syslog_message

BLOCK = Block("203.0.113.7", START, START + 600, "path_scan", "medium", "asked for 30 missing paths", "203.0.113.7")


def of(event: Blocked | Lifted) -> Notice:
    notice = block_notice(event, HOST, SOURCE)
    assert notice is not None
    return notice


BEGUN = of(Blocked(START, BLOCK))
OVER = of(Lifted(START + 60, BLOCK, Why.LIFTED))


def test_the_facts_are_those_of_the_block() -> None:
    facts = json.loads(json_body(BEGUN))
    expected = {
        "kind": "blocked", "signal": "block", "subject": "203.0.113.7", "rule": "path_scan", "severity": "medium",
        "until": "2026-11-22T17:12:10.000Z", "dry_run": False, "value": None, "unit": None, "end": None,
        "headline": "Blocked: 203.0.113.7",
        "text": "Blocked 203.0.113.7 for 600 s: path_scan: asked for 30 missing paths",
    }  # fmt: skip
    assert {name: facts[name] for name in expected} == expected
    assert json.loads(json_body(OVER))["text"] == "No longer blocked: 203.0.113.7: lifted by hand (was path_scan)"
    assert BEGUN.alert_identity == OVER.alert_identity != BEGUN.identity


def test_a_dry_run_says_so() -> None:
    dry = of(Blocked(START, replace(BLOCK, dry_run=True)))
    assert (dry.headline, dry.text[:11]) == ("Dry run: blocked: 203.0.113.7", "Would block")
    assert variables(dry)["HTTP_MONITOR_DRY_RUN"] == "True"


def test_an_extension_is_no_notice() -> None:
    assert block_notice(Extended(START, BLOCK), HOST, SOURCE) is None


def test_alertmanager_resolves_it() -> None:
    (begun,), (over,) = json.loads(alertmanager_body(BEGUN)), json.loads(alertmanager_body(OVER))
    assert begun["labels"] == over["labels"]
    assert begun["labels"]["alertname"] == "HttpMonitorBlock"
    assert ("endsAt" in begun, over["endsAt"]) == (False, "2026-11-22T17:03:10.000Z")
    assert "None" not in json.dumps(begun)


def test_other_formats_have_no_figures() -> None:
    assert "None" not in slack_body(BEGUN).decode()
    message = syslog_message(BEGUN, 3, 1).decode()
    assert 'subject="203.0.113.7"' in message
    assert "BLOCKED" in message
    assert "value=" not in message


def test_hostile_text_is_one_line() -> None:
    notice = of(Blocked(START, replace(BLOCK, reason="a\nb\x1b[2J", rule="x\ny")))
    assert notice.text.isprintable()
    assert str(json.loads(json_body(notice))["rule"]).isprintable()


def test_receivers_get_each_once() -> None:
    receiver = Told()
    notifier = Notifier([receiver], LIMITS, HOST, SOURCE)
    for event in (Blocked(START, BLOCK), Blocked(START, BLOCK), Lifted(START + 60, BLOCK, Why.LIFTED)):
        notifier.block(event)
    notifier.close(10)
    assert [notice.kind.value for notice in receiver.notices] == ["blocked", "unblocked"]
