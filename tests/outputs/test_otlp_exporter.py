"""The exporter hands over snapshots at the right time, which say since when they count."""

from dataclasses import replace

import pytest
from records import exchange, request
from view_samples import CALM, HEALTH

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertRaised
from outputs.health_counts import COUNTS
from outputs.labels import METHODS
from outputs.otlp.exporter import STEP, OtlpExporter, Terms
from outputs.otlp.snapshot import ALERTS, LATE, Snapshot
from outputs.otlp.statistics import EXCHANGES, http_statistics
from traffic.batch import RecordBatch
from view.view import SignalView, View

PACKETS = next(count for count in COUNTS if count.name == "packets")
SIGNAL = SignalView("latency", "Response time", SignalUnit.SECONDS, "ALERT", 1, 1, 1, 10, 1, False)
START = 1_000.0


class Queue:
    """Takes snapshots while it has room."""

    def __init__(self, room: int = 1000) -> None:
        self.taken: list[Snapshot] = []
        self.room = room
        self.closed: list[float] = []
        self.warnings: tuple[str, ...] = ()

    def start(self) -> None:
        """Nothing is sent."""

    def wait_for_room(self) -> bool:
        return self.room > 0

    def put(self, snapshot: Snapshot) -> None:
        self.room -= 1
        self.taken.append(snapshot)

    def close(self, seconds: float) -> None:
        self.closed.append(seconds)

    @property
    def told(self) -> list[tuple[float, float, int]]:
        """Start, time and number of exchanges of each snapshot, after the start of the run."""
        return [(each.start - START, each.time - START, exchanges(each)) for each in self.taken]


def exchanges(snapshot: Snapshot) -> int:
    return sum(sums.count for _, sums in snapshot.sums[EXCHANGES].items())


class Run:
    """A run of an exporter with buckets of 10 s and exports every 60 s."""

    def __init__(self, queue: Queue, delta: bool = False) -> None:
        self.exporter = OtlpExporter(http_statistics(10, METHODS), Terms(10, 60, delta, 100, 5.0), queue)
        self.exporter.begin(START)
        self.now = START

    def visits(self, *times: float) -> None:
        its = [START + time for time in times]
        self.exporter.take(RecordBatch([exchange(request(time), time=time) for time in its]))

    def until(self, end: float, frames: int = 0) -> None:
        """Show a View at each refresh."""
        while self.now + 10 <= START + end:
            self.now += 10
            self.exporter.advance(self.now + 0.5)
            self.exporter.show(self.view(self.now + 0.5, frames), True)

    def view(self, now: float, frames: int = 0) -> View:
        return replace(CALM, now=now, health=replace(HEALTH, frames=frames), signals=(SIGNAL,))

    def finish(self, at: float) -> None:
        self.exporter.finish(self.view(START + at))
        self.exporter.close()


def test_totals_grow_since_the_start() -> None:
    queue = Queue()
    run = Run(queue)
    run.visits(1, 2)
    run.until(30)
    run.visits(30, 31, 32)
    run.until(100)
    run.visits(101)
    run.finish(105)
    assert queue.told == [(0, 20, 2), (0, 80, 5), (0, 105, 6)], "at multiples of the interval since the epoch"


def test_deltas_join_without_a_gap() -> None:
    queue = Queue()
    run = Run(queue, delta=True)
    run.visits(1, 2)
    run.until(30)
    run.visits(30, 31, 32)
    run.until(100)
    run.visits(101)
    run.finish(105)
    assert queue.told == [(0, 20, 2), (20, 80, 3), (80, 105, 1)]


def test_what_is_not_closed_yet_comes_with_the_next_export() -> None:
    queue = Queue()
    run = Run(queue, delta=True)
    run.visits(19.9, 20.1)
    run.until(80)
    assert [count for _, _, count in queue.told] == [1, 1]


def test_late_records_count_in_the_next_export() -> None:
    queue = Queue()
    run = Run(queue, delta=True)
    run.until(70)
    run.visits(12)
    run.until(80)
    assert queue.told == [(0, 20, 0), (20, 80, 1)]


def test_records_that_are_too_late_are_counted_as_such() -> None:
    queue = Queue()
    run = Run(queue)
    run.until(300)
    run.visits(12, 13, 295)
    run.finish(305)
    assert exchanges(queue.taken[-1]) == 1
    assert queue.taken[-1].counters[LATE, ""] == 2


@pytest.mark.parametrize(("delta", "told"), [(False, (0, 140, 3)), (True, (20, 140, 2))])
def test_while_there_is_no_room_the_next_export_grows(delta: bool, told: tuple[float, float, int]) -> None:
    queue = Queue(room=1)
    run = Run(queue, delta)
    run.visits(1)
    run.until(70)
    run.visits(70)
    run.until(130)
    run.visits(130)
    assert len(queue.taken) == 1
    queue.room = 1
    run.until(140)
    assert queue.told[1] == told


def test_an_export_that_was_late_does_not_move_the_next_one() -> None:
    queue = Queue(room=0)
    run = Run(queue)
    run.until(50)
    queue.room = 100
    run.until(150)
    assert [time for _, time, _ in queue.told] == [60, 80, 140]


def test_counters_are_totals_or_differences() -> None:
    totals, deltas = Queue(), Queue()
    for queue, delta in ((totals, False), (deltas, True)):
        run = Run(queue, delta)
        run.until(20, frames=100)
        run.exporter.event(AlertRaised(START, Alert("latency", 1, None, 1, 1, 1, 1, 1, SignalUnit.SECONDS)))
        run.until(80, frames=250)
    values = [[each.counters[PACKETS, ""] for each in queue.taken] for queue in (totals, deltas)]
    assert values == [[100, 250], [100, 150]]
    alerts = [[each.counters[ALERTS, "latency"] for each in queue.taken] for queue in (totals, deltas)]
    assert alerts == [[0, 1], [0, 1]]


def test_time_that_nobody_watched_is_in_no_delta() -> None:
    """The clock was set forward by an hour: what was counted before it ends before it."""
    queue = Queue()
    run = Run(queue, delta=True)
    run.until(20)
    run.visits(30)
    run.until(40)
    run.visits(41)
    run.exporter.begin(START + 3641)
    run.now = START + 3640
    run.visits(3642)
    run.until(3680)
    assert queue.told == [(0, 20, 0), (20, 40, 2), (3641, 3680, 1)]


def test_totals_go_on_over_time_that_nobody_watched() -> None:
    queue = Queue()
    run = Run(queue)
    run.visits(1)
    run.until(20)
    run.exporter.begin(START + 3641)
    run.now = START + 3640
    run.visits(3642)
    run.until(3680)
    assert queue.told == [(0, 20, 1), (0, 3680, 2)]


def test_two_exports_never_have_the_same_time() -> None:
    queue = Queue()
    run = Run(queue)
    run.until(80)
    run.finish(80)
    times = [each.time - START for each in queue.taken]
    assert times == [20, 80, pytest.approx(80 + STEP)]


def test_a_run_shorter_than_a_bucket_is_exported_at_its_end() -> None:
    queue = Queue()
    run = Run(queue)
    run.visits(1, 2)
    run.finish(3)
    assert queue.told == [(0, 3, 2)]
    assert queue.closed == [5.0]
    assert run.exporter.warnings == ()


def test_sums_that_never_found_room_are_reported() -> None:
    queue = Queue(room=1)
    run = Run(queue)
    run.until(20)
    run.finish(65)
    assert run.exporter.warnings == ("otlp: the last 45 s were not exported: the queue was full",)


def test_a_restart_counts_from_its_own_start() -> None:
    first, second = Queue(), Queue()
    run = Run(first)
    run.visits(1)
    run.finish(15)
    again = OtlpExporter(http_statistics(10, METHODS), Terms(10, 60, False, 100, 5.0), second)
    again.begin(START + 40)
    again.finish(run.view(START + 50))
    assert [first.told[-1], second.told[-1]] == [(0, 15, 1), (40, 50, 0)]
