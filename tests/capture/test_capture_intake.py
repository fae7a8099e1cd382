"""From a source to batches: what is taken, what waits, and what the thread of a live capture delivers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from capture_helpers import read_all
from decoders import decoder
from wire import Talk, get, ok

from capture.capture_thread import CaptureThread
from capture.dissector import Dissector
from capture.errors import CaptureError
from capture.intake import Intake
from capture.open import open_file
from capture.recent_packets import RecentPackets
from capture.source import Counters
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.records import Exchange, Request

FRAMES = Talk(time=1000.0).client(get("/1")).server(ok()).client(get("/2")).server(ok()).close().frames


class Made:
    """A live source that yields frames one by one and then ends as requested."""

    name, live, warning = "made", True, ""

    def __init__(self, frames: list[Frame], end: Exception | None = None) -> None:
        self._frames: Iterator[Frame] = iter(frames)
        self._end = end
        self._received = 0
        self._clock = 0.0
        self.closed = False

    def read(self) -> Frames | None:
        frame = next(self._frames, None)
        if frame is None:
            if self._end is not None:
                raise self._end
            return None
        self._received += 1
        self._clock = frame.time
        return Frames.of([frame])

    def counters(self) -> Counters:
        return Counters(self._received, 3)

    def clock(self) -> float:
        return self._clock

    def position(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True


def test_records_wait_until_they_are_taken() -> None:
    intake = Intake(Made(FRAMES), decoder())
    while (frames := intake.read()) is not None:
        intake.decode(frames)
    intake.finish()
    assert intake.waiting == 4
    assert [type(record) for record in intake.take().records()] == [Request, Exchange] * 2
    assert intake.waiting == 0


def test_whole_packets_follow_the_records_and_lost_ones_are_counted() -> None:
    intake = Intake(Made(FRAMES), decoder(), dissector=Dissector(lambda frame: frame.time, limit=6))
    intake.decode(Frames.of(FRAMES))
    assert intake.waiting == 4 + 6
    assert intake.take().records()[4:] == [frame.time for frame in FRAMES[:6]]
    assert intake.status().health.lost == len(FRAMES) - 6
    assert intake.waiting == 0


def test_the_thread_hands_over_everything() -> None:
    source = Made(FRAMES)
    thread = CaptureThread(Intake(source, decoder()))
    thread.start()
    thread._thread.join()
    batch, clock, status = thread.take()
    assert source.closed
    assert (thread.ended, thread.error) == (True, None)
    assert [type(record) for record in batch.records()] == [Request, Exchange] * 2
    assert (clock, status.counters, status.health.exchanges) == (FRAMES[-1].time, Counters(len(FRAMES), 3), 2)


def test_a_failing_source_ends_the_capture_but_keeps_earlier_records() -> None:
    thread = CaptureThread(Intake(Made(FRAMES, CaptureError("eth0 is gone")), decoder()))
    thread.start()
    thread._thread.join()
    batch, clock, _ = thread.take()
    assert (len(batch), clock) == (4, FRAMES[-1].time)
    assert str(thread.error) == "eth0 is gone"


def test_an_unexpected_exception_is_raised_when_records_are_taken() -> None:
    thread = CaptureThread(Intake(Made(FRAMES, ZeroDivisionError()), decoder()))
    thread.start()
    thread._thread.join()
    with pytest.raises(ZeroDivisionError):
        thread.take()


class Failing:
    """A decoder that failed on a frame."""

    def __init__(self) -> None:
        self._faults = [("index out of bounds", 1000.5, 1, b"frame"), ("another", 1001.0, 1, b"")]
        self._decoder = decoder()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)

    def faults(self) -> list[tuple[str, float, int, bytes]]:
        faults, self._faults = self._faults, []
        return faults


def test_a_decoder_fault_is_reported_in_one_line_and_its_frame_is_saved() -> None:
    intake = Intake(Made([]), Failing())
    (said,) = intake.status().warnings
    assert said.startswith("the core failed on a packet (index out of bounds) and dropped its connection")
    assert intake.status().warnings == (said,)
    path = Path(said.rpartition(" with ")[2])
    (frame,) = read_all(open_file(str(path), ""))
    path.unlink()
    assert (frame.time, frame.data) == (1000.5, b"frame")


def test_recent_packets_are_kept_while_a_source_is_read() -> None:
    intake, recent = Intake(Made(FRAMES), decoder()), RecentPackets(60, 2**20)
    intake.keep_in(recent)
    while (frames := intake.read()) is not None:
        intake.decode(frames)
    assert [frame for batch in recent.freeze(0, 2000).batches for frame in batch] == FRAMES
