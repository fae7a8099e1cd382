"""What was learned in one run is enough to judge the same traffic in another, with the same result."""

from alerting_records import Watch, requests

from alerting.alert import Alert
from alerting.events import AlertRaised
from alerting.lesson import MOST_NAMES, Lesson
from alerting.signals.error_ratio_5xx import ErrorRatio5xx
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.states import State
from alerting.terms import Terms

TERMS = Terms(bucket_size=100, learning_duration=100, retention=86400, baselines={"traffic_drop": "previous"})
FLOOD = [*requests(210, 60), *requests(220, 80, client="203.0.113.9", target="/cart/1")]


def watch() -> Watch:
    return Watch([RequestRate(10, 100), TrafficDrop(60, 0.1), ErrorRatio5xx(5, 100)], TERMS)


def learned() -> Watch:
    """Return a monitor that learned a baseline of 100 requests, and judged one bucket."""
    known = watch()
    known.add(requests(0, 100))
    known.add(requests(110, 100))
    assert known.advance(200)[0].signal == "request_rate"  # type: ignore[union-attr]
    return known


def raised(judging: Watch) -> Alert:
    judging.add(FLOOD)
    (alert,) = (event.alert for event in judging.advance(300) if isinstance(event, AlertRaised))
    return alert


def test_the_same_traffic_raises_the_same_alert_at_the_same_time() -> None:
    first = learned()
    again = watch()
    again.monitor.restore(first.monitor.lessons, 200)
    alert = raised(first)
    assert alert == raised(again)
    names = [(one.name, one.count) for one in alert.contributors]
    assert names == [("203.0.113.9", 80), ("my.site.com/cart", 80), ("203.0.113.0/24", 80)], (
        "contributors are compared with the usual bucket too"
    )


def test_what_came_before_the_bucket_is_not_judged() -> None:
    again = watch()
    again.monitor.restore(learned().monitor.lessons, 200)
    again.add(requests(150, 500))
    assert again.advance(210) == []
    assert again.advance(299) == []
    assert again.monitor.count == 0


def test_signals_that_have_learned_nothing_still_learn() -> None:
    lessons = learned().monitor.lessons
    assert {*lessons} == {"request_rate", "traffic_drop"}, "there were no responses"
    again = watch()
    again.monitor.restore(lessons, 200)
    assert [judge.state for judge in again.monitor.judges] == [State.NORMAL, State.NORMAL, State.LEARNING]


def test_names_in_a_lesson_are_bounded() -> None:
    known = learned()
    known.add(
        [each for number in range(500) for each in requests(250, 1, client=f"10.0.{number // 250}.{number % 250}")]
    )
    known.advance(300)
    known.add(requests(350, 100))
    known.advance(400)
    known.add([each for number in range(105) for each in requests(450, 1, client=f"10.0.0.{number}")])
    known.advance(500)
    lesson = known.monitor.lessons["request_rate"]
    assert lesson.usual is not None
    most = max(len(each.names) for each in lesson.usual.counted.values())
    assert most == MOST_NAMES


def test_a_lesson_without_a_usual_window_is_enough_to_judge() -> None:
    again = watch()
    again.monitor.restore({"request_rate": Lesson({"": 100.0})}, 200)
    assert raised(again).baseline == 100
