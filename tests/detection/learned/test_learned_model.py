"""Models of plain numbers: scores, what adds to them, and files that are refused."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from small_models import NAMES, model, trees

from detection.learned.model import Trees, logistic
from detection.learned.model_file import LARGEST, ModelError, model_of, model_text


def walked(form: Trees, row: Any) -> float:
    """Follow a row through each tree."""
    total = form.bias
    for columns, thresholds, values in zip(form.columns, form.thresholds, form.values, strict=True):
        node = 0
        while node < len(columns):
            node = 2 * node + (1 if row[columns[node]] <= thresholds[node] else 2)
        total += values[node - len(columns)]
    return float(total)


@pytest.mark.parametrize(("depth", "rows"), [(1, 3), (2, 600), (3, 1200), (5, 40)])
def test_all_trees_at_once_give_what_one_gets_by_walking_each(depth: int, rows: int) -> None:
    form = trees(depth, 20, 7, seed=depth)
    ranks = np.random.default_rng(9).integers(0, 256, (rows, 7)).astype(np.uint8)
    assert form.depth == depth
    assert np.allclose(form.sums(ranks), [walked(form, row) for row in ranks], rtol=0, atol=1e-12)
    assert len(form.sums(ranks[:0])) == 0


def test_a_score_is_the_logistic_function_of_the_weighted_ranks() -> None:
    codes = np.array([[4, 9, 8, 255]], np.uint8)  # the rank of the last is 0
    assert model().scores(codes) == pytest.approx(1 / (1 + np.exp(1.0 - 2.0 + 2.0 - 0.0)))
    assert codes[0, 3] == 255, "the features themselves stay"
    assert logistic(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("form", [None, trees(3, 20, 4, seed=1)])
def test_what_a_feature_adds_is_the_difference_to_the_usual(form: Trees | None) -> None:
    made = model(form)
    ranks = np.array([[4, 2, 9, 200], [1, 2, 3, 128]], np.uint8)
    added = made.shares(ranks)
    for column in range(4):
        usual = ranks.copy()
        usual[:, column] = made.usual[column]
        assert np.allclose(added[:, column], made.form.sums(ranks) - made.form.sums(usual))
    assert np.allclose(added[1], 0.0)


@pytest.mark.parametrize("form", [None, trees(3, 20, 4, seed=1)])
def test_a_model_is_the_same_after_it_was_written_and_read(form: Trees | None) -> None:
    made = model(form)
    read = model_of(model_text(made).encode(), NAMES)
    codes = np.random.default_rng(5).integers(0, 256, (300, 4)).astype(np.uint8)
    assert np.array_equal(read.scores(codes), made.scores(codes))
    assert (read.features, read.threshold, read.good, read.bad) == (NAMES, 0.75, 200, 60)
    assert model_text(read) == model_text(made)


def with_member(name: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda stored: {**stored, name: value}


DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a list": (lambda stored: [stored], "is no model: it does not say that it is one"),
    "another format": (with_member("format", "x"), "is no model: it does not say that it is one"),
    "a later version": (with_member("version", 2), "is a model of version 2, and this program reads 1"),
    "a strange version": (with_member("version", "1\n2"), "is a model of no version, and this program reads 1"),
    "ranks in a list": (with_member("ranks", [1]), "is damaged: 'list' object has no attribute"),
    "other features": (with_member("features", ["a"]), "was learned with other features than this program has"),
    "no threshold": (with_member("threshold", 0), "is damaged: threshold is not between 0 and 1"),
    "a text": (with_member("bias", "1"), "is damaged: bias is not a number"),
    "not a number": (with_member("bias", float("nan")), "is damaged: bias is not possible"),
    "infinite": (
        with_member("values", [[float("inf")] * 8] * 20),
        "is damaged: values have a number that is not possible",
    ),
    "few leaves": (with_member("values", [[1.0] * 7] * 20), "is damaged: the trees have no size that is possible"),
    "deep": (with_member("values", [[1.0] * 64] * 20), "is damaged: the trees have no size that is possible"),
    "ragged": (with_member("values", [[1.0] * 8] * 19 + [[1.0] * 7]), "is damaged: setting an array element"),
    "no trees": (with_member("values", []), "is damaged: the trees have no size that is possible"),
    "outside": (with_member("columns", [[4] * 7] * 20), "is damaged: columns name a feature that is not there"),
    "negative": (with_member("columns", [[-1] * 7] * 20), "is damaged: columns are not from 0 to 255"),
    "a fraction": (with_member("thresholds", [[0.5] * 7] * 20), "is damaged: thresholds are not from 0 to 255"),
    "unknown ranks": (with_member("ranks", {"e": [0] * 256}), "is damaged: "),
    "short ranks": (with_member("ranks", {"d": [0] * 255}), "is damaged: ranks of d are not 256 numbers"),
    "another form": (with_member("form", "magic"), "is damaged: form is neither linear nor trees"),
    "a count": (with_member("good", -1), "is damaged: good or bad is not a count"),
    "missing": (
        lambda stored: {name: value for name, value in stored.items() if name != "usual"},
        "is damaged: it has no usual",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_wrong_or_damaged_model_is_refused_in_one_line(name: str) -> None:
    change, message = DAMAGE[name]
    stored = json.loads(model_text(model(trees(3, 20, 4, seed=1))))
    with pytest.raises(ModelError) as caught:
        model_of(json.dumps(change(stored)).encode(), NAMES)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_what_is_no_json_or_too_long_is_no_model() -> None:
    text = model_text(model()).encode()
    for wrong in (text[:-10], b"", b"\xff", b"[" * 100_000):
        with pytest.raises(ModelError, match="it is not JSON"):
            model_of(wrong, NAMES)
    with pytest.raises(ModelError, match="more than 1,048,576 bytes"):
        model_of(text + b" " * LARGEST, NAMES)
