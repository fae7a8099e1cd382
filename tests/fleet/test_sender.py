"""Sending: the newest bucket first, then the oldest; failures are said, and end by themselves."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fleet_helpers import MemoryTarget, ledger, opened, refuse, unreachable
from sensor_records import bucket

from fleet import sender as sending
from fleet.ledger import Counted
from fleet.sender import Sender
from fleet.spool import MAX_REFUSED, Spool, Waiting
from history.record import Level, SensorRecord, StoreError
from store.sums import Sums

DAY = 20_000 * 86400.0
PATIENCE = 30.0


class Watched(MemoryTarget):
    """A store whose answers can be changed, and that can be waited for."""

    def __init__(self, answer: Callable[[Sequence[SensorRecord]], None] | None = None) -> None:
        super().__init__(answer)
        self.skew: float | None = None
        self._condition = threading.Condition()

    def send(self, records: Sequence[SensorRecord]) -> None:
        try:
            super().send(records)
        finally:
            with self._condition:
                self._condition.notify_all()

    def await_calls(self, number: int) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: len(self.calls) >= number, PATIENCE)

    @property
    def sequences(self) -> list[list[int]]:
        return [[record.sequence for record in call] for call in self.calls]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(sending, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(sending, "LAST_PAUSE", 0.01)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = opened(tmp_path)
    yield spool
    spool.close()


def written(spool: Spool, number: int) -> None:
    book = ledger(spool)
    for place in range(number):
        start = DAY + 600 * place
        book.write(Counted((bucket(start, hits={"a": Sums(1)}),), (), start + 10, start + 10))


def started(spool: Spool, target: Watched) -> Sender:
    sender = Sender(spool, target, "https://store", lambda: 1000.0, lambda: 0.0)
    sender.start()
    return sender


def buckets(target: MemoryTarget) -> list[int]:
    return [record.sequence for record in target.of(Level.BUCKET)]


def test_the_newest_bucket_is_sent_first_then_the_oldest(spool: Spool) -> None:
    written(spool, 5)
    target = Watched()
    sender = started(spool, target)
    sender.close(PATIENCE)
    assert target.sequences[:2] == [[5], [1, 2, 3, 4]]
    assert [record.series.level for record in target.calls[0]] == [Level.BUCKET]
    assert len(target.of(Level.MINUTE)) == 4
    assert (target.closed, spool.state.waiting, sender.warnings, sender.latest) == (True, 0, (), 1000.0)


def test_what_is_written_later_is_sent_at_once(spool: Spool) -> None:
    target = Watched()
    sender = started(spool, target)
    written(spool, 1)
    sender.wake()
    target.await_calls(1)
    assert target.sequences == [[1]]
    sender.close(PATIENCE)


def test_a_store_that_cannot_be_reached_is_said_until_it_is_back(spool: Spool) -> None:
    written(spool, 3)
    target = Watched(unreachable)
    sender = started(spool, target)
    target.await_calls(3)
    assert sender.warnings == ("cannot send: connection refused; 6 records waiting in the spool",)
    assert spool.state.waiting == 6
    target.answer = None
    sender.close(PATIENCE)
    assert buckets(target) == [1, 2, 3]
    assert not sender.warnings


def test_an_answer_that_is_lost_doubles_nothing(spool: Spool) -> None:
    written(spool, 3)
    target = Watched()

    def lose(records: Sequence[SensorRecord]) -> None:
        if len(target.calls) % 2:
            target.records.update({(record.series, record.sequence): record for record in records})
            raise StoreError("timed out")

    target.answer = lose
    started(spool, target).close(PATIENCE)
    assert buckets(target) == [1, 2, 3]
    assert len(target.calls) >= 4


def test_a_refused_record_is_set_aside_and_blocks_nothing(spool: Spool, tmp_path: Path) -> None:
    written(spool, 9)

    def choosy(records: Sequence[SensorRecord]) -> None:
        if any(record.series.level is Level.BUCKET and record.sequence in (4, 9) for record in records):
            raise StoreError("bins of another width", refused=True)

    target = Watched(choosy)
    sender = started(spool, target)
    sender.close(PATIENCE)
    assert buckets(target) == [1, 2, 3, 5, 6, 7, 8]
    assert len(target.of(Level.MINUTE)) == 8
    assert sender.warnings == (f"2 records refused: bins of another width; see {tmp_path / 'refused'}",)
    assert len(list((tmp_path / "refused").iterdir())) == 2
    assert spool.state.waiting == 0


def test_refused_records_are_kept_up_to_a_limit(spool: Spool, tmp_path: Path) -> None:
    written(spool, MAX_REFUSED // 2 + 10)
    target = Watched(refuse)
    started(spool, target).close(PATIENCE)
    assert spool.state.refused > MAX_REFUSED
    assert len(list((tmp_path / "refused").iterdir())) == MAX_REFUSED


def test_a_bug_in_the_target_ends_nothing(spool: Spool) -> None:
    def bug(records: Sequence[SensorRecord]) -> None:
        if len(target.calls) < 3:
            raise KeyError("oops")

    written(spool, 2)
    target = Watched(bug)
    sender = started(spool, target)
    target.await_calls(2)
    sender.close(PATIENCE)
    assert buckets(target) == [1, 2]


def test_a_spool_that_cannot_be_read_is_said_and_tried_again(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    written(spool, 2)
    tried, oldest = threading.Event(), spool.oldest

    def fails(records: int, size: int) -> list[Waiting]:
        if tried.is_set():
            return oldest(records, size)
        tried.set()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(spool, "oldest", fails)
    target = Watched()
    sender = started(spool, target)
    assert tried.wait(PATIENCE)
    sender.close(PATIENCE)
    assert (buckets(target), spool.state.waiting) == ([1, 2], 0)


@pytest.mark.parametrize(
    ("skew", "words"), [(12.0, "12 s ahead of"), (-700.0, "11 min 40 s behind"), (4.0, ""), (None, "")]
)
def test_a_clock_that_is_off_is_said(spool: Spool, skew: float | None, words: str) -> None:
    target = Watched()
    target.skew = skew
    sender = started(spool, target)
    said = (f"this clock is {words} that of https://store; use NTP on both",) if words else ()
    assert sender.warnings == said
    sender.close(PATIENCE)


def test_a_store_that_never_answers_does_not_delay_the_end(spool: Spool) -> None:
    written(spool, 1)
    asked, released = threading.Event(), threading.Event()

    def hang(records: Sequence[SensorRecord]) -> None:
        asked.set()
        released.wait(PATIENCE)

    target = Watched(hang)
    sender = started(spool, target)
    assert asked.wait(PATIENCE)
    sender.close(0.01)
    assert not target.closed
    released.set()


def test_pauses_grow_and_differ_by_chance(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(sending, "LONGEST_PAUSE", 120.0)
    pauses: dict[float, list[float]] = {}
    for chance in (0.0, 0.5):
        written(spool, 1)
        sender = Sender(spool, Watched(unreachable), "https://store", lambda: 0.0, lambda chance=chance: chance)  # type: ignore[misc]
        found = pauses.setdefault(chance, [])
        monkeypatch.setattr(sender, "_pause", found.append)
        for _ in range(9):
            sender._try(sender._next())
    assert pauses[0.0] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert pauses[0.5] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
