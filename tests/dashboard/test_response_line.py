"""The line of what was answered and how fast."""

from dataclasses import replace

import pytest
from view_samples import CALM

from dashboard.response_line import responses
from view.page import Page
from view.panel import Chart, Measure, ResponseTimes
from view.view import View

CLASSES = (("2xx", (900, 60)), ("3xx", (0, 0)), ("4xx", (20, 10)), ("5xx", (0, 9)), ("(no response)", (1, 0)))
CHART = Chart(0, 10, (96.1, 7.9), CLASSES)
DRAWN = replace(CALM, chart=CHART, whole=Measure(1000, 1000, 0, ResponseTimes(0.1, 0.07, 0.2, 0.31, 0.9, 1.2)))
SHARES = "Responses   2xx 96.0 %   4xx 3.0 %   5xx 0.9 %   (no response) 0.1 %"


def text(view: View, width: int) -> list[str]:
    return ["".join(piece.text for piece in line) for line in responses(view, Page(width))]


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (120, f"{SHARES}   p50 70.0 ms   p95 310 ms   p99 900 ms"),
        (78, SHARES),
        (30, "Responses   2xx 96.0 %"),
    ],
)
def test_shares_of_the_classes_and_percentiles_as_far_as_they_fit(width: int, told: str) -> None:
    assert text(DRAWN, width) == [told]


def test_nothing_is_said_of_nothing() -> None:
    assert text(CALM, 100) == []
    assert text(replace(CALM, chart=Chart(0, 10, (0.0,), (("2xx", (0,)),))), 100) == []
    assert text(replace(DRAWN, whole=Measure(1000, 1000)), 100)[0].endswith("(no response) 0.1 %")
