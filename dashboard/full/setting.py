"""What all parts of the screen share: characters, time zone, theme, and what of a URL may be told."""

from dataclasses import dataclass, field
from datetime import tzinfo

from dashboard.full.palette import DARK, Palette
from view.exchange_line import Discretion


@dataclass
class Setting:
    """How things are drawn; the theme changes by a key."""

    ascii_only: bool = False
    zone: tzinfo | None = None
    """None is local time."""
    palette: Palette = DARK
    discretion: Discretion = field(default_factory=Discretion)
