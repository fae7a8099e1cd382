"""What all parts of the screen share: characters, time zone, theme."""

from dataclasses import dataclass
from datetime import tzinfo

from dashboard.full.palette import DARK, Palette


@dataclass
class Setting:
    """How things are drawn; the theme changes by a key."""

    ascii_only: bool = False
    zone: tzinfo | None = None
    """None is local time."""
    palette: Palette = DARK
