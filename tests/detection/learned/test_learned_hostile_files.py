"""Files of labels and models with mistakes in them, made at random, the same each time."""

import json
from random import Random
from typing import Any

import numpy as np
from labelled import bad, line
from small_models import NAMES, model, trees

from detection.learned.inputs import codes_of
from detection.learned.labels import LabelReader
from detection.learned.model_file import ModelError, model_of, model_text
from traffic.batch import RecordTable
from traffic.features import DIGITS
from traffic.records import Exchange

VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1e999, 1.5, 2**64, 10**400, "", "x", "\ud800", "good", [], [1], {}, {"a": 1}, [[1.0] * 8] * 20,
)  # fmt: skip


def with_a_mistake(text: bytes, dice: Random) -> bytes:
    """Change some bytes, cut the text, or give a member another value."""
    kind = dice.randrange(3)
    if kind == 0:
        changed = bytearray(text)
        for _ in range(dice.randrange(1, 5)):
            changed[dice.randrange(len(changed))] = dice.choice(b'\x00\xff{}[]",:-0e9.')
        return bytes(changed)
    if kind == 1:
        return text[: dice.randrange(len(text))]
    stored = json.loads(text)
    stored[dice.choice([*stored, "new"])] = dice.choice(VALUES)
    return json.dumps(stored).encode()


def test_a_line_with_a_mistake_is_an_example_or_is_told() -> None:
    dice, reader = Random(1), LabelReader(DIGITS)
    text = line(bad(1)[0], "bad").encode()
    count = 4000
    reader.read(with_a_mistake(text, dice) for _ in range(count))
    labels = reader.labels()
    assert sum(problem.total for problem in labels.problems) > count / 3
    exchanges = [each.exchange for each in labels.examples]
    assert exchanges
    assert codes_of(RecordTable(Exchange, exchanges)).shape[0] == len(exchanges)
    assert all(each.domain is not None for each in exchanges)


def accepted(text: bytes) -> bool:
    """Return whether a model is accepted; one that is must score."""
    codes = np.random.default_rng(3).integers(0, 256, (20, 4)).astype(np.uint8)
    try:
        scores = model_of(text, NAMES).scores(codes)
    except ModelError:
        return False
    return bool(((scores >= 0) & (scores <= 1)).all())


def test_a_model_with_a_mistake_is_refused_or_scores() -> None:
    dice = Random(2)
    texts = [model_text(model(form)).encode() for form in (None, trees(3, 20, 4, seed=1))]
    refused = sum(not accepted(with_a_mistake(texts[number % 2], dice)) for number in range(3000))
    assert 1000 < refused < 3000
