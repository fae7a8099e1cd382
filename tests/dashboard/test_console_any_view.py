"""Any View, with any strings that a hostile peer can send, fits any screen and stays plain."""

import re
from dataclasses import replace
from datetime import timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from view_samples import ACTIVE, CALM, ENDED, HEALTH, LEARNING
from wcwidth import wcswidth

from alerting.alert import SignalUnit
from dashboard.console import render
from stats.statistic import Unit
from view.panel import Measure, Panel, ResponseTimes, Row
from view.view import AlertView, SignalView, View

NASTY = st.sampled_from(
    [
        "\x1b[2J",
        "\u202e",
        "\u200d",
        "日本",
        "👩‍👩‍👧",
        "🇩🇪",
        "e\u0301",
        "\u0301",
        "नि",
        "\ufe0f",
        "\n",
        "\x00",
        "אב",
        "ก็",
        "\u1100\u1161",
        "\ud800",
    ]
)
TEXT = st.lists(st.one_of(NASTY, st.text(max_size=8)), max_size=12).map("".join)
COUNT = st.integers(0, 10**13)
AMOUNT = st.floats(0, 1e18)
TIMES = st.builds(ResponseTimes, *[st.floats(0, 1e18)] * 6)
MEASURE = st.builds(Measure, COUNT, AMOUNT, COUNT, st.none() | TIMES)
ROW = st.builds(Row, TEXT, MEASURE, MEASURE, st.lists(COUNT, min_size=12, max_size=12).map(tuple))
PANEL = st.builds(Panel, TEXT, TEXT, st.sampled_from(Unit), st.lists(ROW, max_size=12).map(tuple), ROW, MEASURE)
NAMED = st.lists(st.tuples(TEXT, COUNT), max_size=4).map(tuple)


TITLE = st.sampled_from(["Response time", "5xx responses"])
ALERT = st.builds(
    AlertView,
    value=AMOUNT, peak=AMOUNT, start=AMOUNT, end=st.none() | AMOUNT, baseline=AMOUNT, threshold=AMOUNT, limit=AMOUNT,
    signal=st.sampled_from(["request_rate", "response_time"]), title=TITLE, unit=st.sampled_from(SignalUnit),
    subject=TEXT, contributors=st.just(()), explanation=TEXT,
)  # fmt: skip
SIGNAL = st.builds(
    SignalView,
    name=st.sampled_from(["request_rate", "response_time"]), title=TITLE, unit=st.sampled_from(SignalUnit),
    state=st.sampled_from(["LEARNING", "NORMAL", "ALERT", "DISMISSED"]), baseline=st.none() | AMOUNT,
    limit=st.none() | AMOUNT, value=st.none() | AMOUNT, threshold=AMOUNT, floor=AMOUNT, silent=st.booleans(),
    flapping=st.booleans(), low=st.booleans(),
)  # fmt: skip


@st.composite
def views(draw: Any) -> View:
    health = replace(
        HEALTH,
        packet_rate=draw(AMOUNT),
        frames=draw(COUNT),
        dropped=draw(COUNT),
        unpaired_responses=draw(COUNT),
        missing_bytes=draw(COUNT),
        unreadable=draw(NAMED),
        oddities=draw(NAMED),
        warnings=tuple(draw(st.lists(TEXT, max_size=2))),
    )
    return replace(
        CALM,
        now=draw(st.floats(-1e18, 1e18)),
        source=draw(TEXT),
        state=draw(st.sampled_from(["LEARNING", "NORMAL", "ALERT", "DISMISSED"])),
        health=health,
        learning=draw(st.sampled_from([None, LEARNING, replace(LEARNING, elapsed=500, duration=0)])),
        alerts=draw(st.sampled_from([(), (ACTIVE, ENDED), (ENDED,) * 30]) | st.lists(ALERT, max_size=4).map(tuple)),
        signals=tuple(draw(st.lists(SIGNAL, max_size=9))),
        dismissed_at=draw(st.none() | AMOUNT),
        request_rate=tuple(draw(st.lists(AMOUNT, max_size=250))),
        panels=tuple(draw(st.lists(PANEL, max_size=9))),
    )


@given(views(), st.integers(60, 200), st.none() | st.integers(1, 80), st.booleans())
def test_any_view_fits_any_screen(view: View, width: int, height: int | None, ascii_only: bool) -> None:
    how: dict[str, Any] = {"ascii_only": ascii_only, "height": height, "zone": timezone.utc}
    drawn = render(view, width, colour=False, **how)
    lines = drawn.split("\n")
    assert height is None or len(lines) <= height
    assert all(0 <= wcswidth(line) < width for line in lines)
    assert all(character.isprintable() for line in lines for character in line)
    assert drawn.isascii() or not ascii_only
    assert re.sub(r"\x1b\[\d+m", "", render(view, width, colour=True, **how)) == drawn


@given(views(), st.integers(1, 59))
@settings(max_examples=30)
def test_narrower_than_we_promise_is_no_reason_to_fail(view: View, width: int) -> None:
    assert all(wcswidth(line) < max(3, width) for line in render(view, width, colour=False).split("\n"))
