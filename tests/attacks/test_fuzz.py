"""The fuzz targets hold for their seeds and for mutations: a short version of `make fuzz`."""

import random

import pytest

from .fuzz import changed
from .fuzz_targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str) -> None:
    target, dice = TARGETS[name], random.Random(name)
    seeds = list(target.seeds())
    for data in [*seeds, *(changed(dice, seeds) for _ in range(1500))]:
        target.run(data)
