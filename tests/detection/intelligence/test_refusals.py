"""A file that is no feed, or only part of one, is refused in one line and in reasonable time."""

import json
import time
from contextlib import suppress

import pytest
from feeds import entries, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from test_formats import FEODO, MISP, STIX, THREATFOX, URLHAUS

from detection.intelligence.indicator import FeedError


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\n ", "is empty"),
        (b"# only\n# comments\n", "has no indicators"),
        (b"<!DOCTYPE html><html><body>503</body></html>", "is an HTML or XML page"),
        (b"\n\n  <HTML>\n<a href='http://a.example.com/'>x</a>", "is an HTML or XML page"),
        (b"\x1f\x8b\x08\x00" + bytes(100), "is compressed; unpack it first"),
        (b"PK\x03\x04" + bytes(100), "is compressed; unpack it first"),
        (b"\x7fELF\x02\x01\x01\x00", "is binary"),
        (MISP.encode()[:200], "is truncated or damaged JSON"),
        (STIX.encode()[:-2], "is truncated or damaged JSON"),
        (b'{"a": ' * 100_000, "is JSON with too many levels|is truncated or damaged JSON"),
        (b"[" * 1_000_000, "has no indicators"),
        (b'{"message": "quota exceeded"}', "is JSON, but neither of abuse.ch, MISP nor STIX"),
        (b"[]", "is JSON, but neither"),
        (URLHAUS.encode()[:-40], "is truncated: its last line has no end"),
        (FEODO.replace("# END 2", "# END 3").encode(), "is truncated: it has 2 of 3 entries"),
        (THREATFOX.replace("entries: 3", "entries: 30").encode(), "is truncated: it has 3 of 30 entries"),
        (b"Dear customer\nyour subscription has ended\n" * 30, "is no list of indicators: 60 entries are invalid"),
    ],
    ids=[
        "empty", "blank", "comments", "HTML", "HTML later", "gzip", "ZIP", "binary", "half an event", "half a bundle",
        "deep objects", "deep lists", "error", "empty list", "half a line", "lines missing", "rows missing", "prose",
    ],
)  # fmt: skip
def test_a_file_that_is_no_feed_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FeedError, match=reason) as refused:
        packed(content)
    assert "\n" not in str(refused.value)


def test_an_endless_line_costs_no_more_than_its_beginning() -> None:
    begun = time.process_time()
    assert entries(b"a.example.com\n" + b"x" * 50_000_000 + b"\nb.example.com\n") == [
        ("domain", "a.example.com"),
        ("domain", "b.example.com"),
    ]
    assert time.process_time() - begun < 2


def test_a_long_pattern_costs_no_more_than_many_short_ones() -> None:
    pattern = " OR ".join(f"[domain-name:value = 'a{number}.example.com']" for number in range(20_000))
    bundle = json.dumps({"type": "bundle", "objects": [{"type": "indicator", "pattern": pattern}]})
    begun = time.process_time()
    assert len(entries(bundle)) == 20_000
    assert time.process_time() - begun < 5


def test_an_open_quote_swallows_no_other_line() -> None:
    torn = URLHAUS.replace('"3000001","2026', '"3000001,"2026')
    assert ("url", "cdn.example.net/a/B.exe?x=1") in entries(torn)


def test_equal_lines_are_kept_once() -> None:
    found, left_out = packed("same.example.com\n" * 50_000)
    assert (len(found), left_out) == (1, {"listed twice": 49_999})


@settings(max_examples=50)
@given(st.binary(max_size=400) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(FeedError):
        found, _ = packed(content)
        assert len(found) > 0


KEYS = (
    "type", "Event", "Attribute", "objects", "value", "pattern", "url", "ioc", "response", "data", "to_ids",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(KEYS),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=50)
@given(JSON)
def test_any_json_is_read_or_refused(document: object) -> None:
    with suppress(FeedError):
        found, _ = packed(json.dumps(document))
        assert len(found) > 0
