"""Parses printed dashboards. This is the only place that reads their text.

Made for pages of `COLUMNS` columns, where panels stand below each other, and `max_top_hits` high enough for every key.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

COLUMNS = 100
STATES = {"LEARNING": "LEARNING", "ENFORCING": "NORMAL", "ALERT": "ALERT", "DISMISSED": "DISMISSED"}

TITLE = re.compile(r"^ .*\bup [\d:]+ +(\d\d:\d\d:\d\d \d{4}-\d\d-\d\d)$")
PANEL = re.compile(r"^ (\S.*?) {2,}[\d.]+ \w+ {2,}[\d.]+ \w+$")
ROW = re.compile(r"^ {3}(\S.*?) {2,}(?:[45]xx +<?[\d.]+ % {2,})*([\d,]+) {2,}([\d,]+)$")
ALERT = re.compile(r"^ {3}([\d,]+) hits at (\d\d:\d\d:\d\d \d{4}-\d\d-\d\d)   (active|lasted)\b")


@dataclass
class Dashboard:
    """One printed dashboard. Times are seconds since the epoch."""

    now: float
    text: str = ""
    state: str = ""
    banner: str = ""
    """`Active alert`, `Alert dismissed`, or empty."""
    alerts: list[tuple[int, float, bool]] = field(default_factory=list)
    """Hits and start of each alert, and whether it is active; latest first."""
    hits: dict[str, Counter[str]] = field(default_factory=dict)
    """Hits of each key in the retention window, by title of the panel. Panels of other units are left out."""

    def number(self, name: str) -> int:
        """The count that is shown behind a name, as in `dropped 12`.

        Raises:
            AssertionError: there is none.
        """
        found = re.search(rf"\b{name} ([\d,]+)", self.text)
        assert found, f"no {name!r} in:\n{self.text}"
        return _count(found[1])


def dashboards(output: str) -> list[Dashboard]:
    """Return all dashboards in the output of a program; text before the first is left out."""
    pages: list[Dashboard] = []
    panel: Counter[str] = Counter()
    for line in output.splitlines():
        if title := TITLE.match(line):
            pages.append(Dashboard(_moment(title[1])))
        if not pages:
            continue
        page = pages[-1]
        page.text += line + "\n"
        if heading := PANEL.match(line):
            panel = page.hits.setdefault(heading[1], Counter())
        elif row := ROW.match(line):
            panel[row[1]] += _count(row[3])
        elif alert := ALERT.match(line):
            page.alerts.append((_count(alert[1]), _moment(alert[2]), alert[3] == "active"))
        elif banner := re.search("<<<(.*?)>>>", line):
            page.banner = banner[1]
        elif not page.state and (word := line.split(maxsplit=1)[:1]) and word[0] in STATES:
            page.state = STATES[word[0]]
    return pages


def summarized_requests(output: str) -> int:
    """The requests that the last words of the program tell.

    Raises:
        AssertionError: it did not tell.
    """
    found = re.search(r"^ Requests +([\d,]+)$", output, re.MULTILINE)
    assert found, f"no requests in the summary: {output[-1000:]}"
    return _count(found[1])


def _count(text: str) -> int:
    return int(text.replace(",", ""))


def _moment(text: str) -> float:
    return datetime.strptime(text, "%H:%M:%S %Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()
