"""The most of something that is usual: the highest value of the last weeks, which fades."""

from typing import Final

FADING: Final = 0.9999
"""What remains of it after a window: half after ten days, if windows have the usual 120 s."""


class Most:
    """A maximum that fades."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def fade(self) -> None:
        """Let a window pass."""
        self.value *= FADING

    def take(self, value: float) -> None:
        """Take a value for usual."""
        self.value = max(self.value, value)
