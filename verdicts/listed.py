"""Clients and hosts that threat intelligence lists. Pure.

Each look-up is remembered, but only as long as the tables stay the same: an indicator that is gone from its file is
gone from here too, and one that expires does so for who was found before.
"""

from functools import lru_cache
from typing import Final

from detection.intelligence.table import Match, Table

REMEMBERED: Final = 8192
"""Values whose look-up is remembered."""


class Listed:
    """Says whether a client or a host is listed, and by whom. What an allow list has never is."""

    def __init__(self) -> None:
        self._matches = _LookUp(Table(), Table())

    def use(self, listed: Table, allowed: Table) -> None:
        """Compare with these indicators from now on. Another thread may call this."""
        self._matches = _LookUp(listed, allowed)

    def reason(self, client: str, host: str, now: float) -> str:
        """Say why a request is listed at a time, in ASCII; empty if it is not."""
        look_up = self._matches
        if not look_up.has_any:
            return ""
        for who, value in (("client", client), ("host", host)):
            match = max((each for each in look_up.of(value) if each.expires > now), key=_confidence, default=None)
            if match is not None:
                text = f"{who} {value} listed by {match.feed}, confidence {match.confidence}"
                return text.encode("ascii", "replace").decode("ascii")
        return ""


class _LookUp:
    def __init__(self, listed: Table, allowed: Table) -> None:
        self.has_any = len(listed) > 0
        self._listed = listed
        self._allowed = allowed
        self.of = lru_cache(maxsize=REMEMBERED)(self._find)

    def _find(self, value: str) -> tuple[Match, ...]:
        name = value.strip("[]")
        matches = self._listed.hosts([name]).get(0, ()) if name else ()
        return tuple(match for match in matches if not self._allowed.covers(match, name))


def _confidence(match: Match) -> int:
    return match.confidence
