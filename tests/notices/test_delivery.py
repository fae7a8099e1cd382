"""Time is a number here: nothing sleeps."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_samples import ALERT, CALM, DISMISSED, FLAPPING, RAISED

from notices.delivery import LONGEST_PAUSE, Delivery, Limits, backoff
from notices.notice import Notice

OTHERS = [replace(RAISED, time=RAISED.time + number) for number in range(5)]


def delivery(queue: int = 10, retry_limit: float = 1000.0, repeat: float | None = None) -> Delivery:
    return Delivery("webhook hooks", Limits(queue, retry_limit), repeat)


def sent_now(box: Delivery, now: float) -> list[Notice]:
    """Return all notices that a receiver accepts at a time."""
    taken = []
    while (notice := box.take(now)) is not None:
        taken.append(notice)
        box.sent(now)
    return taken


def test_notices_are_sent_in_order() -> None:
    box = delivery()
    assert (box.take(0), box.pause(0)) == (None, None)
    box.add(RAISED, 0)
    box.add(DISMISSED, 1)
    assert box.pause(1) == 0
    assert sent_now(box, 1) == [RAISED, DISMISSED]
    assert (box.take(2), box.waiting, box.complaints(2)) == (None, 0, [])


def test_a_dismissal_waits_for_its_alert() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.add(DISMISSED, 0)
    assert box.take(0) is RAISED
    box.unavailable(0, "timed out", chance=0)
    assert (box.take(0.9), box.pause(0)) == (None, 1)
    assert sent_now(box, 1) == [RAISED, DISMISSED]


def test_pauses_double_up_to_a_limit_and_restart_after_a_success() -> None:
    box = delivery()
    box.add(RAISED, 0)
    now, pauses = 0.0, []
    for _ in range(9):
        assert box.take(now) is RAISED
        box.unavailable(now, "connection refused", chance=0)
        pauses.append(box.pause(now))
        now += pauses[-1] or 0
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert sent_now(box, now) == [RAISED]
    box.add(DISMISSED, now)
    assert box.take(now) is DISMISSED
    box.unavailable(now, "connection refused", chance=0)
    assert box.pause(now) == 1


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_chance_shortens_a_pause_by_up_to_a_half(tries: int, chance: float) -> None:
    whole = backoff(tries, 0)
    assert whole / 2 <= backoff(tries, chance) <= whole <= LONGEST_PAUSE


@pytest.mark.parametrize(("asked", "pause"), [(0, 1), (0.5, 1), (30, 30), (1e9, 600)])
def test_a_receiver_may_request_a_longer_pause(asked: float, pause: float) -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.take(0)
    box.unavailable(0, "answered 429 Too Many Requests", chance=0, retry_after=asked)
    assert box.pause(0) == pause


def test_a_notice_is_dropped_after_the_time_limit_and_the_next_is_tried() -> None:
    box = delivery(retry_limit=10)
    box.add(RAISED, 0)
    for now in (0, 1, 3):
        assert box.take(now) is RAISED
        box.unavailable(now, "connection refused", chance=0)
    box.add(DISMISSED, 6)
    assert box.take(7) is RAISED
    box.unavailable(7, "connection refused", chance=0)
    assert box.waiting == 1, "the raise would be tried at 15 again, which is too late"
    assert sent_now(box, 15) == [DISMISSED]
    assert box.complaints(15) == ["webhook hooks: 1 notice not delivered: connection refused"]


def test_with_a_time_limit_of_zero_a_notice_is_tried_once() -> None:
    box = delivery(retry_limit=0)
    box.add(RAISED, 0)
    assert box.take(5) is RAISED
    box.unavailable(5, "connection refused", chance=0)
    assert (box.waiting, box.complaints(5)) == (0, ["webhook hooks: 1 notice not delivered: connection refused"])


def test_a_rejected_notice_is_not_tried_again() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.add(DISMISSED, 0)
    assert box.take(0) is RAISED
    box.refused(0, "answered 404 Not Found")
    assert sent_now(box, 0) == [DISMISSED]
    assert box.complaints(0) == ["webhook hooks: 1 notice not delivered: answered 404 Not Found"]


@pytest.mark.parametrize("busy", [False, True])
def test_a_full_queue_drops_the_oldest_notice_but_not_the_current_one(busy: bool) -> None:
    box = delivery(queue=3)
    for notice in OTHERS[:3]:
        box.add(notice, 0)
    if busy:
        assert box.take(0) is OTHERS[0]
    box.add(OTHERS[3], 0)
    if busy:
        box.sent(0)
    assert sent_now(box, 0) == ([OTHERS[2], OTHERS[3]] if busy else OTHERS[1:4])
    assert box.complaints(0) == ["webhook hooks: 1 notice not delivered: the queue was full"]


def test_complaints_give_the_reason_and_the_next_try() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.take(0)
    box.unavailable(0, "connection refused", chance=0)
    assert box.complaints(0) == ["webhook hooks: connection refused; tried once, next try in 1 s; 1 notice queued"]
    box.add(DISMISSED, 0)
    box.take(1)
    assert box.complaints(1) == ["webhook hooks: connection refused; tried once, trying now; 2 notices queued"]
    box.unavailable(1, "timed out", chance=0)
    assert box.complaints(1) == ["webhook hooks: timed out; tried 2 times, next try in 2 s; 2 notices queued"]
    assert sent_now(box, 3) == [RAISED, DISMISSED]
    assert box.complaints(3) == []


def test_a_slow_receiver_is_reported() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.take(10)
    assert box.complaints(39) == []
    assert box.complaints(72) == ["webhook hooks: busy with a notice for 62 s; 1 notice queued"]
    box.sent(73)
    assert box.complaints(73) == []


def test_at_the_end_queued_notices_are_tried_at_once_until_the_deadline() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.add(DISMISSED, 0)
    for now in (0, 1, 3, 7):
        box.take(now)
        box.unavailable(now, "connection refused", chance=0)
    box.hurry(deadline=13)
    for now in (8, 9, 11):
        assert box.take(now) is RAISED
        box.unavailable(now, "connection refused", chance=0)
    assert box.waiting == 0, "the next try would be after the deadline"
    assert box.complaints(11) == ["webhook hooks: 2 notices not delivered: connection refused"]


def test_at_the_end_nothing_is_repeated() -> None:
    box = delivery(repeat=60)
    box.add(RAISED, 0)
    assert sent_now(box, 0) == [RAISED]
    box.hurry(deadline=200)
    assert (box.pause(0), sent_now(box, 100)) == (None, [])


def test_notices_left_at_the_end_are_counted() -> None:
    box = delivery()
    box.add(RAISED, 0)
    box.take(0)
    box.abandon("the program ended")
    assert box.complaints(0) == ["webhook hooks: 1 notice not delivered: the program ended"]
    box.sent(1)
    assert box.waiting == 0


# A receiver that forgets -------------------------------------------------------------------------------------------


def test_an_active_alert_is_repeated_until_it_is_dismissed() -> None:
    box = delivery(repeat=60)
    box.add(RAISED, 0)
    assert sent_now(box, 0) == [RAISED]
    assert (box.pause(0), sent_now(box, 59)) == (60, [])
    assert sent_now(box, 60) == [RAISED]
    assert sent_now(box, 120) == [RAISED]
    box.add(DISMISSED, 130)
    assert sent_now(box, 130) == [DISMISSED]
    assert (box.pause(130), sent_now(box, 1000)) == (None, [])


def test_other_receivers_are_notified_once() -> None:
    box = delivery()
    box.add(RAISED, 0)
    assert sent_now(box, 0) == [RAISED]
    assert (box.pause(0), sent_now(box, 10_000)) == (None, [])


def test_an_alert_that_never_arrived_is_not_repeated() -> None:
    box = delivery(repeat=60)
    box.add(RAISED, 0)
    box.take(0)
    box.refused(0, "answered 400 Bad Request")
    assert (box.pause(0), sent_now(box, 100)) == (None, [])


def test_a_failed_repetition_is_not_lost_and_yields_to_a_dismissal() -> None:
    box = delivery(repeat=60)
    box.add(RAISED, 0)
    assert sent_now(box, 0) == [RAISED]
    assert box.take(60) is RAISED
    box.unavailable(60, "connection refused", chance=0)
    assert box.complaints(60) == ["webhook hooks: connection refused; tried once, next try in 1 s"]
    box.add(DISMISSED, 60)
    assert sent_now(box, 61) == [DISMISSED]
    assert (sent_now(box, 1000), box.complaints(1000)) == ([], [])


def test_an_outdated_repetition_is_left_out() -> None:
    box = delivery(repeat=60)
    other = replace(RAISED, alert=replace(ALERT, signal="response_time"))
    for notice in (RAISED, other):
        box.add(notice, 0)
    assert sent_now(box, 0) == [RAISED, other]
    assert box.take(60) is RAISED
    box.unavailable(60, "connection refused", chance=0)
    box.add(DISMISSED, 60)
    assert sent_now(box, 61) == [DISMISSED], "the repetition of its raise would bring the alert back"
    assert sent_now(box, 121) == [other]


def test_flapping_is_repeated_until_it_is_calm() -> None:
    box = delivery(repeat=60)
    for notice in (RAISED, FLAPPING):
        box.add(notice, 0)
    assert sent_now(box, 0) == [RAISED, FLAPPING]
    assert sent_now(box, 60) == [RAISED, FLAPPING]
    box.add(CALM, 70)
    assert sent_now(box, 70) == [CALM], "and with it both are over"
    assert sent_now(box, 1000) == []


def test_calm_with_an_active_alert_is_repeated() -> None:
    box = delivery(repeat=60)
    active = replace(CALM, alert=ALERT)
    for notice in (FLAPPING, active):
        box.add(notice, 0)
    assert sent_now(box, 0) == [FLAPPING, active]
    assert sent_now(box, 60) == [active]


def test_calm_ends_the_alert_from_before_the_flapping_whatever_its_subject() -> None:
    box = delivery(repeat=60)
    for subject, notice in (("shop", RAISED), ("shop", FLAPPING), ("blog", CALM)):
        box.add(replace(notice, alert=replace(notice.alert, subject=subject)), 0)
    assert len(sent_now(box, 0)) == 3
    assert sent_now(box, 60) == []


def test_the_alerts_of_two_signals_are_independent() -> None:
    box = delivery(repeat=60)
    other = replace(RAISED, alert=replace(ALERT, signal="response_time"))
    for notice in (RAISED, other, DISMISSED):
        box.add(notice, 0)
    assert sent_now(box, 0) == [RAISED, other, DISMISSED]
    assert sent_now(box, 60) == [other]
