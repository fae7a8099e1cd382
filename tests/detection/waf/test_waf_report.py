"""The report of a dry run: what is likely to be a false positive, who attacks, and what excludes a rule."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_rules import asked, rule_set

from detection.waf.directives import Limits
from detection.waf.dry_run import DryRun, Hit, Outcome, outcomes
from detection.waf.summary import Summary, summary
from detection.waf.summary_text import Run, summary_json, summary_text
from detection.waf.tally import MOST_CLIENTS, MOST_ROWS, Tally, shaped
from traffic.finding import INFO, Finding

LIMITS = Limits(1, 4, 5, 4)
RUN = Run(("day.pcap",), "Core Rule Set 9.1.0", {}, ())


def hit(rule: int = 942100, place: str = "ARGS:q", attack: str = "sqli", counts: bool = True, **more: Any) -> Hit:
    told = {"level": 1, "of_response": False, "message": "SQL injection", "evidence": f"{place}: union"}
    return Hit(rule=rule, place=place, attack=attack, counts=counts, **{**told, **more})


def outcome(client: str, path: str, *hits: Hit, status: int = 200, logged_in: bool = False) -> Outcome:
    blocked = any(each.counts for each in hits)
    return Outcome(client, "shop.example.com", path, status, logged_in, blocked, (blocked,) * 4, False, False, hits)


def report(seen: Sequence[Outcome], ordinary: int = 100) -> Summary:
    """Return the report on outcomes, of clients that each made some ordinary requests too."""
    tally = Tally()
    for each in seen:
        tally.note_requests([asked().content._replace(client=each.client)])
        tally.note(each)
    for client in {each.client for each in seen}:
        tally.note_requests([asked().content._replace(client=client)] * ordinary)
    return summary(tally, LIMITS)


def visitors(number: int) -> list[str]:
    return [f"198.51.100.{last}" for last in range(1, number + 1)]


def test_what_many_visitors_trigger_is_a_false_positive() -> None:
    found = report([outcome(client, "/search", hit()) for client in visitors(5)])
    assert [(place.path, place.variable, place.ordinary) for place in found.false_positives] == [
        ("/search", "ARGS:q", 5)
    ]
    assert not found.attackers
    assert not found.unclear


def test_what_nobody_is_answered_is_none() -> None:
    found = report([outcome(client, "/search", hit(), status=403) for client in visitors(5)])
    assert found.false_positives == ()
    assert [place.path for place in found.unclear] == ["/search"]


def test_one_visitor_is_enough_if_logged_in_and_busy_with_other_things() -> None:
    assert report([outcome("198.51.100.1", "/edit", hit(), logged_in=True)]).false_positives
    assert not report([outcome("198.51.100.1", "/edit", hit(), logged_in=True)], ordinary=0).false_positives
    assert not report([outcome("198.51.100.1", "/edit", hit())]).false_positives


@pytest.mark.parametrize(
    "seen",
    [
        [outcome("203.0.113.9", f"/{word}", hit(), status=404) for word in "abc"],
        [outcome("203.0.113.9", f"/{word}", hit()) for word in "abcde"],
        [outcome("203.0.113.9", f"/{word}", hit(attack=word)) for word in "abc"],
        [outcome("203.0.113.9", "/", hit(attack="reputation-scanner"), logged_in=True)],
        [outcome("203.0.113.9", "/search", hit())] * 150,
    ],
    ids=["refused", "many paths", "many kinds", "scanner", "nothing else"],
)
def test_attackers(seen: list[Outcome]) -> None:
    found = report(seen)
    assert [name for name, _ in found.attackers] == ["203.0.113.9"]
    assert found.false_positives == found.unclear == ()


def test_an_attacker_is_no_visitor() -> None:
    attack = [outcome("203.0.113.9", f"/{word}", hit(), status=404) for word in "abc"]
    found = report([*attack, outcome("203.0.113.9", "/search", hit()), outcome("198.51.100.1", "/search", hit())])
    assert [(place.path, len(place.clients), place.ordinary) for place in found.unclear] == [("/search", 2, 1)]


def test_rules_that_do_not_count_are_left_out() -> None:
    found = report([outcome(client, "/search", hit(counts=False)) for client in visitors(5)])
    assert (found.tally.matched, found.tally.blocked, found.false_positives) == (5, 0, ())


def test_an_exclusion_for_a_path_names_all_rules_and_the_variable() -> None:
    both = (hit(942100), hit(941100, attack="xss"))
    found = report([outcome(client, "/item/4711", *both) for client in visitors(3)])
    assert found.false_positives[0].exclusion == (
        'SecRule REQUEST_FILENAME "@rx ^/item/[^/]+$" "id:10000,phase:1,pass,nolog,'
        'ctl:ruleRemoveTargetById=941100;ARGS:q,ctl:ruleRemoveTargetById=942100;ARGS:q"',
    )


def test_a_variable_at_many_paths_is_excluded_once() -> None:
    found = report([outcome(client, f"/{word}", hit()) for word in "abc" for client in visitors(9)[:4]])
    assert [place.exclusion for place in found.false_positives] == [
        ('SecRuleUpdateTargetById 942100 "!ARGS:q"',), (), (),
    ]  # fmt: skip


@pytest.mark.parametrize("place", ['ARGS:a"', "ARGS:a b", "REQUEST_LINE", "TX:1", ""])
def test_a_variable_that_cannot_be_named_excludes_the_rule(place: str) -> None:
    found = report([outcome(client, "/search", hit(place=place)) for client in visitors(3)])
    assert found.false_positives[0].exclusion == (
        'SecRule REQUEST_FILENAME "@streq /search" "id:10000,phase:1,pass,nolog,ctl:ruleRemoveById=942100"',
    )


@pytest.mark.parametrize("path", ['/a"b', "/a b", "/a\\x22", "", "/a$b"])
def test_a_path_that_cannot_be_written_has_no_exclusion(path: str) -> None:
    found = report([outcome(client, path, hit()) for client in visitors(3)])
    assert found.false_positives[0].exclusion == ()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/item/4711/edit", "/item/*/edit"),
        ("/f/3b241101-e2bb-4255-8caf-4136c566a962", "/f/*"),
        ("/f/deadbeef01", "/f/*"),
        ("/shop/cart", "/shop/cart"),
        ("/report-20261129.csv", "/*"),
        ("/v1/items", "/v1/items"),
        ("", ""),
    ],
)
def test_shapes(path: str, shape: str) -> None:
    assert shaped(path) == shape


def test_rows_and_clients_are_bounded() -> None:
    tally = Tally()
    for number in range(MOST_ROWS + 10):
        tally.note(outcome("198.51.100.1", "/search", hit(place=f"ARGS:x{number}")))
    for number in range(MOST_CLIENTS + 10):
        tally.note_requests([asked().content._replace(client=str(number))])
    assert len(tally.rows) == MOST_ROWS
    assert len(tally.clients) == MOST_CLIENTS
    assert tally.left_out == {"rows": 10, "clients": 11}


def test_the_text() -> None:
    seen = [outcome(client, "/search", hit(), logged_in=True) for client in visitors(3)]
    seen += [outcome("203.0.113.9", f"/{word}", hit(), status=404) for word in "abc"]
    found = report(seen, ordinary=10)
    run = RUN._replace(missed={"over budget": 2})
    assert summary_text(found, run, 20, 80).split("\n") == [
        "day.pcap   Core Rule Set 9.1.0",
        "",
        "Requests              46",
        "Would be blocked      6 (13.04 %): paranoia level 1, threshold 5, responses 4",
        "By paranoia level     1: 6   2: 6   3: 6   4: 6",
        "Not inspected         2 (over budget)",
        "",
        "Likely false positives   1",
        "        3  shop.example.com/search ARGS:q",
        "           3 clients, 3 of 3 answered well, 3 logged in",
        "           942100 SQL injection",
        "           ARGS:q: union",
        '           SecRule REQUEST_FILENAME "@streq /search" "id:10000,phase:1,pass,nolog,ctl:'
        'ruleRemoveTargetById=942100;ARGS:q"',
        "",
        "Attacks by client   1",
        "        3  203.0.113.9, of 13 requests",
        "           SQL injection 3",
        "           ARGS:q: union",
    ]


def test_the_text_without_anything() -> None:
    lines = summary_text(summary(Tally(), LIMITS), RUN, 20, 80).split("\n")
    assert lines[2:4] == [
        "Requests              0",
        "Would be blocked      0: paranoia level 1, threshold 5, responses 4",
    ]


def test_the_json_has_everything() -> None:
    told = json.loads(summary_json(report([outcome(client, "/search", hit()) for client in visitors(3)]), RUN))
    assert (told["requests"], told["blocked"], told["blocked_by_paranoia"]) == (303, 3, [3, 3, 3, 3])
    assert told["blocked_by_rule"] == {"942100": 3}
    assert told["false_positives"][0]["rules"][0]["message"] == "SQL injection"


def test_workers_tell_outcomes(tmp_path: Path) -> None:
    pytest.importorskip("libmodsecurity", reason="needs libmodsecurity (requirements-waf.txt)")
    run = DryRun([rule_set(tmp_path / "crs")], Limits(1, 4))
    cookie = "Cookie: lang=en; PHPSESSID=1"
    asks = [asked("/"), asked("/items?id='union+select", cookie, status=302), asked("/", "Host: 192.0.2.1", status=404)]
    told = list(outcomes(finding for each in asks for finding in run.inspect(each)))
    assert [(each.status, each.logged_in, each.blocked, each.levels) for each in told] == [
        (302, True, True, (True,) * 4), (404, False, False, (False,) * 4),
    ]  # fmt: skip
    assert [(each.rule, each.level, each.counts, each.place) for each in told[0].hits] == [
        (942100, 1, True, "ARGS:id"), (942110, 2, False, "ARGS:id"),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["", "1", "[]", "[1,2,3,4,5]", '["x",1,1,[1,1,1,1],1,1,1]', "[" * 5000, '{"a":1}'])
def test_what_is_no_outcome_is_left_out(reason: str) -> None:
    def said(rule: str, text: str) -> Finding:
        return Finding(1.0, rule, "waf", INFO, "203.0.113.9", 1, "192.0.2.1", 80, "", "/", text)

    good = said("verdict", "[200, false, true, [true, true, true, true], false, false, 5]")
    assert list(outcomes([said("verdict", reason)])) == []
    assert [each.hits for each in outcomes([good, said("942100", reason), said("x", '[1,1,1,"a","b","c"]')])] == [()]
