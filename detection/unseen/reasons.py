"""Says why a request is strange, by the features that differ most from what is usual at its host. Pure."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.unseen.features import FEATURES, amount
from detection.unseen.model import GROUPS, KNOWN, Model
from detection.unseen.usual import CATEGORIES, ORDINARY

MOST: Final = 3
"""Reasons that are told."""
LEAST: Final = 1.5
"""Bits below which a difference is not told."""
QUALITIES: Final = frozenset((
    "host_kind", "agent_kind", "method_kind", "target_oddities", "framing_oddities", "type_oddities",
))  # fmt: skip
"""Amounts whose numbers mean nothing to people."""
_WEIGHTS: Final = {name: weight for weight, names in GROUPS for name in names}


def reasons(model: Model, place: int, features: NDArray[np.uint8]) -> list[str]:
    """Return what differs most, in a few words each; `place` is that of the host.

    The shape of an attack comes before what is merely new or large; of each, the most surprising first.
    """
    order = sorted(_candidates(model.surprises(place, features)), key=lambda each: (_is_ordinary(each[1]), -each[0]))
    told = [feature for bits, feature in order if bits >= LEAST][:MOST]
    return [_told(model, place, feature, int(features[feature])) for feature in told]


def _is_ordinary(feature: int) -> bool:
    return feature < CATEGORIES or FEATURES[feature].name in ORDINARY


def _candidates(surprises: NDArray[np.float32]) -> Iterator[tuple[float, int]]:
    """Iterate over features with their bits; of categories that change together, only the one that counts."""
    for number in np.flatnonzero(surprises[CATEGORIES:]).tolist():
        yield float(surprises[CATEGORIES + number]), CATEGORIES + number
    names = [feature.name for feature in FEATURES[:CATEGORIES]]
    for weight, group in GROUPS:
        places = [names.index(name) for name in group]
        largest = max(places, key=lambda feature: float(surprises[feature]))
        yield weight * float(surprises[largest]), largest


def _told(model: Model, place: int, feature: int, step: int) -> str:
    name, title, _ = FEATURES[feature]
    if feature < CATEGORIES:
        return f"{title} never seen before"
    if name in QUALITIES:
        return title
    usually = _usually(model, place, feature)
    return f"{title}: {amount(step):,}{usually}"


def _usually(model: Model, place: int, feature: int) -> str:
    """Return the most that the host usually gets; that of a host which is not known says nothing."""
    if model.hosts.requests[place] < KNOWN:
        return ""
    most = model.usually(place, feature)
    return f" (at most {most:,} before)" if most else " (never before)"
