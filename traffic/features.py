"""The features of requests, which the core finds: see `detection.unseen.features` for what they mean. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

COUNT: Final = 87
"""Features of a request, a byte each."""
DIGITS: Final = 2 * COUNT
"""Hexadecimal digits for them, as in `Exchange.features`."""


def unpacked(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return the features of requests, one row each, from their hexadecimal digits.

    Texts that are empty, or of another length, as those of another version, give rows of zeros.
    """
    whole = "".join([text if len(text) == DIGITS else "0" * DIGITS for text in texts])
    return np.frombuffer(bytes.fromhex(whole), np.uint8).reshape(len(texts), COUNT)


def found(features: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the rows whose features were found."""
    return np.asarray(features.any(axis=1))
