"""Completion of a filter while it is typed."""

import pytest
from hypothesis import given, strategies

from stats.top_sections import TopSections
from store.filtering.completion import completions
from store.filtering.filter import fields

FIELDS = fields([TopSections()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("st", ["status:"]),
        ("host:shop st", ["host:shop status:"]),
        (
            "host:shop (not s",
            [
                f"host:shop (not {name}"
                for name in ("section:", "status:", "source:", "server:", "size>", "sent>", "sni:", "severity>=")
            ],
        ),
        ("-ti", ["-time>"]),
        ("TO", ["total>", "top_sections:"]),
        ("is:", [f"is:{word}" for word in ("error", "unanswered", "gap", "complete", "odd", "unpaired")]),
        ("ending:re", ["ending:reset"]),
        ("is:gap", []),
        ("host:sh", []),
        ("status:", []),
        ("", []),
        ("host:shop ", []),
        ("xyz", []),
        ('ua:"st', []),
    ],
)
def test_the_last_word_is_completed(text: str, expected: list[str]) -> None:
    assert completions(text, FIELDS) == expected


@given(strategies.text("isthoe: :>\"'(-!\\", max_size=12))
def test_completion_keeps_what_was_typed(text: str) -> None:
    for completed in completions(text, FIELDS):
        assert completed.lower().startswith(text.lower())
        assert len(completed) > len(text)
