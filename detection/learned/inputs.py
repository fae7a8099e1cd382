"""The features that a model scores: those of the request, which the core makes, and those of what came of it. Pure."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detection.learned.model import BINS, Codes
from detection.unseen.features import AMOUNT, CATEGORY, Feature
from detection.unseen.features import FEATURES as OF_REQUEST
from traffic.batch import Table

_OF_OUTCOME: Final = (
    Feature("status", "status", CATEGORY),
    Feature("request_bytes", "request size", AMOUNT),
    Feature("response_bytes", "response size", AMOUNT),
    Feature("response_time", "response time", AMOUNT),
)
FEATURES: Final = (*OF_REQUEST, *_OF_OUTCOME)
"""All features, in the order of the columns."""
TIME_UNIT: Final = 1e-4
"""Seconds of the first step of the response time: below it, only the clock differs."""
_LINEAR: Final = 4
"""Amounts that are their own step; from there on, there are as many steps for each doubling."""


def codes_of(table: Table) -> Codes:
    """Return the features of exchanges; those of a request are zeros where they were not made."""
    of_request = table.features()
    status = (np.maximum(table.numbers("status"), 0) % BINS).astype(np.uint8)
    times = np.nan_to_num(table.numbers("response_time"), nan=0.0) / TIME_UNIT
    amounts = (table.numbers("request_bytes"), table.numbers("response_bytes"), times)
    return np.column_stack((of_request, status, *map(steps, amounts)))


def steps(amounts: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the steps of amounts on the scale of `detection.unseen.features`."""
    whole = np.maximum(np.asarray(amounts, np.float64), 0.0).astype(np.int64)
    doublings = np.frexp(np.maximum(whole, _LINEAR).astype(np.float64))[1].astype(np.int64) - 3  # 4 to 7: none
    stepped = 4 * doublings + (np.maximum(whole, _LINEAR) >> doublings)
    return np.where(whole < _LINEAR, whole, np.minimum(stepped, BINS - 1)).astype(np.uint8)
