"""Where the corpus and this program differ on purpose, by name of the capture: how, and why."""

from typing import NamedTuple


class Exemption(NamedTuple):
    """A difference that is right."""

    reason: str
    section: str
    """Of the RFC that says so; empty where none is concerned."""
    missing: int = 0
    extra: int = 0
    wrong: int = 0


EXCEPTIONS: dict[str, Exemption] = {}
