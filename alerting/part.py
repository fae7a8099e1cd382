"""How much there was of what a signal is about, and whose it was."""

from collections.abc import Mapping
from typing import Final

from alerting.alert import Contributor
from alerting.shares import MAX_NAMES, Shares

NAMED: Final = 3
"""Contributors of a kind."""
LEAST_SHARE: Final = 0.1
"""Of the whole; who has less explains nothing."""
NAME_LENGTH: Final = 200
"""Characters of a contributor's name."""


class Part:
    """An amount, and its shares by kind of owner: by client, by section, ..."""

    __slots__ = ("shares", "total")

    def __init__(self, *kinds: str, max_names: int = MAX_NAMES) -> None:
        self.total = 0
        self.shares = {kind: Shares(max_names) for kind in kinds}

    def add(self, total: int, **amounts: Mapping[str, int]) -> None:
        """Add a total, and by kind what each owner has of it."""
        self.total += total
        for kind, by_name in amounts.items():
            self.shares[kind].add(by_name)

    def contributors(self) -> tuple[Contributor, ...]:
        """Who has the most of it, the largest share first."""
        found = [
            Contributor(kind, name[:NAME_LENGTH], amount, min(1.0, amount / self.total))
            for kind, shares in self.shares.items()
            for name, amount in shares.largest(NAMED)
            if self.total and amount >= LEAST_SHARE * self.total
        ]
        return tuple(sorted(found, key=lambda one: -one.share))

    def above(self, usual: "Part", scale: float) -> "Part":
        """What is more than `scale` times the usual, for all and for each owner."""
        more = Part()
        more.total = max(0, round(self.total - scale * usual.total))
        more.shares = {kind: shares.above(usual.shares[kind], scale) for kind, shares in self.shares.items()}
        return more
