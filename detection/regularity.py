"""How regular a series of numbers is, by statistics that a few outliers do not move. Pure."""

from collections.abc import Collection
from statistics import median, quantiles


def regularity(values: Collection[float], finest: float) -> float:
    """Return 1 for values that are all alike, and about a half for random ones.

    It is the mean of two scores: how small the median distance from the median is, relative to that, and how symmetric
    the quartiles are around it (Bowley's skewness). Quartiles within `finest` of each other coincide: their skewness
    would be that of noise, so it does not count.
    """
    first, middle, third = quantiles(values, method="inclusive")
    distance = median(abs(value - middle) for value in values)
    steady = max(0.0, 1 - distance / max(middle, finest))
    if third - first <= finest:
        return steady
    skewness = abs(first + third - 2 * middle) / (third - first)
    return (steady + 1 - skewness) / 2
