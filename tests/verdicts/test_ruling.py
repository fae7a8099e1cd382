"""What a front is told, by what the rules said and by the route."""

import pytest

from detection.waf.dry_run import Hit, Outcome
from traffic.finding import HIGH, LOW, MEDIUM
from verdicts.question import Question, content_of
from verdicts.routes import Route
from verdicts.ruling import Enforced, RangeError, finding_of, passed, ruled, undecided, with_listed
from verdicts.tally import BLOCKED, KINDS, OFF, PREFILTER, Tally, Times, status_line
from verdicts.verdict import Verdict

SHADOW, ENFORCE = Route("", "", "shadow", False, 0.05), Route("", "/admin", "enforce", True, 0.05)
ALL = Enforced(())


def hit(rule: int, *, counts: bool = True, of_response: bool = False) -> Hit:
    return Hit(rule, 1, counts, of_response, "sqli", "ARGS:id", f"Message {rule}", "ARGS:id: ' or")


def outcome(*hits: Hit, blocked: bool = True) -> Outcome:
    return Outcome("203.0.113.9", "a.test", "/", 0, False, blocked, (True,) * 4, False, False, hits, 10)


def test_only_enforce_refuses() -> None:
    said = outcome(hit(942100), hit(942999, counts=False))
    assert ruled(said, ENFORCE, ALL, "r1") == Verdict(
        True, False, True, 10, ("942100",), "Message 942100 in ARGS:id", "r1"
    )
    assert ruled(said, SHADOW, ALL, "r1") == Verdict(
        False, True, True, 10, ("942100",), "Message 942100 in ARGS:id", "r1"
    )


@pytest.mark.parametrize(
    ("enforced", "refused"),
    [
        (("942100",), True),
        (("900000-949999",), True),
        (("941100", " 942100-942100"), True),
        (("941100",), False),
        (("942999",), False),
    ],
)
def test_only_because_of_enforced_rules(enforced: tuple[str, ...], refused: bool) -> None:
    verdict = ruled(outcome(hit(942100), hit(942999, counts=False)), ENFORCE, Enforced(enforced), "r1")
    assert (verdict.blocked, verdict.would_block) == (refused, not refused)


@pytest.mark.parametrize("text", ["", "sqli", "942200-942100", "-1", "1-2-3"])
def test_what_is_no_rule_is_one_line(text: str) -> None:
    with pytest.raises(RangeError, match="is no number of a rule"):
        Enforced([text])


def test_what_matches_without_being_refused_is_told() -> None:
    verdict = ruled(outcome(hit(920350, counts=False), blocked=False), ENFORCE, ALL, "r1")
    assert verdict == Verdict(score=10, rules=("920350",), reason="Message 920350 in ARGS:id", id="r1")
    assert ruled(None, ENFORCE, ALL, "r1") == passed(ENFORCE, "r1") == Verdict(id="r1")


def test_what_is_undecided_is_refused_only_by_a_closed_route_that_enforces() -> None:
    assert undecided(ENFORCE, "late", "r1") == Verdict(True, inspected=False, reason="undecided: late", id="r1")
    for route in (ENFORCE._replace(closed=False), ENFORCE._replace(mode="shadow")):
        assert undecided(route, "late", "r1") == Verdict(inspected=False, reason="undecided: late", id="r1")
    assert passed(SHADOW._replace(mode="off"), "r1") == Verdict(inspected=False, id="r1")


def test_the_log_has_the_request_the_route_and_the_rules() -> None:
    question = Question("203.0.113.9", 1, "192.0.2.1", 80, "r1", b"GET", b"/admin?id='", "1.1", ((b"Host", b"a.test"),))
    content, said = content_of(question, 1000.0, 100), outcome(hit(942100))
    found = finding_of(content, ruled(said, ENFORCE, ALL, "r1"), ENFORCE, said)
    assert found[:10] == (1000.0, "942100", "waf", HIGH, "203.0.113.9", 1, "192.0.2.1", 80, "a.test", "/admin")
    assert found[10:] == (
        "blocked: Message 942100 in ARGS:id (request r1, route /admin enforce, score 10, rules 942100)",
        "ARGS:id: ' or",
        "T1190",
    )
    shadow = finding_of(content, ruled(said, SHADOW, ALL, "r1"), SHADOW, said)
    assert (shadow.severity, shadow.reason.partition(":")[0]) == (MEDIUM, "would be blocked")
    late = finding_of(content, undecided(SHADOW, "no answer within 50 ms", "r1"), SHADOW, None)
    assert (late.rule, late.severity, late.reason) == (
        "undecided", LOW, "passed: undecided: no answer within 50 ms (request r1, route / shadow)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("enforced", "route", "blocked"),
    [
        ((), ENFORCE, True),
        (("intelligence",), ENFORCE, True),
        (("942100",), ENFORCE, False),
        ((), SHADOW, False),
        (("intelligence",), SHADOW, False),
    ],
)
def test_who_is_listed_is_refused_where_that_is_enforced(
    enforced: tuple[str, ...], route: Route, blocked: bool
) -> None:
    why, rules = "client 203.0.113.9 listed by feed, confidence 75", Enforced(enforced)
    verdict = with_listed(passed(route, "r1"), why, route, rules)
    assert verdict == Verdict(blocked, not blocked, True, 0, ("intelligence",), why, "r1")
    both = with_listed(ruled(outcome(hit(942100)), route, rules, "r1"), why, route, rules)
    assert both.rules == ("intelligence", "942100")
    assert both.blocked == (route is ENFORCE)
    assert both.would_block == (route is SHADOW)


def test_who_is_not_listed_keeps_the_verdict() -> None:
    assert with_listed(passed(ENFORCE, "r1"), "", ENFORCE, ALL) == passed(ENFORCE, "r1")
    off = ENFORCE._replace(mode="off")
    assert with_listed(passed(off, "r1"), "listed", off, ALL) == passed(off, "r1")


def test_times_are_counted_in_bins_that_are_at_most_a_fifth_too_high() -> None:
    times = Times()
    assert times.percentile(50) == 0.0
    for number in range(1, 101):
        times.add(number / 1000)
    assert 0.05 <= times.percentile(50) <= 0.06
    assert 0.099 <= times.percentile(99) <= 0.119
    times.add(0.0)


def test_the_status_line_has_all_kinds() -> None:
    tally = Tally()
    for kind in (PREFILTER, PREFILTER, BLOCKED):
        tally.note(kind, 0.001)
    line = status_line(tally, 2.0)
    assert line.startswith("1.5 questions/s, 2 by the prefilter, 0 by the rules, 1 blocked, 0 would be blocked, ")
    assert [kind in line for kind in KINDS] == [kind != OFF for kind in KINDS]
