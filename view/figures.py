"""Formats numbers: counts, bytes, seconds, rates, durations, moments. Pure.

Counts have thousands separators, bytes are decimal (1 kB = 1000 B), durations have at most two units.
"""

from collections.abc import Sequence
from datetime import datetime, timezone, tzinfo

from alerting.alert import SignalUnit
from stats.statistic import Unit
from view.panel import Measure, Panel, Row

NOTHING = "-"
"""Stands where there is no number: the average of nothing is not zero."""


def count(number: float) -> str:
    """Format a count, as `48,210`, or `4,821 M` from a thousand million on."""
    return f"{number:,.0f}" if number < 1e9 else f"{number / 1e6:,.0f} M"


def counted(number: float, what: str) -> str:
    """Format a count with its noun, as `1 gap`, `2 gaps`."""
    return f"{count(number)} {what}" + "s" * (number != 1)


def volume(number: float) -> str:
    """Format bytes, as `812 B`, `1.2 kB`, `412 kB`, `40.0 MB`."""
    if number < 999.5:
        return f"{number:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 999.5:
            return f"{number:.{1 if number < 99.95 else 0}f} {unit}"
    return f"{number / 1000:,.1f} PB"


def latency(seconds: float) -> str:
    """Format a response time, as `0.42 ms`, `8.4 ms`, `84 ms`, `1.24 s`, `124 s`."""
    milliseconds = seconds * 1000
    if milliseconds < 0.995:
        return f"{milliseconds:.2f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.{1 if milliseconds < 99.95 else 0}f} ms"
    return f"{seconds:,.{2 if seconds < 99.995 else 0}f} s"


def rate(per_second: float) -> str:
    """Format a rate, as `0`, `0.25`, `3.4`, `48`, `1,204`."""
    if per_second <= 0:
        return "0"
    if per_second < 0.995:
        return f"{max(per_second, 0.01):.2f}"
    return f"{per_second:,.{1 if per_second < 9.95 else 0}f}"


def trend(row: Row, panel: Panel) -> Sequence[float]:
    """Return the hits of each slice; the current slice is extrapolated to its full length."""
    if not row.trend or not panel.slice_elapsed:
        return row.trend
    *complete, last = row.trend
    return (*complete, last * panel.slice_width / panel.slice_elapsed)


def number(value: float) -> str:
    """Format a count that may have a fraction, as `1,320` or `13.2`."""
    return f"{value:,.1f}".removesuffix(".0")


def percent(part: float, whole: float) -> str:
    """Format a share, as `2.1 %`; a small share is never shown as zero."""
    share = 100 * part / whole if whole else 0.0
    return "<0.1 %" if 0 < share < 0.1 else f"{share:.1f} %"


def errors(number: int, measure: Measure) -> str:
    """Format a number of error responses as a share of the hits; `0` if there are none."""
    if not number:
        return "0"
    return percent(min(number, measure.count), measure.count) if measure.count else NOTHING


def signal_value(value: float, unit: SignalUnit) -> str:
    """Format a value of a signal with its unit: `1,844`, `12.5 /s`, `1.2 MB/s`, `84 ms`, `4.2 %`."""
    if unit in (SignalUnit.HITS, SignalUnit.FINDINGS):
        return number(value)
    if unit is SignalUnit.SECONDS:
        return latency(value)
    if unit is SignalUnit.PERCENT:
        return percent(value, 100)
    return f"{volume(value)}/s" if unit is SignalUnit.BYTES else f"{rate(value)} /s"


def span(seconds: float) -> str:
    """Format a configured length of time in one unit: `10 s`, `120 s`, `10 min`, `24 h`, `7 d`."""
    for size, unit, least in ((86400, "d", 2), (3600, "h", 1), (60, "min", 5)):
        if seconds >= least * size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def duration(seconds: float) -> str:
    """Format a measured length of time in at most two units: `45 s`, `3 min 20 s`, `2 h`, `1 d 4 h`."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        whole, left = divmod(left, size)
        if parts or whole:
            parts.append(f"{whole} {unit}" if whole else "")
    return " ".join(part for part in parts[:2] if part) or "0 s"


def stopwatch(seconds: float) -> str:
    """Format the time since the start, as `00:14:20` or `3 d 04:10:00`."""
    days, left = divmod(max(0, int(seconds)), 86400)
    text = f"{left // 3600:02}:{left // 60 % 60:02}:{left % 60:02}"
    return f"{days} d {text}" if days else text


def moment(time: float, zone: tzinfo | None) -> str:
    """Format a moment, as `17:04:10 2026-11-22`, in local time if `zone` is None."""
    try:
        return datetime.fromtimestamp(time, zone).strftime("%H:%M:%S %Y-%m-%d")
    except (OverflowError, ValueError, OSError):  # a capture file can claim any time
        return f"{time:.0f} s"


def offset(time: float, zone: tzinfo | None) -> str:
    """Format the distance of a zone from UTC at a moment, as `UTC+0100`; None is local time."""
    try:
        return datetime.fromtimestamp(time, zone or timezone.utc).astimezone(zone).strftime("UTC%z")
    except (OverflowError, ValueError, OSError):  # as above
        return "UTC"


def since(time: float, now: float, zone: tzinfo | None) -> str:
    """Format a moment of the past, as `18:28`, with the date if it is another day."""
    then, today = moment(time, zone), moment(now, zone)
    return then[:5] + ("" if then[8:] == today[8:] else then[8:])


def period(length: str, start: float, zone: tzinfo | None) -> str:
    """Format an hour, day, week or month: `Wed 2026-11-18 14:00`, `Wed 2026-11-18`, `from 2026-11-16`, `2026-11`."""
    forms = {"hour": "%a %Y-%m-%d %H:%M", "day": "%a %Y-%m-%d", "week": "from %Y-%m-%d", "month": "%Y-%m"}
    try:
        return datetime.fromtimestamp(start, zone).strftime(forms[length])
    except (OverflowError, ValueError, OSError):  # as above
        return f"{start:.0f} s"


def change(now: float, before: float | None) -> str:
    """Format a change, as `+12 %`, `as before`, `x 14`; `new` after nothing, and empty if the past is unknown."""
    if before is None:
        return ""
    if not before:
        return "new" if now else ""
    percent = 100 * (now - before) / before
    if abs(percent) < 0.5:
        return "as before"
    return f"{percent:+,.0f} %" if percent < 1000 else f"x {now / before:,.0f}"


def amounts(row: Row, unit: Unit) -> tuple[str, str]:
    """Format what a top list shows of a row: its last bucket and its window."""
    return amount(row.recent, unit), amount(row.window, unit)


def amount(measure: Measure, unit: Unit) -> str:
    """Format hits, bytes or an average time, as the unit says."""
    if unit is Unit.HITS:
        return count(measure.count)
    if unit is Unit.BYTES:
        return volume(measure.total)
    return latency(measure.total / measure.count) if measure.count else NOTHING
