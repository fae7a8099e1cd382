"""Models of four features with made-up numbers."""

import numpy as np

from detection.learned.model import Linear, Model, Trees

NAMES = ("a", "b", "c", "d")


def trees(depth: int, count: int, features: int, seed: int) -> Trees:
    random, leaves = np.random.default_rng(seed), 2**depth
    return Trees(
        0.25,
        random.integers(0, features, (count, leaves - 1)),
        random.integers(0, 256, (count, leaves - 1)).astype(np.uint8),
        random.normal(size=(count, leaves)),
    )


def model(form: Linear | Trees | None = None) -> Model:
    ranks = {3: np.arange(255, -1, -1).astype(np.uint8)}
    usual = np.array([1, 2, 3, 128], np.uint8)
    return Model(NAMES, ranks, usual, form or Linear(-1.0, np.array([0.5, 0.0, -0.25, 0.125])), 0.75, 200, 60)
