"""The View as JSON: every field of it, by the schema, on a line that is safe to show."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from any_view import ANY_VIEW, any_of, types_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from view_samples import CALM

from view.json_view import json_line, json_of
from view.view import View

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "view.schema.json").read_text(encoding="ascii"))
VALIDATOR = Draft202012Validator(SCHEMA)
FIELDS = [
    (kind, field.name) for kind in sorted(types_of(View), key=lambda kind: kind.__name__) for field in fields(kind)
]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(ANY_VIEW, st.booleans())
def test_any_view_is_a_line_that_the_schema_describes(view: View, final: bool) -> None:
    line = json_line(view, final)
    assert line.isascii()
    assert line.isprintable()
    told = json.loads(line)
    VALIDATOR.validate(told)
    assert told["final"] is final
    assert told["source"] == view.source


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[f"{kind.__name__}.{name}" for kind, name in FIELDS])
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_field_is_left_out(data: st.DataObject, kind: type, name: str) -> None:
    value = data.draw(any_of(kind))
    other = data.draw(any_of(get_type_hints(kind)[name], name).filter(lambda other: other != getattr(value, name)))
    assert json_of(value) != json_of(replace(value, **{name: other}))


def test_names_of_what_has_a_unit_say_it() -> None:
    told = json.loads(json_line(CALM))
    assert told["timestamp_seconds"] == CALM.now
    assert told["bucket_seconds"] == CALM.bucket_size
    assert told["health"]["unreadable_connections"] == [{"name": "TLS", "count": 12}]
    assert told["panels"][0]["rows"][0]["window"]["volume_bytes"] == CALM.panels[0].rows[0].window.volume


def test_what_json_cannot_say_is_null() -> None:
    assert json.loads(json_line(replace(CALM, peak_rate=float("nan"))))["peak_requests_per_second"] is None


def test_two_warnings_are_two_sentences() -> None:
    health = replace(CALM.health, warnings=("eth0 is down", "the log ended"))
    assert json.loads(json_line(replace(CALM, health=health)))["health"]["notices"] == ["eth0 is down", "the log ended"]


# The schema -----------------------------------------------------------------------------------------------------------


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(part)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_allows_nothing_that_it_does_not_describe() -> None:
    objects = [part for part in parts(SCHEMA) if part.get("type") == "object"]
    assert len(objects) > len(types_of(View))
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
        assert [name for name, told in part["properties"].items() if not told.keys() & {"description", "$ref"}] == []


@pytest.mark.parametrize("change", [{"extra": 1}, {"state": "CALM"}, {"timestamp_seconds": "now"}, {"schema": 0}])
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(json.loads(json_line(CALM)) | change)
