"""Times as the log writes them: moments in RFC 3339 and durations in nanoseconds. Pure."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST: Final = 253_402_300_799
"""The last second that RFC 3339 can write, as its years have four digits."""


def microseconds(time: float | None) -> int | None:
    """Convert seconds since the epoch. Capture clocks may say anything, so a time beyond all dates becomes the last
    one.
    """
    return round(min(max(time, 0.0), _LATEST) * 1e6) if time is not None else None


def nanoseconds(duration: float | None) -> int | None:
    """Convert seconds, rounded to microseconds: a time since the epoch has no more digits."""
    return round(duration * 1e6) * 1000 if duration is not None else None


def moment(microseconds: int | None) -> str | None:
    """Format a moment in UTC as in RFC 3339."""
    if microseconds is None:
        return None
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest:06}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
