"""The one line that explains an alert: what happened, when, by which baseline, and whose it is. It is made once.

As `High traffic generated an alert - hits = 1,844, triggered at 17:02:10 2026-11-22; 53.7 % above the baseline of 1,200
(limit 1,320); of the excess: client 203.0.113.9 92.1 %, section shop.example.com/cart 88.0 %`.
"""

from datetime import tzinfo

from alerting.alert import Alert, Unit
from alerting.rule import Rule
from view import figures

NAME_LENGTH = 80
"""Characters of a contributor's name; the whole of it is in the alert."""
MANIFOLD = 3
"""From so many times the baseline on, that is easier to read than percent."""
_CHANGES = (Unit.HITS, Unit.REQUESTS, Unit.CONNECTIONS, Unit.BYTES)
"""Where the contributors have a part of what is more, or less, than usual; elsewhere of all that is counted."""


def explanation(alert: Alert, rule: Rule, zone: tzinfo | None = None) -> str:
    """One line. `zone` is that of the time of day; None is local time."""
    of = f" of {alert.subject}" if alert.subject else ""
    value = figures.signal_value(alert.value, alert.unit)
    moment = figures.moment(alert.start, zone)
    what = f"{rule.headline}{of} generated an alert - {rule.quantity} = {value}, triggered at {moment}"
    return "; ".join(filter(None, [what, _comparison(alert, rule), _whose(alert, rule)]))


def _comparison(alert: Alert, rule: Rule) -> str:
    """How far the value is from the baseline."""
    baseline = figures.signal_value(alert.baseline, alert.unit)
    limit = figures.signal_value(alert.limit, alert.unit)
    side, usual = ("below", "lowest") if rule.low else ("above", "median")
    against = f"the {usual} of the previous buckets" if alert.previous else "the baseline"
    if rule.points or not alert.baseline:
        return f"{against} is {baseline} (limit {limit})"
    if alert.value >= MANIFOLD * alert.baseline:
        return f"{alert.value / alert.baseline:.1f} times {against} of {baseline} (limit {limit})"
    distance = figures.percent(abs(alert.value - alert.baseline), alert.baseline)
    return f"{distance} {side} {against} of {baseline} (limit {limit})"


def _whose(alert: Alert, rule: Rule) -> str:
    """The largest contributor of each kind."""
    largest: dict[str, str] = {}
    for one in alert.contributors:
        largest.setdefault(one.kind, f"{one.kind} {_cut(one.name)} {figures.percent(one.share, 1)}")
    if not largest:
        return ""
    part = ("missing" if rule.low else "of the excess") if alert.unit in _CHANGES else "most of it"
    return f"{part}: {', '.join(largest.values())}"


def _cut(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 3]}..."
