"""The fuzz targets hold for their seeds and for mutations: a short version of `make fuzz`."""

import random

import pytest

from .fuzz import changed
from .fuzz_targets import TARGETS


@pytest.mark.parametrize("mutations", [200, pytest.param(1500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str, mutations: int) -> None:
    target, dice = TARGETS[name], random.Random(name)
    seeds = list(target.seeds())
    for data in [*seeds, *(changed(dice, seeds) for _ in range(mutations))]:
        target.run(data)
