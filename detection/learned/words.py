"""How the features of a request differ from what is usual, in words. Pure."""

from typing import Final

from detection.learned.inputs import TIME_UNIT
from detection.unseen.features import CATEGORY, Feature, amount

_MORE: Final = {1: "more than usual", -1: "less than usual", 0: "other than usual"}
_TIME: Final = "response_time"
_MILLISECOND: Final = 1e-3


def tendency(feature: Feature, direction: int) -> str:
    """Name a feature, and whether bad requests have more of it (1) or less (-1)."""
    return f"{feature.title}: {'an unusual one' if feature.kind == CATEGORY else _MORE[direction]}"


def difference(feature: Feature, rank: int, usual: int) -> str:
    """Name a feature of a request, with its amount and the usual one: the least ones of their steps."""
    if feature.kind == CATEGORY:
        return f"unusual {feature.title}"
    return f"{feature.title} {_amount(feature, rank)} (usually {_amount(feature, usual)})"


def _amount(feature: Feature, step: int) -> str:
    if feature.name == _TIME:
        return f"{amount(step) * TIME_UNIT / _MILLISECOND:,.1f} ms"
    return f"{amount(step):,}"
