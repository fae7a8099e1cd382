"""What the core finds in any bytes is what it says: places within the text, right check digits, and never too many."""

import re

import pytest
from examples import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from inspecting import content, inspected

from capture.core import CORE

if CORE is None:
    pytest.skip("the core is not built: make fast", allow_module_level=True)

from http_monitor_core import Patterns, card_numbers, ibans

from detection.inspectors.data_leak import DataLeak
from detection.leaks.checks import has_luhn_digit
from detection.leaks.finder import Finder
from detection.leaks.rule_files import built_in

NUMBERS = [
    "4539578763621486",
    "4539 5787 6362 1486",
    "371244599395122",
    "DE89370400440532013000",
    "GB29 NWBK 6016 1331 9268 19",
]
pieces = st.sampled_from(
    [*EXAMPLES.values(), *NUMBERS, *"0123456789 -.,\n\0\"'<>=&", "card number ", "-----BEGIN ", "eyJ"]
)
texts = st.lists(pieces | st.text(max_size=3), max_size=40).map("".join).map(str.encode) | st.binary(max_size=200)
DETECTOR = DataLeak()


@given(texts, st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_numbers_have_right_check_digits(text: bytes, most: int) -> None:
    cards, alike = card_numbers(text, most)
    accounts = ibans(text, most)
    assert len(cards) <= min(most, alike)
    assert len(accounts) <= most
    for begin, end in cards:
        assert re.fullmatch(rb"\d{13,19}|\d{4}(?:[ -]\d{3,6}){2,4}", text[begin:end])
        assert has_luhn_digit(text[begin:end])
    for begin, end in accounts:
        account = text[begin:end].replace(b" ", b"").decode()
        assert int("".join(str(int(each, 36)) for each in account[4:] + account[:4])) % 97 == 1


@given(texts)
@settings(max_examples=200, deadline=None)
def test_places_are_within_the_text(text: bytes) -> None:
    for secret in Finder(built_in()[:1]).find(text):
        assert secret.text
        assert 0 <= secret.place < len(text)
    found = Patterns([("[a-z0-9]+", [], 0.0, []), ("(?:^|,)([^,]*)", [","], 0.0, [])]).find(text, 3)
    assert [rule for rule, _, _ in found] == sorted(rule for rule, _, _ in found)
    assert all(0 <= begin <= end <= len(text) for _, begin, end in found)
    assert len(found) <= 6


@given(texts, st.sampled_from(["text/html", "application/x-www-form-urlencoded", "application/json", ""]))
@settings(max_examples=200, deadline=None)
def test_any_exchange_can_be_inspected(text: bytes, kind: str) -> None:
    for finding in DETECTOR.inspect(inspected(content(text, body=text, kind=kind, sent=kind))):
        assert finding.evidence.isprintable()
        assert len(finding.evidence) < 150
