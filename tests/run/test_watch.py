"""The steps of a live capture: how many records one takes."""

import time
from types import SimpleNamespace
from typing import Any

from decoders import decoder
from wire import Talk, get, ok

from capture.intake import COLUMN, Intake
from capture.source import Counters
from run.watch import Stop, seconds_to_fill, watch_live
from traffic.frames import Frames

PATIENCE = 60.0
"""Seconds after which the test fails."""


class Busy:
    """A live source that never pauses: the same conversation, on one port after the other."""

    name, live, warning = "busy", True, ""

    def __init__(self) -> None:
        self._port = 0

    def read(self) -> Frames:
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


def test_a_batch_fills_at_the_rate_of_the_one_before() -> None:
    assert seconds_to_fill(4 * COLUMN, 2.0) == 0.5
    assert seconds_to_fill(COLUMN // 8, 2.0) == 16.0
    assert seconds_to_fill(0, 2.0) == float("inf")


def test_a_step_of_a_busy_capture_does_not_wait_for_the_refresh() -> None:
    due, counted = time.time() + 3600, [0]
    session: Any = SimpleNamespace(
        due=due, begin=lambda now, status: None, count=lambda batch: counted.append(len(batch))
    )
    intake = Intake(Busy(), decoder())
    steps = watch_live(intake, session, None, Stop())
    assert next(steps) > 3000
    end = time.monotonic() + PATIENCE
    while intake.waiting < 2000:
        assert time.monotonic() < end
    assert next(steps) < PATIENCE * COLUMN / 2000 < 3000
    steps.close()
    assert max(counted) >= 2000
