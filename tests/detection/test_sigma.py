"""Sigma rules: what they find, which ones are left out and why, and how they are read again."""

import os
import signal
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from detecting import visits
from records import exchange, finding, lookup, request

pytest.importorskip("sigma", reason="pySigma is not installed")

from capture.core import CORE
from detection.detectors.sigma import Sigma
from detection.sigma.patterns import searching
from detection.sigma.reading import MalformedError, Reading
from detection.sigma.rules import RuleSet
from exercise_config import SettingError
from run.rule_files import RuleFiles
from run.sigma import files_of, linear, use_sigma
from traffic.batch import RecordBatch
from traffic.finding import Finding
from traffic.records import Exchange

SEARCHES = [searching] + ([linear] if hasattr(CORE, "Patterns") else [])


def rule(selection: str, source: str = "category: webserver", condition: str = "selection", more: str = "") -> str:
    indented = "\n".join(f"    {line}" for line in selection.strip("\n").split("\n"))
    return (
        f"title: A rule\nlogsource: {{{source}}}\nlevel: high\ntags: [attack.initial-access, attack.t1190]\n{more}"
        f"detection:\n  selection:\n{indented}\n  condition: {condition}\n"
    )


def read(text: str, prepare: Any = searching) -> Reading:
    reading = Reading(prepare)
    reading.take("a.yml", text)
    return reading


def found(text: str, records: Sequence[Any], prepare: Any = searching) -> list[Finding]:
    reading = read(text, prepare)
    assert not reading.left_out
    detector = Sigma()
    detector.use(RuleSet(reading.rules, reading.patterns, prepare))
    return list(detector.look(RecordBatch(records)))


def matching(text: str, *targets: str, **fields: Any) -> list[str]:
    """Return those of the targets that a rule finds, with either search."""
    results = [
        [target for target in targets if found(text, visits([target], **fields), prepare)] for prepare in SEARCHES
    ]
    assert all(result == results[0] for result in results)
    return results[0]


def test_a_finding_says_who_asked_for_what() -> None:
    (one,) = found(rule("cs-uri-query|contains: 'union select'"), visits(["/a?id=1 UNION SELECT 2"] * 3))
    assert one == finding(
        time=one.time, rule="sigma/a-rule", detector="sigma", severity="high", client="203.0.113.9", client_port=0,
        server=one.server, server_port=one.server_port, host="shop.example.com", path="/a",
        reason="203.0.113.9 asked for shop.example.com/a: A rule", evidence="", technique="T1190",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("selection", "fits", "others"),
    [
        ("cs-uri: /A/b", ["/a/B"], ["/a/b/", "/x/a/b"]),
        ("cs-uri|contains: '../'", ["/a/../b"], ["/a"]),
        ("cs-uri|startswith: /admin", ["/admin", "/ADMIN/x"], ["/x/admin"]),
        ("cs-uri|endswith: [.env, .git]", ["/.ENV", "/a.git"], ["/.env.txt"]),
        ("cs-uri|contains|all: [a=, b=]", ["/?b=1&a=2"], ["/?a=1", "/?b=1"]),
        ("cs-uri: '/a?c*'", ["/abc", "/abcd", "/a.c"], ["/ac", "/ABD"]),
        (r"cs-uri: '*/a\*b'", ["/x/a*b"], ["/a-b"]),
        (r"cs-uri|re: '^/[a-z]+\?id=\d+$'", ["/a?id=1"], ["/a?id=x", "/A?id=1"]),
        (r"cs-uri|re|i: '^/[a-z]+$'", ["/A"], ["/1"]),
        ("cs-uri|contains|cased: Ab", ["/Ab"], ["/ab"]),
        ("cs-uri|base64offset|contains: secret", ["/?x=c2VjcmV0"], ["/?x=secret"]),
        ("c-uri: 'http://shop.example.com/a'", ["/a"], ["/b"]),
        ("c-uri|startswith: 'http://evil.example/'", ["http://evil.example/x"], ["/x"]),
        ("c-uri-extension: [php, gz]", ["/a.php", "/b.tar.gz?x=.css"], ["/php", "/a.php/b"]),
        ("cs-uri-stem|endswith: .php", ["/a.php?b=1"], ["/a?b=.php"]),
        ("cs-host|endswith: .example.com", ["/"], []),
        ("c-ip|cidr: 203.0.113.0/24", ["/"], []),
        ("c-ip|cidr: 10.0.0.0/8", [], ["/"]),
        ("c-useragent|startswith: CURL/", ["/"], []),
        ("c-useragent: null", [], ["/"]),
        ("cs-referer: ''", ["/"], []),
        ("cs-referer|exists: true", [], ["/"]),
        ("sc-status: 200", ["/"], []),
        ("sc-status: ['404', 500]", [], ["/"]),
        ("sc-status|gte: 200", ["/"], []),
        ("sc-status|lt: 200", [], ["/"]),
        ("- jndi\n- 'a*z'", ["/?x=${JNDI:ldap}", "/abcz"], ["/"]),
        ("cs-uri|contains: ö", ["/ö"], ["/o"]),
    ],
)  # fmt: skip
def test_what_a_selection_fits(selection: str, fits: list[str], others: list[str]) -> None:
    assert matching(rule(selection), *fits, *others) == fits


def test_conditions_have_their_logic() -> None:
    text = rule("cs-uri|contains: a", condition="selection and not (filter_b or 1 of other*)") + (
        "  filter_b:\n    cs-uri|contains: b\n  other1:\n    cs-uri|contains: c\n  other2:\n    cs-method: POST\n"
    )
    assert matching(text, "/a", "/ab", "/ac", "/x") == ["/a"]
    assert matching(text, "/a", method="POST") == []


def test_rules_for_dns_look_at_lookups() -> None:
    text = rule("query|endswith: .onion.to\nrecord_type: TXT", source="category: dns")
    records = [lookup(name="a.onion.to", type="TXT"), lookup(name="b.onion.to", type="A"), *visits(["/"])]
    assert [each.host for each in found(text, records)] == ["a.onion.to"]
    assert found(text, records)[0].reason.endswith("looked up a.onion.to: A rule")


def test_zeek_rules_have_the_names_of_its_log() -> None:
    text = rule("user_agent: curl/8.0\nstatus_code: 200\nid.orig_h: 203.0.113.9", source="product: zeek, service: http")
    assert matching(text, "/a") == ["/a"]


def test_the_same_client_is_reported_once_in_ten_minutes() -> None:
    assert len(found(rule("cs-uri|contains: a"), visits(["/a"] * 9))) == 1
    assert len(found(rule("cs-uri|contains: a"), visits(["/a"] * 2, step=700))) == 1 + 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (rule("EventID: 1", source="product: windows, service: security"), "their logs are not of HTTP or DNS"),
        (rule("cs-cookie: a"), "the field cs-cookie is not in our records"),
        (rule("cs-uri|fieldref: c-uri"), "values of the type FieldReference are not supported"),
        (rule("cs-uri|expand: '%x%'"), "placeholders are not supported"),
        (rule("sc-status: 4*"), "status is a number, and no text"),
        (rule(r"cs-uri|re: '\pN'"), "a regular expression is not supported: bad escape"),
    ],
)
def test_a_rule_that_needs_what_is_not_there_is_left_out_and_named(text: str, reason: str) -> None:
    reading = read(text)
    assert (reading.rules, [*reading.left_out]) == ([], ["a.yml: A rule"])
    assert reading.left_out["a.yml: A rule"].startswith(reason)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("title: [", "a.yml:1: it is not YAML: "),
        ("a: 1", "a.yml: a rule: Sigma rule must have a title"),
        ("- 1", "a.yml: "),
        (rule("cs-uri: a", condition="nothing"), "a.yml: A rule: Detection 'nothing' not defined"),
        (rule("cs-uri|nonsense: a"), "a.yml: A rule: Unknown modifier"),
        (rule(r"cs-uri|re: '(a'"), "a.yml: A rule: Regular expression '(a' is invalid"),
    ],
)
def test_what_is_malformed_is_one_line_with_the_file(text: str, wrong: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(text)
    assert str(caught.value).startswith(wrong)
    assert "\n" not in str(caught.value)


# Files ----------------------------------------------------------------------------------------------------------------


def opened(*paths: Path, live: bool = False) -> tuple[RuleFiles, Sigma]:
    detector = Sigma()
    return RuleFiles(partial(use_sigma, detector, [str(path) for path in paths]), os.open, live=live), detector


def test_folders_have_their_rules_in_order(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.txt", "deep/d.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(rule("cs-uri: a"))
    names = [Path(path).name for path in files_of([str(tmp_path), str(tmp_path / "c.txt")])]
    assert names == ["a.yaml", "b.yml", "d.yml", "c.txt"]
    (tmp_path / "b.yml").write_text(rule("cs-cookie: a"))
    rules, _ = opened(tmp_path)
    assert rules.news[0] == (
        "sigma: 2 rules will be applied; left out: 1 because the field cs-cookie is not in our records"
    )


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"sigma_rules: .*none.yml cannot be read: No such file"):
        opened(tmp_path / "none.yml")
    (tmp_path / "x.yml").write_bytes(b"\xff")
    with pytest.raises(SettingError, match=r"x.yml is not a text in UTF-8"):
        opened(tmp_path / "x.yml")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_hangup_has_them_read_again_and_wrong_files_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda number: False)
    before = signal.getsignal(signal.SIGHUP)
    path = tmp_path / "a.yml"
    path.write_text(rule("cs-uri: /a"))
    rules, detector = opened(path, live=True)
    told = threading.Semaphore(0)
    rules.told = told.release
    rules.start()
    try:
        assert asked(detector) == ["/a"]
        for text, problem, fits in (
            (rule("cs-uri: /b"), False, ["/b"]),
            ("title: [", True, ["/b"]),
            (rule("cs-uri: /a"), False, ["/a"]),
        ):
            path.write_text(text)
            signal.raise_signal(signal.SIGHUP)
            assert told.acquire(timeout=30)
            assert (bool(rules.warnings), asked(detector)) == (problem, fits)
    finally:
        rules.close()
    assert signal.getsignal(signal.SIGHUP) == before


def asked(detector: Sigma) -> list[str]:
    """Return the paths that are found, each by a client of its own."""
    number = asked.__dict__.setdefault("number", 0) + 1
    asked.__dict__["number"] = number
    batch: list[Exchange] = [
        exchange(request(target=path, client=f"10.0.{number}.1"), client=f"10.0.{number}.1") for path in ("/a", "/b")
    ]
    return [each.path for each in detector.look(RecordBatch(batch))]
