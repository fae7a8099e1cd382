"""Offers a season when the baseline that was learned once does not fit an ordinary day. Pure."""

from collections.abc import Mapping
from enum import Enum

from view.decision import signal_in_words


class Way(Enum):
    """How the user can take an offer."""

    KEY = "B"
    COMMAND = "exercise.py signals baseline {signal} seasonal"
    SETTING = "--set {signal}_baseline=seasonal"


def offers(reasons: Mapping[str, str], way: Way) -> tuple[str, ...]:
    """Return a sentence for each signal that is offered a season, with the reason and how to take it."""
    return tuple(
        f"{signal_in_words(signal)} {why}; {way.value.format(signal=signal)} follows the time of day"
        for signal, why in reasons.items()
    )
