"""The writer thread: a failing disk is reported, and nothing is written twice or out of order."""

import threading
from collections.abc import Iterator

import pytest

from history.database import HistoryError
from history.sums import Minute, StoredAlert
from history.writer import MAX_QUEUED, Writer
from history.writer import Disk as To

Item = Minute | StoredAlert


class Disk:
    """A disk that fails as long as it is told to."""

    def __init__(self) -> None:
        self.written: list[Minute | StoredAlert] = []
        self.refuses = False
        self.asked = threading.Event()
        self.closed = False

    def write(self, item: Minute | StoredAlert) -> None:
        self.asked.set()
        if self.refuses and isinstance(item, Minute):
            raise HistoryError("the disk is full")
        self.written.append(item)

    def close(self) -> None:
        self.closed = True


def writer_to(disk: Disk, *, patient: bool = False) -> Writer[Item]:
    to = To(disk.write, disk.close, HistoryError, "minutes lost from the history")
    return Writer("history", to, patient=patient)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def writer(disk: Disk) -> Iterator[Writer[Item]]:
    writer = writer_to(disk)
    yield writer
    writer.close(60)


def test_queued_items_are_written_in_order_before_the_archive_is_closed(writer: Writer[Item], disk: Disk) -> None:
    items: list[Minute | StoredAlert] = [Minute(0, {}), StoredAlert("request_rate", 1, None, "{}"), Minute(60, {})]
    for item in items:
        writer.put(item)
    writer.start()
    writer.close(60)
    assert (disk.written, disk.closed, writer.warnings) == (items, True, ())


def test_a_failing_disk_is_reported_and_tried_again_at_the_end(writer: Writer[Item], disk: Disk) -> None:
    disk.refuses = True
    writer.start()
    writer.put(Minute(0, {}))
    assert disk.asked.wait(60)
    for _ in range(10_000):
        if writer.warnings:
            break
        threading.Event().wait(0.005)
    assert writer.warnings == ("the disk is full",)
    disk.refuses = False
    writer.close(60)
    assert disk.written == [Minute(0, {})]
    assert not writer.warnings


def test_the_oldest_minutes_are_dropped_when_the_queue_is_full(writer: Writer[Item], disk: Disk) -> None:
    for number in range(MAX_QUEUED + 5):
        writer.put(Minute(60 * number, {}))
    writer.start()
    writer.close(60)
    assert disk.written == [Minute(60 * number, {}) for number in range(5, MAX_QUEUED + 5)]
    assert writer.warnings == ("5 minutes lost from the history",)


def test_only_the_latest_question_is_called_once_everything_is_written(writer: Writer[Item], disk: Disk) -> None:
    found: list[int] = []
    done = threading.Event()
    writer.ask(lambda: found.append(-1))

    def question() -> None:
        found.append(len(disk.written))
        done.set()

    writer.ask(question)
    writer.put(Minute(0, {}))
    writer.put(Minute(60, {}))
    writer.start()
    assert done.wait(60)
    assert found == [2]


def test_a_failing_question_is_reported_and_the_next_minute_is_written(writer: Writer[Item], disk: Disk) -> None:
    def broken() -> None:
        disk.asked.set()
        raise HistoryError("the history is malformed")

    writer.ask(broken)
    writer.start()
    assert disk.asked.wait(60)
    for _ in range(10_000):
        if writer.warnings:
            break
        threading.Event().wait(0.005)
    assert writer.warnings == ("the history is malformed",)
    writer.put(Minute(0, {}))
    writer.close(60)
    assert disk.written == [Minute(0, {})]
    assert not writer.warnings


def test_the_latest_of_a_kind_replaces_the_one_that_waits(writer: Writer[Item], disk: Disk) -> None:
    alert = StoredAlert("request_rate", 1, None, "{}")
    for item in (alert, Minute(0, {}), alert._replace(end=2)):
        writer.put_latest(item)
    writer.start()
    writer.close(60)
    assert disk.written == [Minute(0, {}), alert._replace(end=2)]


def test_a_patient_writer_waits_for_the_disk_and_loses_nothing(disk: Disk) -> None:
    writer = writer_to(disk, patient=True)
    writer.start()
    for number in range(10 * MAX_QUEUED):
        writer.put(Minute(60 * number, {}))
    writer.close(60)
    assert disk.written == [Minute(60 * number, {}) for number in range(10 * MAX_QUEUED)]


def test_a_patient_writer_does_not_wait_for_a_failing_disk(disk: Disk) -> None:
    disk.refuses = True
    writer = writer_to(disk, patient=True)
    writer.start()
    for number in range(2 * MAX_QUEUED):
        writer.put(Minute(60 * number, {}))
    disk.refuses = False
    writer.close(60)
    assert writer.warnings[-1].endswith(" minutes lost from the history")
