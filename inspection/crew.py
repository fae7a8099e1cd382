"""The inspectors that all workers of a nursery have."""

import threading
from collections.abc import Sequence


class Crew:
    """The inspectors of a nursery. One that raised an exception is disabled in all its workers, if that is wanted."""

    def __init__(self, names: Sequence[str], *, disables: bool = True) -> None:
        self.names = tuple(names)
        self._disables = disables
        self._lock = threading.Lock()
        self.disabled: frozenset[str] = frozenset()

    def disable(self, name: str) -> bool:
        """Ask this one no more; return whether it was asked until now."""
        with self._lock:
            was_asked = name not in self.disabled
            self.disabled |= {name} if self._disables else set()
        return was_asked

    @property
    def works(self) -> bool:
        """Whether an inspector is left."""
        return len(self.disabled) < len(self.names)
