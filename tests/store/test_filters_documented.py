"""docs/filters.md lists every field, and its examples are valid."""

import re
from pathlib import Path

import pytest

from stats.top_user_agents import TopUserAgents
from store.filtering.filter import fields, parse

DOCUMENT = (Path(__file__).parents[2] / "docs" / "filters.md").read_text()
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
NAMED = re.findall("`([^`]+)`", " ".join(row.split("|")[1] for row in ROWS))
EXAMPLES = [
    *re.findall("`([^`]+)`", " ".join(row.split("|")[3] for row in DOCUMENT.splitlines() if row.count("|") == 4)),
    *(line.strip() for line in DOCUMENT.splitlines() if line.startswith("    ") and "--only" not in line),
    *re.findall("--only '([^']*)'", DOCUMENT),
]


def test_every_field_and_word_is_documented() -> None:
    known = [name for field in fields() for name in (field.name, *field.aliases) if field.name != "is"]
    known += [f"is:{word}" for field in fields() if field.name == "is" for word in field.words or ()]
    assert sorted(NAMED) == sorted(known)
    endings = next(field.words for field in fields() if field.name == "ending") or {}
    assert all(f"`{ending}`" in DOCUMENT for ending in endings)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_valid(example: str) -> None:
    assert parse(example, [TopUserAgents()]).text
