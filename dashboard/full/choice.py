"""Which row of a table is chosen, and which ones are seen. Pure.

Once a row was chosen, the choice stays with it wherever it goes; when the row is gone it stays at its place. Until
then the first one is meant, whichever that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Choice:
    """The chosen row of a table."""

    identity: str | None = None
    index: int = 0
    first: int = 0
    """The first row that is seen."""
    held: bool = False
    """Whether the row was chosen by the user."""
    follows: bool = False
    """Whether it stays at the last row, as new ones come below."""

    def settled(self, identities: Sequence[str], rows: int) -> "Choice":
        """The same choice among the rows that there are now, of which `rows` are seen at a time."""
        if not identities:
            return replace(self, identity=None, index=0, first=0)
        index = min(self.index, len(identities) - 1)
        if self.follows:
            index = len(identities) - 1
        elif self.held and self.identity is not None and identities[index] != self.identity:
            index = identities.index(self.identity) if self.identity in identities else index
        return replace(self, identity=identities[index], index=index, first=self._first(index, len(identities), rows))

    def following(self, follows: bool) -> "Choice":
        """The same choice, that stays at the last row from now on, or does not."""
        return replace(self, follows=follows)

    def at(self, index: int, identities: Sequence[str], rows: int) -> "Choice":
        """Row `index`, or the nearest there is."""
        if not identities:
            return replace(self, identity=None, index=0, first=0)
        index = min(max(0, index), len(identities) - 1)
        first = self._first(index, len(identities), rows)
        return replace(self, identity=identities[index], index=index, first=first, held=True)

    def _first(self, index: int, count: int, rows: int) -> int:
        """So that the chosen row is seen, no row is left empty, and as little moves as possible."""
        first = min(max(self.first, index - rows + 1), index)
        return max(0, min(first, count - rows))
