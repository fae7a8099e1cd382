"""Reads the dates of feeds. Pure."""

from datetime import datetime, timezone


def seconds_of(text: object) -> float | None:
    """Return seconds since the epoch of a date such as `2026-03-01 12:00:00` (UTC if nothing else is said), or of a
    number of seconds; None if it is neither.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        return None
    try:
        date = str(text).strip().removesuffix(" UTC").replace("Z", "+00:00")
        if date.isdigit():
            return float(date) if len(date) < 12 else None
        found = datetime.fromisoformat(_whole_seconds(date))
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def _whole_seconds(date: str) -> str:
    """Leave out fractions, of which Python 3.10 reads only those of three or six digits."""
    head, dot, rest = date.partition(".")
    return head + rest.lstrip("0123456789") if dot else date
