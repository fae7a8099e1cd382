"""An indicator as a feed lists it, and what is counted instead where a feed has something else."""

from enum import IntEnum
from typing import Final, NamedTuple


class Kind(IntEnum):
    """What an indicator is compared with."""

    ADDRESS = 0
    NETWORK = 1
    DOMAIN = 2
    URL = 3
    JA3 = 4
    JA4 = 5
    CERTIFICATE = 6
    FILE = 7

    @property
    def word(self) -> str:
        """Its name for people."""
        return self.name.lower()


class Indicator(NamedTuple):
    """An entry of a feed."""

    kind: Kind | None
    """None if only the value says it, as in a plain list."""
    value: str
    """As the feed writes it; `values.normal` returns the form of the traffic."""
    description: str = ""
    confidence: int | None = None
    """Percent; None if the feed says nothing."""
    seen: float | None = None
    """When it was last seen, in seconds since the epoch; else when it was listed."""
    expires: float | None = None
    """Until when it is valid, in seconds since the epoch; None if the feed says nothing."""


UNSUPPORTED: Final = "unsupported"
"""An entry of a kind, or with a pattern, that is not compared with anything."""
INVALID: Final = "invalid"
"""An entry that is no indicator."""
NOT_FOR_DETECTION: Final = "not for detection"
"""An entry that the feed itself excludes, such as one of MISP without `to_ids`, or a revoked one."""
PRIVATE: Final = "private"
"""Addresses and names that never leave a network, such as 127.0.0.1."""
TOO_BROAD: Final = "too broad"
"""Networks and domains that hold much of the Internet, such as 0.0.0.0/0 and co.uk."""
UNSURE: Final = "below indicators_confidence"
EXPIRED: Final = "expired"
DUPLICATE: Final = "listed twice"
FULL: Final = "beyond max_indicators"


class FeedError(ValueError):
    """A file is no feed, or only part of one. The text is the rest of a sentence that begins with its name."""
