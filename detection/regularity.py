"""How regular a series of numbers is, by statistics that a few outliers do not move. Pure."""

from collections.abc import Sequence

import numpy as np


def regularity(values: Sequence[float], finest: float) -> float:
    """Return 1 for values that are all alike, and about a half for random ones.

    It is the mean of two scores: how small the median distance from the median is, relative to that, and how symmetric
    the quartiles are around it (Bowley's skewness). Quartiles within `finest` of each other coincide: their skewness
    would be that of noise, so it does not count.
    """
    first, median, third = np.percentile(values, (25, 50, 75))
    distance = float(np.median(np.abs(np.asarray(values) - median)))
    steady = max(0.0, 1 - distance / max(float(median), finest))
    if third - first <= finest:
        return steady
    skewness = abs(first + third - 2 * median) / (third - first)
    return float(steady + 1 - skewness) / 2
