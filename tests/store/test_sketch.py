"""What the sketch promises about the keys that it removed."""

from collections import Counter

import numpy as np
from hypothesis import given, strategies

from store.sketch import NOWHERE, Sketch, capacity

streams = strategies.lists(strategies.integers(0, 40).map(lambda number: f"key {number * number // 40}"), max_size=400)
pieces = strategies.integers(1, 50)


def counted(keys: list[str], max_keys: int, piece: int = 7, amount: int = 1) -> Sketch:
    """Add each key with the same amount, some at a time."""
    sketch = Sketch(max_keys)
    for begin in range(0, len(keys), piece):
        part = keys[begin : begin + piece]
        sketch.add(part, np.full((1, len(part)), amount))
    return sketch


def count(sketch: Sketch, key: str) -> int:
    slot = sketch.slots.get(key)
    return 0 if slot is None else int(sketch.sums[0, slot])


@given(streams, strategies.integers(1, 8), pieces)
def test_undercounts_are_bounded_and_there_are_no_overcounts(keys: list[str], max_keys: int, piece: int) -> None:
    sketch = counted(keys, max_keys, piece)
    bound = len(keys) / (max_keys + 1)
    for key, came in Counter(keys).items():
        assert came - bound <= count(sketch, key) <= came


@given(streams, strategies.integers(1, 8), pieces)
def test_the_sketch_is_bounded_and_adds_up_with_the_rest(keys: list[str], max_keys: int, piece: int) -> None:
    sketch = counted(keys, max_keys, piece, amount=7)
    assert sketch.sums.sum() + sketch.rest[0] == 7 * len(keys)
    assert len(sketch.slots) <= 2 * max_keys
    assert sketch.sums.shape == (1, capacity(max_keys))


def test_a_heavy_key_that_arrives_after_a_flood_is_kept() -> None:
    """10,000 keys come once each, then one key comes 1000 times among 10,000 more."""
    flood = [f"junk {number}" for number in range(10_000)]
    mixed = [key for number in range(1000) for key in ["late", *(f"more {number} {part}" for part in range(10))]]
    sketch = counted(flood + mixed, max_keys=100, piece=500)
    assert count(sketch, "late") >= 1000 - 21_000 / 101
    assert len(sketch.slots) <= 200


@given(streams, strategies.integers(1, 8))
def test_weightless_keys_do_not_displace_others(keys: list[str], max_keys: int) -> None:
    """Such keys come with ends of exchanges whose requests were counted earlier."""
    sketch = Sketch(max_keys)
    for number, key in enumerate(keys):
        sketch.add([key], np.array([[1]]))
        sketch.add([f"weightless {number}"], np.array([[0]]))
    for key, came in Counter(keys).items():
        assert came - len(keys) / (max_keys + 1) <= count(sketch, key) <= came


@given(streams, strategies.integers(1, 8))
def test_add_returns_slots_or_nowhere_for_removed_keys(keys: list[str], max_keys: int) -> None:
    distinct, sketch = list(dict.fromkeys(keys)), Sketch(max_keys)
    slots = sketch.add(distinct, np.ones((1, len(distinct)), int))
    assert slots.tolist() == [sketch.slots.get(key, NOWHERE) for key in distinct]


def test_released_slots_are_reported() -> None:
    left: list[int] = []
    sketch = Sketch(1, on_release=lambda slots: left.extend(slots.tolist()))
    slots = sketch.add(["light", "heavy", "light too"], np.array([[1, 5, 1]]))
    assert (slots.tolist(), left) == ([NOWHERE, 1, NOWHERE], [0, 2])


def test_a_released_slot_is_cleared_and_reused() -> None:
    sketch = Sketch(2)
    sketch.add(["a", "b"], np.array([[5, 6]]))
    sketch.release(np.array([sketch.slots["a"]]))
    sketch.add(["c"], np.array([[1]]))
    assert (sketch.slots, sketch.sums[0, :2].tolist(), sketch.rest[0]) == ({"b": 1, "c": 0}, [1, 6], 0)


def test_debts_from_before_the_window_are_forgiven() -> None:
    """A key that arrives when the floor has risen has no advantage over earlier ones."""
    sketch = counted([f"junk {number}" for number in range(50)], 1, piece=1)
    sketch.release(sketch.held())
    sketch.add(["here", "here"], np.ones((1, 2), int))
    sketch.settled_floor = sketch.floor = sketch.floor + 100
    sketch.add(["new", "newer"], np.ones((1, 2), int))
    assert list(sketch.slots) == ["here"]
