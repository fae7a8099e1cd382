"""A notice: one change of an alert's state, as it is told to every receiver.

All text in it is printable and on one line; `notice_of` sees to it, whatever an event says.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from hashlib import sha256
from typing import Final

from alerting.alert import Alert, Contributor
from alerting.events import AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded
from view import figures

MAX_TEXT: Final = 2048
"""Characters of an explanation; what is longer is cut."""
MAX_CONTRIBUTORS: Final = 10
"""In a notice: the largest."""
MAX_NAME: Final = 256
"""Characters of a contributor's name, and of a subject."""

Fact = str | int | float | None


class Kind(Enum):
    """What happened to the alert."""

    RAISED = "raised"
    DISMISSED = "dismissed"
    FLAPPING = "flapping"
    """It was raised and dismissed too often: until it is calm, that is no longer told."""
    CALM = "calm"
    """It no longer flaps: how it stands now."""


_KINDS: Final = {
    AlertRaised: Kind.RAISED,
    AlertDismissed: Kind.DISMISSED,
    Flapping: Kind.FLAPPING,
    FlappingEnded: Kind.CALM,
}


@dataclass(frozen=True)
class Notice:
    """One change of state."""

    kind: Kind
    time: float
    """Of the change, in seconds since the epoch."""
    alert: Alert
    """As it stands after the change."""
    host: str
    """Name of the machine that watches."""
    source: str
    """What it watches, as `eth0 port 80`."""
    changes: int = 0
    """Of the state within an hour, when it is flapping."""

    @property
    def about(self) -> str:
        """What the alert is about: notices about the same come in order and replace each other."""
        return f"{self.alert.signal} {self.alert.subject}".rstrip()

    @property
    def identity(self) -> str:
        """The same for the same change, whenever and however often it is sent: 32 hexadecimal digits."""
        change = (self.host, self.source, self.about, self.alert.start, self.kind.value, self.time)
        return sha256(repr(change).encode()).hexdigest()[:32]

    @property
    def is_over(self) -> bool:
        """Whether the alert has ended."""
        return self.alert.end is not None

    @property
    def headline(self) -> str:
        """What happened, in a few words."""
        name = self.about.replace("_", " ")
        if self.kind is Kind.RAISED:
            return f"Alert: {name}"
        if self.kind is Kind.DISMISSED:
            return f"Dismissed: {name}, after {figures.duration(self.alert.duration(self.time))}"
        if self.kind is Kind.FLAPPING:
            return f"Flapping: {name}, {self.changes} changes in an hour"
        return f"Calm again: {name}, {'no alert' if self.is_over else 'the alert is active'}"

    @property
    def text(self) -> str:
        """The line that explains the alert, as on every other output."""
        return self.alert.explanation or self.headline


def notice_of(event: Event, host: str, source: str) -> Notice | None:
    """The notice that an event is worth; None for one that changes no alert."""
    kind = _KINDS.get(type(event))
    if kind is None or not isinstance(event, AlertRaised | AlertDismissed | Flapping | FlappingEnded):
        return None
    changes = event.changes if isinstance(event, Flapping) else 0
    return Notice(kind, event.time, _plain(event.alert), one_line(host), one_line(source), changes)


def one_line(text: str) -> str:
    """Text with a space for each character that is not printable."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def _plain(alert: Alert) -> Alert:
    """The alert with texts that no receiver can misunderstand, and no longer than a notice may be."""
    named = [replace(each, name=one_line(each.name)[:MAX_NAME]) for each in alert.contributors[:MAX_CONTRIBUTORS]]
    subject, explanation = one_line(alert.subject)[:MAX_NAME], one_line(alert.explanation)[:MAX_TEXT]
    return replace(alert, subject=subject, explanation=explanation, contributors=tuple(named))


def facts(notice: Notice) -> dict[str, Fact]:
    """All that is known, by name and in one level; None where there is nothing. `docs/notices.md` explains each."""
    alert = notice.alert
    return {
        "id": notice.identity,
        "kind": notice.kind.value,
        "time": moment(notice.time),
        "headline": notice.headline,
        "text": notice.text,
        "host": notice.host,
        "source": notice.source,
        "signal": alert.signal,
        "subject": alert.subject or None,
        "start": moment(alert.start),
        "end": None if alert.end is None else moment(alert.end),
        "duration": number(alert.duration(notice.time)),
        "value": number(alert.value),
        "peak": number(alert.peak),
        "baseline": number(alert.baseline),
        "threshold": number(alert.threshold),
        "limit": number(alert.limit),
        "unit": alert.unit.value,
        "changes": notice.changes or None,
    }


def contributor_line(contributor: Contributor) -> str:
    """One of them, as `section shop.example.com/cart 64 %`."""
    return f"{contributor.kind} {contributor.name} {round(100 * contributor.share)} %"


def number(value: float) -> int | float:
    """Whole numbers without a fraction, others with at most three digits of it."""
    return int(value) if value == int(value) else round(value, 3)


def moment(time: float) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return datetime.fromtimestamp(time, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
