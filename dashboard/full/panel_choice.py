"""Which panels are shown, and in which order, as the user chose. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PanelChoice:
    """Holds a choice of panels by name. Panels that it does not know are shown at their usual place."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def arranged(self, names: Sequence[str]) -> list[str]:
        """Return all of these panels in the chosen order, hidden ones included."""
        found = [name for name in self.order if name in names]
        for place, name in enumerate(names):
            if name not in found:
                found.insert(found.index(names[place - 1]) + 1 if place else 0, name)
        return found

    def shown(self, names: Sequence[str]) -> list[str]:
        """Return the panels to show, in the chosen order."""
        return [name for name in self.arranged(names) if name not in self.hidden]

    def toggled(self, name: str) -> "PanelChoice":
        """Hide a panel, or show it again."""
        return replace(self, hidden=self.hidden ^ {name})

    def moved(self, name: str, by: int, names: Sequence[str]) -> "PanelChoice":
        """Move a panel up (-1) or down (1), as far as it goes."""
        order = self.arranged(names)
        place = order.index(name)
        order.insert(min(max(0, place + by), len(order) - 1), order.pop(place))
        return replace(self, order=tuple(order))


class PanelMemory:
    """Keeps the choice while the program runs."""

    def __init__(self) -> None:
        self.choice = PanelChoice()

    def keep(self, choice: PanelChoice) -> str:
        """Keep another choice; return a sentence for the user if it will be lost at the end."""
        self.choice = choice
        return ""
