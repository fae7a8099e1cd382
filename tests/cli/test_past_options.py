"""Which history and which span of time commands about the past are given."""

from datetime import datetime

import pytest

from cli.past import chosen_sensors, listed, moment, span_of

KNOWN = ("db-1", "web-1", "web-2")


@pytest.mark.parametrize(
    ("text", "seconds_ago"), [("90m", 5400), ("24h", 86400), ("7d", 7 * 86400), ("4w", 28 * 86400)]
)
def test_spans_count_back_from_now(text: str, seconds_ago: int) -> None:
    assert moment(text, 1e9) == 1e9 - seconds_ago


@pytest.mark.parametrize("text", ["2026-11-22T14:00", "2026-11-22 14:00"])
def test_a_minute_is_that_of_the_local_clock(text: str) -> None:
    assert moment(text, 0.0) == datetime(2026, 11, 22, 14).timestamp()
    assert moment("2026-11-22", 0.0) == datetime(2026, 11, 22).timestamp()


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "-7d", "2026-13-01", "1234567d"])
def test_anything_else_is_no_time(text: str) -> None:
    assert moment(text, 1e9) is None


def test_a_span_ends_now_unless_told_otherwise_and_is_not_empty() -> None:
    assert span_of("1h", None, 1e9) == (1e9 - 3600, 1e9)
    assert span_of("2h", "1h", 1e9) == (1e9 - 7200, 1e9 - 3600)
    assert span_of("1h", "2h", 1e9) is None
    assert span_of("1h", "soon", 1e9) is None


def test_sensors_are_chosen_by_patterns() -> None:
    assert chosen_sensors(None, KNOWN) == list(KNOWN)
    assert chosen_sensors("web-*", KNOWN) == ["web-1", "web-2"]
    assert chosen_sensors(" web-2, db-? ,", KNOWN) == ["db-1", "web-2"]
    with pytest.raises(KeyError, match="no sensor 'web1'; did you mean 'web-1'"):
        chosen_sensors("web1", KNOWN)


def test_many_sensors_are_named_in_part() -> None:
    assert listed(()) == "none"
    assert listed(KNOWN) == "db-1, web-1, web-2"
    assert listed([f"web-{number}" for number in range(7)]).endswith("web-4 and 2 more")
