"""Formats a report on the history as text, JSON or CSV. Pure."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Final

from history.alerts import facts
from history.report import Period, Report
from history.sums import total
from store.distribution import NO_TIMES
from store.sums import OTHER, Sums, subtracted
from view import cells, figures

CSV_FACTS: Final = (
    "count", "total", "count_before", "client_errors", "server_errors", "response_bytes", "response_seconds_average",
)  # fmt: skip
CSV_TIMES: Final = ("p50", "p90", "p95", "p99", "slowest")
CHANGE: Final = 3
VOLUME: Final = 6
"""Columns of the table."""
NAME: Final = 13
"""Width of a figure's name, in cells."""
NEARLY_ALL: Final = 0.99
"""Share of the span from which on it counts as watched throughout."""
MAX_ALERTS: Final = 10
LASTED: Final = 10
"""Width of an alert's duration, in cells."""


def report_text(report: Report, width: int, *, ascii_only: bool = False, zone: tzinfo | None = None) -> str:
    """Return lines for a person, no longer than `width` unless the names are too long."""
    span = report.until - report.since
    lines = [
        f"{cells.visible(report.source, ascii_only)}   {_moment(report.since, zone)} to {_moment(report.until, zone)}"
        f"   {figures.duration(span)}{', the whole history' if report.begins else ''}",
        "",
        _line("Requests", _requests(report, span)),
    ]
    lines += [_line(f"Busiest {name}", _busiest(name, period, zone)) for name, period in report.busiest]
    lines += [_line("Alerts", _alerts(report)), *_latest_alerts(report, width, ascii_only, zone)]
    lines += ["", *_table(report, width, ascii_only)]
    return "\n".join(lines)


def report_json(report: Report) -> str:
    """Return one JSON object for programs: times in seconds since the epoch, durations in seconds."""
    return json.dumps(
        {
            "source": report.source,
            "sensors": list(report.sensors),
            "since": report.since,
            "until": report.until,
            "requests": report.requests,
            "watched_seconds": report.watched,
            "requests_before": report.requests_before,
            "since_before": report.since_before,
            "busiest": {name: {"start": start, "requests": requests} for name, (start, requests) in report.busiest},
            "statistic": report.by,
            "unit": report.unit,
            "whole": {"count": report.top.whole.count, "total": total(report.top.whole, report.unit)},
            "rows": [
                {"key": key, **_facts(report.unit, sums, report.before.get(key))} for key, sums in report.top.rows
            ],
            "alerts": [facts(alert) for alert in report.alerts],
        }
    )


def report_csv(report: Report) -> str:
    """Return the top list as comma-separated values (RFC 4180) for spreadsheets: bytes and seconds, without units.

    A key that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["key", *CSV_FACTS, *CSV_TIMES])
    for key, sums in report.top.rows:
        facts = _facts(report.unit, sums, report.before.get(key))
        times = facts["response_seconds"] or {}
        named = f"'{key}" if key.startswith(("=", "+", "-", "@", "\t", "\r")) else key
        writer.writerow([named, *(facts[name] for name in CSV_FACTS), *(times.get(name) for name in CSV_TIMES)])
    return lines.getvalue().replace("\r\n", "\n").rstrip("\n")


def _facts(unit: str, sums: Sums, before: Sums | None) -> dict[str, Any]:
    times = _times(sums)
    return {
        "count": sums.count,
        "total": total(sums, unit),
        "count_before": before.count if before else None,
        "client_errors": sums.client_errors,
        "server_errors": sums.server_errors,
        "response_bytes": None if unit == "bytes" else sums.bytes,
        "response_seconds_average": sums.average,
        "response_seconds": dict(zip(CSV_TIMES, times, strict=True)) if times else None,
    }


def _requests(report: Report, span: float) -> str:
    rate = report.requests / report.watched if report.watched else 0
    text = f"{figures.count(report.requests)}   {figures.rate(rate)} /s on average"
    if report.watched < NEARLY_ALL * span:
        text += f" in the {figures.duration(report.watched)} watched"
    if report.requests_before is None:
        return text
    changed = figures.change(report.requests, report.requests_before * report.longer)
    compared = "as in" if changed == "as before" else f"{changed} on" if changed != "new" else "none in"
    return f"{text}   {compared} the {figures.duration(span)} before" if changed else text


def _busiest(name: str, period: Period, zone: tzinfo | None) -> str:
    return f"{figures.period(name, period.start, zone)}   {figures.counted(period.requests, 'request')}"


def _alerts(report: Report) -> str:
    if not report.alerts:
        return "none"
    lasted = [(alert.end or report.until) - alert.start for alert in report.alerts]
    return (
        f"{len(lasted)}, longest {figures.duration(max(lasted))}, average {figures.duration(sum(lasted) / len(lasted))}"
    )


def _latest_alerts(report: Report, width: int, ascii_only: bool, zone: tzinfo | None) -> list[str]:
    """Return a line for each of the latest alerts: when it started, how long it lasted, and its explanation."""
    lines = []
    for alert in report.alerts[:MAX_ALERTS]:
        explanation = facts(alert).get("explanation") or alert.signal
        lasted = figures.duration((alert.end or report.until) - alert.start)
        text = f"{_moment(alert.start, zone)}   {lasted:<{LASTED}}   {cells.visible(explanation, ascii_only)}"
        lines.append(_line("", cells.cut_end(text, max(LASTED, width - 1 - NAME - 3), _ellipsis(ascii_only))))
    if len(report.alerts) > MAX_ALERTS:
        lines.append(_line("", f"and {len(report.alerts) - MAX_ALERTS} earlier; --json lists them all"))
    return lines


def _table(report: Report, width: int, ascii_only: bool) -> list[str]:
    """Return a row for each key: amount, share, change, volume and response times."""
    heads = (_title(report.by), _heading(report.unit), "share", "change", "4xx", "5xx", "volume", "average", "p95")
    rows = [heads, *(_row(report, key, sums) for key, sums in report.top.rows), *_rest(report)]
    used = [any(row[column] for row in rows[1:]) or column < 2 for column in range(len(heads))]
    # Statistics of bytes already have the volume as their amount.
    used[VOLUME] &= report.unit != "bytes"
    rows = [tuple(cell for cell, shown in zip(row, used, strict=True) if shown) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(1, len(rows[0]))]
    room = max(12, width - 1 - sum(widths) - 3 * len(widths))
    keys = [cells.cut_middle(cells.visible(row[0], ascii_only), room, _ellipsis(ascii_only)) for row in rows]
    longest = max(map(cells.cells, keys))
    return [
        (
            cells.pad_right(key, longest)
            + "".join(f"   {cell:>{size}}" for cell, size in zip(row[1:], widths, strict=True))
        ).rstrip()
        for key, row in zip(keys, rows, strict=True)
    ]


def _row(report: Report, key: str, sums: Sums) -> tuple[str, ...]:
    whole, past = report.top.whole, report.before.get(key)
    now = _weight(report.unit, sums)
    before = None if report.requests_before is None else _weight_before(report, past) if past else 0
    times, average = _times(sums), _weight("seconds", sums) if report.unit == "seconds" else sums.average
    return (
        key,
        _amount(report.unit, sums),
        "" if report.unit == "seconds" else figures.percent(now, _weight(report.unit, whole)),
        figures.change(now, before),
        figures.percent(sums.client_errors, sums.count) if sums.client_errors else "",
        figures.percent(sums.server_errors, sums.count) if sums.server_errors else "",
        figures.volume(sums.bytes) if sums.bytes else "",
        "" if average is None else figures.latency(average),
        figures.latency(times[2]) if times else "",
    )


def _rest(report: Report) -> list[tuple[str, ...]]:
    """Return a row for everything in no other row, so that the rows add up to the whole."""
    rest = subtracted(report.top.whole, [replace(sums, times=NO_TIMES) for _, sums in report.top.rows])
    if rest.count <= 0:
        return []
    row = list(_row(report, OTHER, rest))
    row[CHANGE] = ""
    return [tuple(row)]


def _weight(unit: str, sums: Sums) -> float:
    if unit == "seconds":
        return sums.seconds / sums.count if sums.count else 0.0
    return total(sums, unit)


def _weight_before(report: Report, sums: Sums) -> float:
    """Return the weight in the span before: an average as it is, a sum scaled to the length of this span."""
    weight = _weight(report.unit, sums)
    return weight if report.unit == "seconds" else weight * report.longer


def _amount(unit: str, sums: Sums) -> str:
    if unit == "bytes":
        return figures.volume(sums.bytes)
    return figures.count(sums.count)


def _heading(unit: str) -> str:
    return {"hits": "hits", "bytes": "bytes", "seconds": "count"}[unit]


def _times(sums: Sums) -> tuple[float, ...] | None:
    return sums.times.quantiles(0.5, 0.9, 0.95, 0.99, 1.0) if sums.times.bins else None


def _title(statistic: str) -> str:
    """Return the name of a statistic as a heading: `Status codes` for `top_status_codes`."""
    return statistic.removeprefix("top_").replace("_", " ").capitalize()


def _ellipsis(ascii_only: bool) -> str:
    return "..." if ascii_only else "…"


def _line(name: str, text: str) -> str:
    return f"{name:<{NAME}}   {text}"


def _moment(time: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(time, zone).strftime("%Y-%m-%d %H:%M")
