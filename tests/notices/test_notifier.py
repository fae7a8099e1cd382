"""Notifies test receivers in their real threads."""

import threading
import time
from dataclasses import replace

import pytest
from notice_samples import ALERT, DISMISSAL, DISMISSED, HOST, LIMITS, RAISE, RAISED, SOURCE, START, Told, soon

from alerting.events import AlertRaised, Learned
from notices.delivery import Limits
from notices.errors import Refused, Unavailable
from notices.notifier import Notifier


def notifier(*receivers: Told, limits: Limits = LIMITS) -> Notifier:
    return Notifier(receivers, limits, HOST, SOURCE)


def test_every_receiver_gets_each_change_once_and_in_order() -> None:
    first, second = Told(), Told()
    told = notifier(first, second)
    for event in (Learned(1.0, 5), RAISE, RAISE, DISMISSAL, RAISE, DISMISSAL):
        told.event(event)
    told.close(60)
    assert first.notices == second.notices == [RAISED, DISMISSED]
    assert told.complaints == []


def test_a_hanging_receiver_delays_neither_the_caller_nor_others() -> None:
    slow, quick = Told(name="slow"), Told(name="quick")
    slow.open.clear()
    told = notifier(slow, quick)
    begun = time.monotonic()
    told.tell(RAISE)
    told.tell(DISMISSAL)
    assert time.monotonic() - begun < 10
    assert soon(lambda: quick.notices == [RAISED, DISMISSED])
    assert slow.notices == []
    slow.open.set()
    assert soon(lambda: slow.notices == [RAISED, DISMISSED])
    told.close(60)


def test_a_failing_receiver_is_tried_again() -> None:
    receiver = Told(Unavailable("connection refused"), name="webhook hooks")
    told = notifier(receiver)
    told.tell(RAISE)
    told.tell(DISMISSAL)
    assert soon(lambda: told.complaints)
    assert told.complaints[0].startswith("webhook hooks: connection refused; tried once, ")
    assert soon(lambda: receiver.notices == [RAISED, DISMISSED])
    assert soon(lambda: told.complaints == [])
    told.close(60)


def test_a_receiver_that_rejects_a_notice_gets_the_next_one() -> None:
    receiver = Told(Refused("ended with status 1"), name="command")
    told = notifier(receiver)
    told.tell(RAISE)
    told.tell(DISMISSAL)
    told.close(60)
    assert receiver.notices == [DISMISSED]
    assert told.complaints == ["command: 1 notice not delivered: ended with status 1"]


def test_a_bug_in_a_receiver_does_not_end_its_thread() -> None:
    receiver = Told(ZeroDivisionError("secret"), name="mail")
    told = notifier(receiver)
    told.tell(RAISE)
    assert soon(lambda: told.complaints)
    assert told.complaints[0].startswith("mail: failed with ZeroDivisionError; tried once, ")
    assert soon(lambda: receiver.notices == [RAISED])
    told.close(60)


def test_the_end_waits_for_the_current_notice_but_not_for_ever() -> None:
    receiver = Told(name="slow")
    receiver.open.clear()
    told = notifier(receiver)
    told.tell(RAISE)
    told.tell(DISMISSAL)
    begun = time.monotonic()
    told.close(0.3)
    assert 0.25 < time.monotonic() - begun < 20
    assert receiver.cancelled
    assert told.complaints == ["slow: 2 notices not delivered: the program ended"]
    receiver.open.set()


def test_the_end_does_not_wait_for_an_absent_receiver() -> None:
    receiver = Told(*[Unavailable("connection refused", retry_after=60)] * 9, name="webhook")
    told = notifier(receiver)
    told.tell(RAISE)
    begun = time.monotonic()
    told.close(60)
    assert time.monotonic() - begun < 30, "the next try would be too late"
    assert told.complaints == ["webhook: 1 notice not delivered: connection refused"]


def test_several_hanging_receivers_share_the_time_at_the_end() -> None:
    receivers = [Told(name=f"slow {number}") for number in range(5)]
    for receiver in receivers:
        receiver.open.clear()
    told = notifier(*receivers)
    told.tell(RAISE)
    begun = time.monotonic()
    told.close(2)
    assert time.monotonic() - begun < 2 * len(receivers)
    for receiver in receivers:
        receiver.open.set()


def test_a_flood_of_alerts_is_bounded_and_the_latest_arrive() -> None:
    receiver = Told(name="slow")
    receiver.open.clear()
    told = notifier(receiver, limits=Limits(queue=5, retry_limit=60))
    for number in range(2000):
        told.tell(AlertRaised(START + number, replace(ALERT, start=START + number)))
    receiver.open.set()
    told.close(60)
    assert [notice.time - START for notice in receiver.notices][-4:] == [1996, 1997, 1998, 1999]
    assert told.complaints[0].startswith("slow: 1,99")


def test_no_thread_runs_before_the_first_notice() -> None:
    before = threading.active_count()
    told = notifier(Told(), Told())
    told.event(Learned(1.0, 5))
    assert threading.active_count() == before, "rights are given up meanwhile"
    told.close(1)


def test_without_a_thread_the_notice_is_reported_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    receiver = Told(name="webhook")
    told = notifier(receiver)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        told.tell(RAISE)
    assert told.complaints == ["webhook: 1 notice not delivered: no thread could be started"]
    told.tell(DISMISSAL)
    told.close(60)
    assert receiver.notices == [DISMISSED]
