"""A notice reports one change of an alert's state, or a client that was blocked, to every receiver.

All its texts are printable and on one line; `notice_of` ensures that, whatever an event contains.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from hashlib import sha256
from math import inf
from typing import Final

from alerting.alert import Alert, Contributor, SignalUnit
from alerting.events import (
    Accepted,
    Acknowledged,
    AlertDismissed,
    AlertRaised,
    BaselineChosen,
    Event,
    Flapping,
    FlappingEnded,
    Muted,
    Relearning,
)
from blocking.block import Block, BlockEvent, Extended, Lifted, said
from view import figures
from view.decision import decision_text, is_over

_LATEST: Final = 253_402_300_799
"""The last second that RFC 3339 can write: capture clocks may say anything."""
MAX_TEXT: Final = 2048
"""Maximum characters of an explanation; longer ones are cut."""
MAX_CONTRIBUTORS: Final = 10
"""Maximum contributors in a notice; the largest are kept."""
MAX_NAME: Final = 256
"""Maximum characters of a contributor's name and of a subject."""

BLOCK: Final = "block"
"""What notices of blocks have in place of a signal."""

Fact = str | int | float | None


class Kind(Enum):
    """What happened to the alert."""

    RAISED = "raised"
    DISMISSED = "dismissed"
    FLAPPING = "flapping"
    """The alert changed too often; further changes are muted until it is calm."""
    CALM = "calm"
    """The alert stopped flapping; the notice gives its present state."""
    BLOCKED = "blocked"
    """A client was blocked (`--block`)."""
    UNBLOCKED = "unblocked"
    """It is no longer blocked."""
    ACKNOWLEDGED = "acknowledged"
    """The user has seen the alert."""
    ACCEPTED = "accepted"
    """The user took the present of a signal as usual."""
    RELEARNING = "relearning"
    """The user let a signal, or all of them, learn again."""
    BASELINE = "baseline"
    """The user chose what a signal is compared with."""
    MUTED = "muted"
    """The user muted a signal."""
    UNMUTED = "unmuted"
    """It is no longer muted."""
    TEST = "test"
    """Nothing happened; the notice only shows that it arrives."""


_KINDS: Final = {
    AlertRaised: Kind.RAISED,
    AlertDismissed: Kind.DISMISSED,
    Flapping: Kind.FLAPPING,
    FlappingEnded: Kind.CALM,
    Acknowledged: Kind.ACKNOWLEDGED,
}
ABOUT_SIGNALS: Final = frozenset({Kind.ACCEPTED, Kind.RELEARNING, Kind.BASELINE, Kind.MUTED, Kind.UNMUTED})
"""Notices of what the user decided about a signal, whether it alerts or not."""
EVERY: Final = "signals"
"""What notices about all signals have in place of a signal."""


@dataclass(frozen=True)
class Notice:
    """One change of an alert's state."""

    kind: Kind
    time: float
    """Time of the change, in seconds since the epoch."""
    alert: Alert
    """The alert after the change."""
    host: str
    """Name of the machine that the monitor runs on."""
    source: str
    """The monitored source, such as `eth0 port 80`."""
    changes: int = 0
    """Changes within an hour; only set when flapping begins."""
    block: Block | None = None
    """The block, if one began or ended. Then `alert` lasts as long as it, and has its reason, but no figures."""
    until: float | None = None
    """When a muting ends by itself."""

    @property
    def about(self) -> str:
        """The signal, the sensor and the subject: notices with the same ones come in order and replace each other."""
        return " ".join(filter(None, (self.alert.signal, self.alert.sensor, self.alert.subject)))

    @property
    def identity(self) -> str:
        """Identifier of the change, the same however often the notice is sent: 32 hexadecimal digits."""
        change = (self.host, self.source, self.about, self.alert.start, self.kind.value, self.time)
        return sha256(repr(change).encode()).hexdigest()[:32]

    @property
    def alert_identity(self) -> str:
        """Identifier of the alert, the same in each of its changes: 32 hexadecimal digits."""
        return sha256(repr((self.host, self.source, self.about, self.alert.start)).encode()).hexdigest()[:32]

    @property
    def is_over(self) -> bool:
        """Whether the alert has ended."""
        return self.alert.end is not None

    @property
    def headline(self) -> str:
        """A summary of the change in a few words."""
        name = self.about.replace("_", " ")
        if self.block is not None:
            verb = self.kind.value.capitalize()
            return f"{f'Dry run: {verb.lower()}' if self.block.dry_run else verb}: {self.block.network}"
        if self.kind in ABOUT_SIGNALS:
            return self.alert.explanation
        if self.kind is Kind.ACKNOWLEDGED:
            return f"Acknowledged: {name}"
        if self.kind is Kind.TEST:
            return "Test: notices of HTTP monitor arrive"
        if self.kind is Kind.RAISED:
            return f"Alert: {name}"
        if self.kind is Kind.DISMISSED:
            return f"Dismissed: {name}, after {figures.duration(self.alert.duration(self.time))}"
        if self.kind is Kind.FLAPPING:
            return f"Flapping: {name}, {self.changes} changes in an hour"
        return f"Calm again: {name}, {'no alert' if self.is_over else 'the alert is active'}"

    @property
    def text(self) -> str:
        """The explanation of the alert, the same as on every other output."""
        return self.alert.explanation or self.headline


def notice_of(event: Event, host: str, source: str) -> Notice | None:
    """Return the notice for an event; None if the event changes no alert, or one that was raised while muted, and is no
    decision of the user's.
    """
    if isinstance(event, Accepted | Relearning | BaselineChosen | Muted):
        return _decision(event, host, source)
    kind = _KINDS.get(type(event))
    if kind is None or not isinstance(event, AlertRaised | AlertDismissed | Acknowledged | Flapping | FlappingEnded):
        return None
    if event.alert.muted:
        return None
    changes = event.changes if isinstance(event, Flapping) else 0
    return Notice(kind, event.time, _plain(event.alert), one_line(host), one_line(source), changes)


def _decision(event: Accepted | Relearning | BaselineChosen | Muted, host: str, source: str) -> Notice:
    """Return the notice of a decision; its alert is over at once, and has no figures."""
    kind, until = Kind.ACCEPTED, None
    if isinstance(event, Relearning):
        kind = Kind.RELEARNING
    elif isinstance(event, BaselineChosen):
        kind = Kind.BASELINE
    elif isinstance(event, Muted):
        kind = Kind.UNMUTED if is_over(event) else Kind.MUTED
        until = event.until if event.time < event.until < inf else None
    signal, _, sensor = event.signal.partition("@")
    time, explanation = event.time, decision_text(event)
    alert = Alert(
        signal or EVERY, time, time, 0.0, 0.0, 0.0, 0.0, 0.0, SignalUnit.HITS, sensor=sensor, explanation=explanation
    )
    return Notice(kind, time, _plain(alert), one_line(host), one_line(source), until=until)


def block_notice(event: BlockEvent, host: str, source: str) -> Notice | None:
    """Return the notice for a client that was blocked or is no longer; None if its block only got longer."""
    if isinstance(event, Extended):
        return None
    block, over = event.block, isinstance(event, Lifted)
    alert = Alert(
        BLOCK, block.since, event.time if over else None, 0.0, 0.0, 0.0, 0.0, 0.0, SignalUnit.HITS,
        subject=block.network, explanation=said(event),
    )  # fmt: skip
    kind = Kind.UNBLOCKED if over else Kind.BLOCKED
    return Notice(kind, event.time, _plain(alert), one_line(host), one_line(source), block=block)


def trial_notice(time: float, host: str) -> Notice:
    """Return a notice to try receivers with. Its alert is over, so that nobody waits for a dismissal."""
    explanation = f"This notice of HTTP monitor on {host} is only a test; there is no alert"
    alert = Alert("test", time, time, 0.0, 0.0, 0.0, 0.0, 0.0, SignalUnit.HITS, explanation=explanation)
    return Notice(Kind.TEST, time, _plain(alert), one_line(host), "test")


def one_line(text: str) -> str:
    """Replace each unprintable character by a space."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def _plain(alert: Alert) -> Alert:
    """Return the alert with printable texts within the limits above."""
    named = [replace(each, name=one_line(each.name)[:MAX_NAME]) for each in alert.contributors[:MAX_CONTRIBUTORS]]
    subject, explanation = one_line(alert.subject)[:MAX_NAME], one_line(alert.explanation)[:MAX_TEXT]
    sensor = one_line(alert.sensor)[:MAX_NAME]
    return replace(alert, subject=subject, sensor=sensor, explanation=explanation, contributors=tuple(named))


def facts(notice: Notice) -> dict[str, Fact]:
    """Return all facts by name, in one level; None if a fact is unknown. `docs/notices.md` explains each."""
    alert, block = notice.alert, notice.block
    judged = block is None and notice.kind not in ABOUT_SIGNALS
    until = notice.until if block is None else block.until
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
        "sensor": alert.sensor or None,
        "start": moment(alert.start),
        "end": None if alert.end is None else moment(alert.end),
        "duration": number(alert.duration(notice.time)),
        "value": number(alert.value) if judged else None,
        "peak": number(alert.peak) if judged else None,
        "baseline": number(alert.baseline) if judged else None,
        "threshold": number(alert.threshold) if judged else None,
        "limit": number(alert.limit) if judged else None,
        "unit": alert.unit.value if judged else None,
        "changes": notice.changes or None,
        "since": None if alert.since is None else moment(alert.since),
        "before": None if alert.before is None else number(alert.before),
        "after": None if alert.after is None else number(alert.after),
        "dropped_percent": number(100 * alert.dropped_share) or None,
        "incident": one_line(alert.incident)[:MAX_TEXT] or None,
        "rule": None if block is None else one_line(block.rule),
        "severity": None if block is None else block.severity,
        "until": None if until is None else moment(until),
        "dry_run": None if block is None else block.dry_run,
    }


def contributor_line(contributor: Contributor) -> str:
    """Return a contributor as `section shop.example.com/cart 64 %`."""
    return f"{contributor.kind} {contributor.name} {round(100 * contributor.share)} %"


def number(value: float) -> int | float:
    """Return whole numbers without a fraction, and others rounded to three digits."""
    return int(value) if value == int(value) else round(value, 3)


def moment(time: float) -> str:
    """Return the time in UTC to the millisecond (RFC 3339)."""
    return (
        datetime.fromtimestamp(min(max(time, 0.0), _LATEST), timezone.utc)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
