"""What is sent when, and what is said of it."""

import pytest

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from notices.delivery import LONGEST_REQUESTED
from outputs.otlp.collector import Answer
from outputs.otlp.delivery import BUSY, Delivery


def delivery(*items: str, limit: int = 2) -> Delivery[str]:
    made: Delivery[str] = Delivery("otlp c", limit)
    for item in items:
        made.add(item)
    return made


def test_exports_leave_in_their_order() -> None:
    queue = delivery("a", "b")
    assert queue.take(0) == "a"
    assert not queue.has_room
    queue.sent("a", Answer())
    assert queue.has_room
    assert queue.take(0) == "b"
    queue.sent("b", Answer())
    assert (queue.take(0), queue.pause(0), queue.complaints(0)) == (None, None, [])


def test_a_full_queue_takes_nothing() -> None:
    with pytest.raises(ValueError, match="full"):
        delivery("a", "b").add("c")


def test_the_same_export_is_tried_after_growing_pauses_until_it_is_taken() -> None:
    queue, now, pauses = delivery("a", "b"), 0.0, []
    for _ in range(9):
        assert queue.take(now) == "a"
        queue.unavailable(now, "down", chance=0)
        pause = queue.pause(now)
        assert pause is not None
        pauses.append(pause)
        assert queue.take(now + pause - 0.01) is None
        now += pause
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert queue.failing
    queue.sent("a", Answer())
    assert (queue.failing, queue.complaints(now)) == (False, [])


@pytest.mark.parametrize(("asked", "pause"), [(0.5, 1), (30, 30), (1e9, LONGEST_REQUESTED)])
def test_a_collector_may_ask_for_a_longer_pause(asked: float, pause: float) -> None:
    queue = delivery("a")
    queue.unavailable(100, "busy", chance=0, retry_after=asked)
    assert queue.pause(100) == pause


def test_what_goes_wrong_is_said() -> None:
    queue = delivery("a", "b", limit=9)
    queue.unavailable(0, "connection refused", chance=0)
    assert queue.complaints(0) == ["otlp c: connection refused; next try in 1 s, nothing is lost meanwhile"]
    queue.refused("a", "answered 400 Bad Request")
    assert queue.complaints(0) == ["otlp c: 1 export not delivered: answered 400 Bad Request"]
    queue.sent("b", Answer(12, "too old"))
    assert queue.complaints(0)[1] == "otlp c: 12 data points rejected: too old"
    queue.add("c")
    queue.sent("c", Answer())
    assert queue.complaints(0)[1] == "otlp c: 12 data points rejected: too old", "they are still missing"


def test_a_remark_is_shown_until_a_better_answer() -> None:
    queue = delivery("a", "b")
    queue.sent("a", Answer(words="slow down"))
    assert queue.complaints(0) == ["otlp c: slow down"]
    queue.sent("b", Answer())
    assert queue.complaints(0) == []


def test_a_collector_that_does_not_answer_is_reported() -> None:
    queue = delivery("a")
    queue.take(0)
    assert queue.complaints(BUSY - 1) == []
    assert queue.complaints(BUSY + 5) == ["otlp c: no answer for 35 s"]


def test_what_is_left_at_the_end_is_counted_even_if_an_answer_comes_later() -> None:
    queue = delivery("a", "b")
    queue.take(0)
    queue.unavailable(0, "timed out", chance=0)
    queue.hurry()
    assert queue.take(0) == "a"
    queue.abandon()
    queue.refused("a", "late")
    assert queue.complaints(0) == ["otlp c: 2 exports not delivered: timed out"]
