"""Compares the present with the past: recent traffic, the same time before, and the busiest periods. Pure."""

from view import figures
from view.view import HistoryView, PeriodView, View

LATELY = 600
"""Seconds of recent traffic that are compared with the past."""


def lately(view: View) -> float | None:
    """Return the requests per second of the last ten minutes, or of as many as the View has; None if it has none."""
    latest = (view.request_rate or ())[-max(1, int(LATELY / view.bucket_size)) :]
    rates = [rate for rate in latest if rate is not None]
    return sum(rates) / len(rates) if rates else None


def then_and_now(before: float, now: float | None) -> str:
    """Format a rate of the past and how much it differs today, as `118 /s, today +4 %`."""
    then = f"{figures.rate(before)} /s"
    return then if now is None else f"{then}, today {figures.change(now, before)}"


def busiest(history: HistoryView) -> tuple[tuple[str, PeriodView], ...]:
    """Return the busiest periods that are known, each with its name: hour, day, week, month."""
    periods = (("hour", history.hour), ("day", history.day), ("week", history.week), ("month", history.month))
    return tuple((name, period) for name, period in periods if period is not None)
