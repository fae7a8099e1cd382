"""Records whose lines are too long for a message."""

import json

import pytest
from log_samples import EACH, TERMS, line
from notice_samples import about
from records import exchange, finding, request

from outputs.log.formats import FORMATS
from outputs.log.kinds import KINDS
from outputs.log.shortening import STEPS, fitting, shortened

LONG = exchange(request(target="/" + "a" * 1000, user_agent="b" * 1000, referrer="c" * 1000))


def test_the_longest_texts_that_fit_are_kept() -> None:
    text = fitting(LONG, FORMATS["ecs"](TERMS)["exchanges"], 2000)
    assert text is not None
    told = json.loads(text)
    assert told["user_agent.original"] == "b" * 253 + "..."
    assert told["source.ip"] == "10.0.0.1"
    assert len(text) <= 2000


def test_nothing_fits_into_nothing() -> None:
    assert fitting(LONG, FORMATS["ecs"](TERMS)["exchanges"], 100) is None


def test_collections_are_shortened_too() -> None:
    assert shortened(("a", "b" * 9, "c", "d"), 24) == ("a", "b" * 9, "c")
    assert shortened(about("x" * 100), 24).alert.explanation == "x" * 21 + "..."
    assert shortened(finding(), 512) == finding()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("name", "record"), EACH)
def test_the_shortest_lines_fit_into_the_smallest_message(form: str, name: str, record: object) -> None:
    text = line(form, name, shortened(record, STEPS[-1]))
    assert len(text) < 2048 - 100, KINDS[name]
