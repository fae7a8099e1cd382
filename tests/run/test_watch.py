"""The steps of a live capture: how many records one takes."""

import time
from types import SimpleNamespace
from typing import Any

from decoders import decoder
from wire import Talk, get, ok

from capture.intake import COLUMN, Intake
from capture.source import Counters
from dashboard.heading import state_items
from exercise_config import Config
from run.session import Session
from run.watch import Stop, watch_file, watch_live
from stats.loading import load
from traffic.batch import Batch
from traffic.frames import Frames
from view.page import Page

PATIENCE = 60.0
"""Seconds after which the test fails."""


class Busy:
    """A live source that never pauses: the same conversation, on one port after the other."""

    name, live, warning = "busy", True, ""

    def __init__(self) -> None:
        self._port = 0

    def read(self) -> Frames | None:
        self._port = self._port % 60_000 + 1
        talk = Talk(time=1000.0, client_port=self._port)
        return Frames.of(talk.client(get() * 100).server(ok() * 100).frames)

    def counters(self) -> Counters:
        return Counters(0, 0)

    def clock(self) -> float:
        return 1000.0

    def position(self) -> None:
        return None

    def close(self) -> None:
        """Do nothing."""


def test_a_step_takes_a_full_batch_before_the_refresh_and_no_less() -> None:
    due, counted = time.time() + 3600, list[int]()

    def count(batch: Batch) -> None:
        counted.append(len(batch))

    session: Any = SimpleNamespace(due=due, begin=lambda now, status: None, count=count)
    steps = watch_live(Intake(Busy(), decoder()), session, None, Stop())
    end = time.monotonic() + PATIENCE
    while not counted:
        assert next(steps) < 1
        assert time.monotonic() < end
    assert counted[0] >= COLUMN
    steps.close()


class SetBack(Busy):
    """An idle live source whose packet time goes on, while the system's clock is an hour behind it."""

    def __init__(self, packet_time: float) -> None:
        super().__init__()
        self._packet_time = packet_time

    def read(self) -> Frames:
        return Frames(b"")

    def clock(self) -> float:
        return self._packet_time


def test_a_step_is_due_by_packet_time_not_by_the_clock() -> None:
    due, ticked = time.time() + 3600, list[float]()
    session: Any = SimpleNamespace(
        due=due,
        begin=lambda now, status: None,
        count=lambda batch: None,
        tick=lambda now, status: ticked.append(now),
    )
    steps = watch_live(Intake(SetBack(due), decoder()), session, None, Stop())
    end = time.monotonic() + PATIENCE
    while not ticked:
        assert next(steps) < 1
        assert time.monotonic() < end
    assert ticked[0] == due
    steps.close()


class Read(Busy):
    """A file with one exchange."""

    name, live = "small.pcap", False

    def __init__(self) -> None:
        super().__init__()
        talk = Talk(time=1000.0).client(get()).server(ok())
        self._left = [Frames.of(talk.frames)]

    def read(self) -> Frames | None:
        return self._left.pop() if self._left else None


def test_the_end_of_a_file_is_a_state() -> None:
    config = Config(statistics=("request_rate",), signals=("request_rate",))
    session = Session(config, load(config.statistics), "small.pcap port 80", [], [])
    intake = Intake(Read(), decoder())
    steps = watch_file(intake, session, None, Stop())
    next(steps)
    assert not session.ended
    assert list(steps) == []
    assert session.ended
    session.judge(1003.0, intake.status())
    view = session.view(None)
    assert view is not None
    assert view.chart is not None
    assert any(view.chart.known), "the bucket in which the file ends counts too"
    lines = ["".join(piece.text for piece in line) for line in state_items(view, Page(120))]
    assert lines == ["ENDED", "1 request", "no baseline: 3 s is too short to learn from; learning takes 2 min"]


def test_a_file_that_was_not_read_to_its_end_has_not_ended() -> None:
    config = Config(statistics=("request_rate",), signals=("request_rate",))
    session, stop = Session(config, load(config.statistics), "small.pcap port 80", [], []), Stop()
    stop.set()
    list(watch_file(Intake(Read(), decoder()), session, None, stop))
    assert not session.ended
