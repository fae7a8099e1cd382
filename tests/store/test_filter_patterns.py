"""Patterns: none can hang, and both engines agree."""

import re
import sys

import pytest
from hypothesis import given, strategies

from store.filtering import patterns
from store.filtering.errors import FilterError


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(.*a){12}x", r"(\w+\s?)*!!", "(x+x+)+y", "(a|b)*a(a|b){100}c"]
)
def test_no_pattern_hangs(pattern: str) -> None:
    assert not patterns.search(pattern, 0)("a" * 1023 + "!")


@pytest.mark.parametrize("pattern", ["x{1000}{1000}", "(((a{100}){100}){100}){100}", "(.{0,100}){5,10}", r"\pL{500}"])
def test_no_pattern_takes_much_memory(pattern: str) -> None:
    with pytest.raises(FilterError):
        patterns.search(pattern, 0)


PLAIN = strategies.lists(
    strategies.lists(strategies.sampled_from(["a", "b", "A", "é", ".", "/", r"\.", r"\$", r"\|", "-", " "]), max_size=4)
    .map("".join)
    .flatmap(lambda text: strategies.sampled_from([text, f"^{text}", f"{text}$", f"^{text}$"])),
    min_size=1,
    max_size=3,
).map("|".join)


@given(PLAIN, strategies.text("abABé./$|- ", max_size=8))
def test_both_engines_agree(pattern: str, text: str) -> None:
    plain, linear = patterns.search(pattern, 0), patterns.search(f"(?:{pattern})", 0)
    expected = re.search(pattern, text, 0 if "A" in pattern else re.IGNORECASE)
    assert bool(plain(text)) == bool(linear(text)) == bool(expected)


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("bot", "GoogleBot", True),
        ("Bot", "Googlebot", False),
        (r"\Sbot", "GoogleBot", True),  # \S is not a capital letter
        ("ö+l", "ÖL", True),
        ("[^a]", "A", False),
        ("^a.c$", "a\nc", True),
        ("a$", "a\n", False),
        ("(a)$", "a\n", False),
        (r"a\ b", "a b", True),
        (r"a\\b", r"a\b", True),
        ("", "", True),
    ],
)
def test_case_anchors_and_escapes(pattern: str, text: str, is_found: bool) -> None:
    assert bool(patterns.search(pattern, 0)(text)) == is_found


def test_without_re2_plain_patterns_work_and_others_name_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for missing in (None, re):  # another package may have the same name
        monkeypatch.setitem(sys.modules, "re2", missing)
        assert patterns.search(r"^/api|shop\.example.com$", 0)("/api/v1")
        with pytest.raises(FilterError, match=r"pip install -r requirements-filter\.txt") as caught:
            patterns.search("a+", 5)
        assert (caught.value.start, caught.value.end) == (5, 7)
