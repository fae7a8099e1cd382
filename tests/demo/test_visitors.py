"""The visitors of the demo send varied requests, and their burst raises one alert."""

import itertools
from collections.abc import Sequence
from math import ceil

import pytest

from demo.settings import DEMO_DURATION, DEMO_SETTINGS, demo_duration
from demo.visitors import PHASES, demo_steps
from demo.web_server import RESPONSES
from exercise_config import Config


def counts(edges: Sequence[float]) -> list[int]:
    """Return the requests of the schedule between successive times, in seconds since its begin."""
    times = list(itertools.accumulate(step.delay for step in itertools.islice(demo_steps(), 5000)))
    return [sum(begin <= time < end for time in times) for begin, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("offset", [0, 0.5, 1, 1.5, 2])
@pytest.mark.parametrize("phase", [0, 0.1, 1.3, 2.5, 3.7, 4.9])
def test_the_schedule_raises_one_alert_and_dismisses_it(offset: float, phase: float) -> None:
    """The monitor starts this much later than the traffic, and this long after a bucket began."""
    config = Config.with_settings(DEMO_SETTINGS)
    step, size = config.dashboard_bucket_size, config.average_bucket_size
    learned = offset - phase + ceil((phase + config.average_learning_duration) / step) * step
    windows = range(int((DEMO_DURATION + offset - learned) // size))
    watched, *judged = counts([offset, *(learned + size * number for number in windows)])
    limit = watched * size / (learned - offset) * (1 + config.average_threshold / 100)
    beyond = [count > limit for count in judged]
    assert beyond[:3] in ([False, True, False], [True, True, False])
    assert not any(beyond[3:])
    assert DEMO_DURATION <= 90


@pytest.mark.parametrize(
    ("asked", "ui", "duration"),
    [(None, "full", None), (None, "console", DEMO_DURATION), (None, "json", DEMO_DURATION), (9.0, "full", 9.0)],
)
def test_on_the_full_screen_the_demo_lasts_until_the_user_quits(
    asked: float | None, ui: str, duration: float | None
) -> None:
    assert demo_duration(asked, ui) == duration


def test_the_traffic_is_varied_and_affordable() -> None:
    steps = list(itertools.islice(demo_steps(), 1500))
    assert len({step.host for step in steps}) == 3
    assert {step.method for step in steps} == {"GET", "HEAD", "POST", "PUT", "DELETE"}
    assert {step.path.partition("?")[0] for step in steps} - set(RESPONSES) == {"/no-such-page"}
    assert all(rate <= 100 for _, rate in PHASES)
    assert steps == list(itertools.islice(demo_steps(), 1500))
