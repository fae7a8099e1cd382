"""Packet time goes on evenly, whatever happens to the clock that stamps the packets."""

from collections.abc import Sequence

import pytest

from capture.steady_time import SteadyTime
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames

NOON = 1_800_000_000.0
HOUR = 3600.0


class Clocks:
    """The system's clock and the monotonic clock, which does not run while the machine sleeps."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOON, 500.0
        self.steady = SteadyTime(lambda: self.wall, lambda: self.monotonic)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def step(self, seconds: float) -> None:
        self.wall += seconds

    def times(self, *stamps: float) -> Sequence[float]:
        """Return the packet times after NOON of frames that were just read, with these time stamps after NOON."""
        self.steady.look()
        frames = Frames.of(Frame(NOON + stamp, LINKTYPE_ETHERNET, b"", 0) for stamp in stamps)
        return [round(float(time) - NOON, 3) for time in self.steady.in_packet_time(frames).times]


def test_frames_are_not_touched_while_nobody_sets_the_clock() -> None:
    clocks = Clocks()
    frames = Frames.of([Frame(NOON, LINKTYPE_ETHERNET, b"", 0)])
    clocks.wait(1)
    clocks.steady.look()
    assert clocks.steady.in_packet_time(frames) is frames
    assert clocks.steady.warning == ""


def test_packet_time_goes_on_when_the_clock_is_set_back() -> None:
    clocks = Clocks()
    clocks.wait(10)
    assert clocks.times(9.5) == [9.5]
    clocks.step(-HOUR)
    clocks.wait(1)
    assert clocks.times(9.8, 10.0 - HOUR, 10.9 - HOUR) == [9.8, 10.0, 10.9]
    clocks.wait(2 * HOUR)
    assert clocks.times(10.0 + HOUR) == [10.0 + 2 * HOUR]
    assert clocks.steady.warning == "the clock was set back by 3,600 s; times go on, 3,600 s ahead of it"
    assert clocks.steady.resumed == 0


def test_an_idle_source_goes_on_too() -> None:
    clocks = Clocks()
    clocks.step(-HOUR)
    assert clocks.times() == []
    assert clocks.steady.packet_time(NOON - 0.2) == NOON - 0.2, "read before the step"
    assert clocks.steady.packet_time(NOON - HOUR + 0.1) == NOON + 0.1, "read after it"
    assert clocks.steady.packet_time(0.0) == 0.0, "nothing was read yet"


def test_a_correction_of_the_step_makes_times_right_again() -> None:
    clocks = Clocks()
    clocks.step(-HOUR)
    assert clocks.times(1 - HOUR) == [1]
    clocks.wait(2)
    clocks.step(HOUR)
    assert clocks.times(1.5 - HOUR, 2) == [1.5, 2]
    assert clocks.times(3) == [3]
    assert clocks.steady.warning == "the clock was set forward by 3,600 s; times are right again"
    assert clocks.steady.resumed == 0


def test_two_steps_back_add_up() -> None:
    clocks = Clocks()
    for step in (1, 2):
        clocks.step(-HOUR)
        assert clocks.times(-step * HOUR) == [0]
    assert clocks.steady.warning == "the clock was set back by 3,600 s; times go on, 7,200 s ahead of it"


def test_packet_time_follows_a_clock_that_is_set_forward() -> None:
    clocks = Clocks()
    clocks.step(HOUR)
    assert clocks.times(-0.1, HOUR) == [-0.1, HOUR]
    assert -0.1 < clocks.steady.resumed - NOON < HOUR
    assert clocks.steady.warning.startswith("nothing was watched for 3,600 s, until ")
    assert clocks.steady.warning.endswith(": the machine was suspended, or its clock set forward")


def test_of_a_step_beyond_the_correction_only_the_rest_was_not_watched() -> None:
    clocks = Clocks()
    clocks.step(-HOUR)
    assert clocks.times(-HOUR) == [0]
    clocks.step(3 * HOUR)
    assert clocks.times(0.1 - HOUR, 2 * HOUR) == [0.1, 2 * HOUR]
    assert 0.1 < clocks.steady.resumed - NOON < 2 * HOUR
    assert clocks.steady.warning.startswith("nothing was watched for 7,200 s, ")


@pytest.mark.parametrize("step", [-1.5, -0.001, 0.2, 1.9])
def test_small_corrections_are_no_steps(step: float) -> None:
    clocks = Clocks()
    for _ in range(10):
        clocks.step(step)
        clocks.times()
    assert (clocks.steady.warning, clocks.steady.resumed) == ("", 0)


def test_an_interruption_between_reading_two_clocks_is_no_step() -> None:
    wall, monotonic = NOON, iter([0.0, 1.0, 10.0, 10.0, 10.0])
    steady = SteadyTime(lambda: wall, lambda: next(monotonic))
    steady.look()
    assert steady.warning == ""
    wall = NOON + 10
    steady.look()
    assert steady.warning == ""
