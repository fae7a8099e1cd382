"""A batch of frames: its columns, and single frames taken from it."""

from hypothesis import given
from hypothesis import strategies as st

from traffic.frame import Frame
from traffic.frames import Frames

SINGLE = st.builds(Frame, st.floats(0, 2e9), st.integers(0, 300), st.binary(max_size=20), st.integers(0, 65535))


@given(st.lists(SINGLE))
def test_a_batch_returns_the_frames_it_was_built_from(frames: list[Frame]) -> None:
    batch = Frames.of(frames)
    assert list(batch) == frames
    assert [batch[number] for number in range(len(batch))] == frames
    assert bool(batch) == bool(frames)


@given(st.lists(SINGLE), st.integers(0, 9), st.integers(0, 9))
def test_a_part_of_a_batch_is_a_batch(frames: list[Frame], first: int, last: int) -> None:
    assert list(Frames.of(frames).part(first, last)) == frames[first:last]


@given(st.lists(SINGLE, min_size=1), st.data())
def test_some_frames_of_a_batch_are_a_batch(frames: list[Frame], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, len(frames) - 1)))
    assert list(Frames.of(frames).chosen(numbers)) == [frames[number] for number in numbers]
