"""Rules are read into what must hold so that they match."""

import pytest

from detection.waf.conditions import conditions
from detection.waf.expressions import ExpressionError, translated
from detection.waf.needs import Condition
from detection.waf.seclang import directives, rule_set

FILES = {
    "more.conf": 'SecRule ARGS "@pmFromFile words.data" "id:7,phase:2,block"',
    "words.data": "# words\nSelect\nunion\n",
}


def read(text: str) -> dict[str, Condition]:
    lines = directives(text, lambda file, name: [(name, FILES[name])])
    return {found.rule: found for found in conditions(rule_set(lines), lambda file, name: FILES.get(name))}


def checks(condition: Condition) -> list[tuple[str, bytes]]:
    return [(test.check.name, test.check.argument) for test in condition.tests]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"(?i)a\sb", r"(?i)a[\t-\r ]b"),
        (r"[\s\x0b\"'&&]", r"[\t-\r \x0B\x22\x27\x26\x26]"),
        (r"[\--9A-Z_a-z]", r"[\x2D-9A-Z\x5Fa-z]"),
        (r"[^\]\[a-]", r"[^\x5D\x5Ba\x2D]"),
        (r"\x5cu[0-9]{4}", r"\x5Cu[0-9]{4}"),
        (r"a{b", r"a\x7Bb"),
        (r"\<a\x{c2}", r"\x3Ca\xC2"),
    ],
)
def test_expressions_keep_their_meaning(pattern: str, wanted: str) -> None:
    assert translated(pattern) == (wanted, True)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("a(?=b)c", "a(?:)c"),
        ("a(?![(x)]|(b))c", "a(?:)c"),
        ("(?>a+)b", "(?:a+)b"),
        ("a++b", "a+b"),
        (r"(a)\1", "(a)(?:.*)"),
    ],
)
def test_what_the_core_lacks_matches_more(pattern: str, wanted: str) -> None:
    assert translated(pattern) == (wanted, False)


@pytest.mark.parametrize(
    "pattern", [r"\Qa", r"\h", r"\R", r"\p{L}", "(?x)a", "(?#a)", r"\x{100}", "[a", "(*UTF)a", "(?=a"]
)
def test_what_is_not_known_is_refused(pattern: str) -> None:
    with pytest.raises(ExpressionError):
        translated(pattern)


def test_a_chain_needs_all_its_links() -> None:
    found = read('SecRule ARGS:a "@streq x" "id:1,block,t:lowercase,chain"\nSecRule &REQUEST_HEADERS:B "!@eq 0"')
    first, second = found["1"].tests
    assert [subject.name for subject in first.subjects] == [b"a", b"a"]
    assert [step.name for step in first.steps] == ["lowercase"]
    assert (second.negated, second.subjects[0].counted) == (True, True)


def test_files_are_included_and_lists_of_words_read() -> None:
    assert read("Include more.conf")["7"].tests[0].check.strings == (b"Select", b"union")


def test_unseen_rules_and_rules_of_other_levels_have_no_condition() -> None:
    text = """
        SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=1"
        SecRule ARGS "@rx a" "id:2,phase:2,block"
        SecRule TX:level "@lt 2" "id:3,phase:2,pass,nolog,skipAfter:END"
        SecRule ARGS "@rx b" "id:4,phase:2,block"
        SecMarker END
        SecRule ARGS "@rx c" "id:5,phase:2,block"
    """
    assert set(read(text)) == {"2", "5"}
    assert set(read(text.replace("tx.level=1", "tx.level=%{ARGS.l}"))) == {"2", "4", "5"}
    assert set(read("SecRuleRemoveById 3\n" + text)) == {"2", "4", "5"}
    assert set(read("SecRuleRemoveById 2-2\n" + text)) == {"5"}


def test_a_default_applies_only_without_a_setting() -> None:
    text = """
        SecRule &TX:methods "@eq 0" "id:2,phase:1,pass,nolog,setvar:'tx.methods=GET HEAD'"
        SecRule REQUEST_METHOD "!@within %{tx.methods}" "id:3,phase:1,block"
    """
    assert checks(read(text)["3"]) == [("within", b"GET HEAD")]
    setting = 'SecAction "id:1,phase:1,pass,nolog,setvar:tx.methods=PUT"'
    assert checks(read(setting + text)["3"]) == [("within", b"PUT")]


def test_rules_on_scores_cannot_come_first() -> None:
    text = """
        SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0,setvar:tx.limit=5"
        SecRule ARGS "@rx a" "id:2,phase:2,block,setvar:tx.score=+5"
        SecRule TX:score "@ge %{tx.limit}" "id:3,phase:2,deny"
    """
    assert set(read(text)) == {"2"}
    assert read(text.replace("id:2,phase:2,block", "id:2,phase:2,pass,nolog"))["3"].tests == ()


def test_what_is_captured_is_looked_at() -> None:
    text = """
        SecRule REQUEST_HEADERS:Content-Type "@rx ^[^;]+" "id:1,phase:1,block,capture,setvar:tx.kind=|%{tx.0}|,chain"
        SecRule TX:kind "!@within |text/plain|" "t:lowercase"
    """
    captured = read(text)["1"].tests[1]
    assert [step.capture and step.capture[1:] for step in captured.steps] == [(0, b"|", b"|"), None]
    other = 'SecAction "id:2,phase:1,pass,nolog,setvar:tx.kind=x"'
    assert len(read(text + other)["1"].tests) == 1


@pytest.mark.parametrize(
    "rule",
    [
        'SecRule REMOTE_ADDR "@ipMatch 10.0.0.0/8" "id:1,block"',
        'SecRule ARGS|GEO:COUNTRY_CODE "@rx a" "id:1,block"',
        r'SecRule ARGS "@rx \h" "id:1,block"',
        'SecRule ARGS "!@rx a(?=b)" "id:1,block"',
        'SecRule TX:1 "@rx a" "id:1,block"',
        'SecRule ARGS "@rx a" "id:1,block"\nSecRuleUpdateTargetById 1 "REQUEST_BODY"',
    ],
)
def test_a_rule_that_is_not_understood_may_always_match(rule: str) -> None:
    assert read(rule)["1"].tests == ()


def test_a_body_parsed_otherwise_goes_to_the_engine() -> None:
    text = 'SecRule REQUEST_HEADERS:X-Kind "@streq form" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=URLENCODED"'
    assert checks(read(text)["1 (URLENCODED)"])[1:] == [("gt", b"0"), ("contains", b"urlencoded")]
