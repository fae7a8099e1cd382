"""Writes a model as JSON, and reads it again: nothing in the file is trusted. Pure."""

import json
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detection.learned.model import BINS, Linear, Model, Trees

FORMAT: Final = "http-monitor learned model"
VERSION: Final = 1
LARGEST: Final = 2**20
"""Bytes of a file: one of 200 trees has about 150,000."""
MOST_FEATURES: Final = 256
MOST_TREES: Final = 500
DEEPEST: Final = 5
"""Depth of trees: all nodes are compared, and there are twice as many with each level."""
_LARGEST_NUMBER: Final = 1e6
"""Largest weight: more could overflow, and no sum of sensible ones comes near it."""


class ModelError(ValueError):
    """A text is no model that can be used. The message follows the name of the file."""


def model_text(model: Model) -> str:
    """Return the model as a JSON object with a line for each member."""
    form = model.form
    numbers: dict[str, Any] = {"bias": form.bias}
    if isinstance(form, Linear):
        numbers |= {"form": "linear", "weights": form.weights.tolist()}
    else:
        numbers |= {
            "form": "trees", "columns": form.columns.tolist(), "thresholds": form.thresholds.tolist(),
            "values": form.values.tolist(),
        }  # fmt: skip
    stored = {
        "format": FORMAT,
        "version": VERSION,
        "features": model.features,
        "good": model.good,
        "bad": model.bad,
        "threshold": model.threshold,
        "usual": model.usual.tolist(),
        "ranks": {model.features[column]: ranks.tolist() for column, ranks in model.ranks.items()},
        **numbers,
    }
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in stored.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def model_of(text: bytes, features: Sequence[str]) -> Model:
    """Return the model that a file has, if it is about these features.

    Raises:
        ModelError: it is another file, damaged, too large, or of another version.
    """
    if len(text) > LARGEST:
        raise ModelError(f"has more than {LARGEST:,} bytes, so it is no model")
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError("is no model, or damaged: it is not JSON") from None
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise ModelError("is no model: it does not say that it is one")
    if stored.get("version") != VERSION:
        version = stored.get("version")
        named = f"version {version}" if isinstance(version, int) and abs(version) < _LARGEST_NUMBER else "no version"
        raise ModelError(f"is a model of {named}, and this program reads {VERSION}")
    if stored.get("features") != list(features):
        raise ModelError("was learned with other features than this program has")
    try:
        return _model(stored, tuple(features))
    except KeyError as error:
        raise ModelError(f"is damaged: it has no {error.args[0]}") from None
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"is damaged: {str(error).splitlines()[0]}") from None


def _model(stored: dict[str, Any], features: tuple[str, ...]) -> Model:
    count = len(features)
    if not 0 < count <= MOST_FEATURES:
        raise ValueError("it has no features, or too many")
    ranks = {
        features.index(name): _bytes(values, (BINS,), f"ranks of {name}") for name, values in stored["ranks"].items()
    }
    threshold = _number(stored["threshold"], "threshold")
    if not 0 < threshold <= 1:
        raise ValueError("threshold is not between 0 and 1")
    usual = _bytes(stored["usual"], (count,), "usual")
    return Model(features, ranks, usual, _form(stored, count), threshold, _whole(stored["good"]), _whole(stored["bad"]))


def _form(stored: dict[str, Any], features: int) -> Linear | Trees:
    bias = _number(stored["bias"], "bias")
    if stored["form"] == "linear":
        return Linear(bias, _numbers(stored["weights"], (features,), "weights"))
    if stored["form"] != "trees":
        raise ValueError("form is neither linear nor trees")
    leaves = len(stored["values"][0]) if stored["values"] else 0
    trees, depth = len(stored["values"]), leaves.bit_length() - 1
    if not (0 < trees <= MOST_TREES and 0 < depth <= DEEPEST and leaves == 2**depth):
        raise ValueError("the trees have no size that is possible")
    columns = _bytes(stored["columns"], (trees, leaves - 1), "columns").astype(np.intp)
    if columns.max() >= features:
        raise ValueError("columns name a feature that is not there")
    thresholds = _bytes(stored["thresholds"], (trees, leaves - 1), "thresholds")
    return Trees(bias, columns, thresholds, _numbers(stored["values"], (trees, leaves), "values"))


def _numbers(values: Any, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    found = np.array(values)
    if found.shape != shape or found.dtype.kind not in "iuf":
        raise ValueError(f"{name} are not {' x '.join(map(str, shape))} numbers")
    numbers = found.astype(np.float64)
    if not (np.abs(numbers) <= _LARGEST_NUMBER).all():
        raise ValueError(f"{name} have a number that is not possible")
    return numbers


def _bytes(values: Any, shape: tuple[int, ...], name: str) -> NDArray[np.uint8]:
    found = _numbers(values, shape, name)
    if ((found < 0) | (found >= BINS) | (found % 1 != 0)).any():
        raise ValueError(f"{name} are not from 0 to {BINS - 1}")
    return found.astype(np.uint8)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} is not a number")
    if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
        raise ValueError(f"{name} is not possible")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("good or bad is not a count")
    return value
