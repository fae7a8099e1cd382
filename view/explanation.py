"""Writes the line that explains an alert: what happened, when, against which baseline, and who contributed. Pure.

The line is written once, when the alert is raised: `High traffic generated an alert - hits = 1,844, triggered at
17:02:10 2026-11-22; 53.7 % above the baseline of 1,200 (limit 1,320); of the excess: client 203.0.113.9 92.1 %, section
shop.example.com/cart 88.0 %`.
"""

from datetime import tzinfo

from alerting.alert import Alert, SignalUnit
from alerting.events import REQUEST_RATE
from alerting.rule import Rule
from view import figures

NAME_LENGTH = 80
"""Longest name of a contributor in the line; the alert has the whole name."""
MANIFOLD = 3
"""From this multiple of the baseline on, "times" is easier to read than percent."""
_NEW = ("network", "user agent")
"""Kinds of contributors of which it matters that they are new; a new client is nothing special."""
_MORE = 0.05
"""By how much a network's share must exceed that of its client to be named beside it."""
_CHANGES = (SignalUnit.HITS, SignalUnit.REQUESTS, SignalUnit.CONNECTIONS, SignalUnit.BYTES)
"""Units whose contributors have a share of the change; in other units they have a share of everything counted."""


def explanation(alert: Alert, rule: Rule, zone: tzinfo | None = None) -> str:
    """Write the line. `zone` is the time zone of the moment; None is local time."""
    change, generated = _changed(alert, zone), _generated(alert, rule, zone)
    if not change:
        first = [generated]
    elif alert.signal == REQUEST_RATE:
        first = [generated, change]
    else:
        of = f" of {alert.subject}" if alert.subject else ""
        first = [f"{rule.headline}: {rule.quantity}{of} {change}"]
    rest = [_comparison(alert, rule), _whose(alert, rule), too_low(alert.dropped_share)]
    return "; ".join(filter(None, [*first, *rest]))


def _generated(alert: Alert, rule: Rule, zone: tzinfo | None) -> str:
    of = f" of {alert.subject}" if alert.subject else ""
    value = figures.signal_value(alert.value, alert.unit)
    moment = figures.moment(alert.start, zone)
    return f"{rule.headline}{of} generated an alert - {rule.quantity} = {value}, triggered at {moment}"


def _changed(alert: Alert, zone: tzinfo | None) -> str:
    """Say from where to where the value went: `stepped from 40 ms to 180 ms at ...`."""
    if alert.since is None or alert.before is None or alert.after is None:
        return ""
    before, after = (figures.signal_value(value, alert.unit) for value in (alert.before, alert.after))
    way = "stepped" if alert.stepped else "rose" if alert.after > alert.before else "fell"
    when = f"{'at' if alert.stepped else 'since'} {figures.moment(alert.since, zone)}"
    return f"{way} from {before} to {after} {when}"


def too_low(dropped_share: float) -> str:
    """Say that figures are too low because a share of the traffic, from 0 to 1, was dropped; nothing for 0."""
    return f"figures are too low: {figures.percent(dropped_share, 1)} of the traffic was dropped" * (dropped_share > 0)


def shortened(text: str) -> str:
    """Leave the comparison out of such a line: what happened and who contributed matters more where room is short."""
    what, _, rest = text.partition("; ")
    whose = rest.partition("; ")[2]
    return f"{what}; {whose}" if whose else text


def _comparison(alert: Alert, rule: Rule) -> str:
    """Say how far the value is from the baseline."""
    baseline = figures.signal_value(alert.baseline, alert.unit)
    limit = figures.signal_value(alert.limit, alert.unit)
    side, usual = ("below", "lowest") if rule.low else ("above", "median")
    if alert.seasonal:
        return _seasonal(alert, side, baseline, limit)
    if rule.points or not alert.baseline:
        return f"{f'the {usual} recent bucket' if alert.previous else 'the baseline'} is {baseline} (limit {limit})"
    against = f"{baseline}, the {usual} recent bucket" if alert.previous else f"the baseline of {baseline}"
    if alert.value >= MANIFOLD * alert.baseline:
        return f"{alert.value / alert.baseline:.1f} times {against} (limit {limit})"
    distance = figures.percent(abs(alert.value - alert.baseline), alert.baseline)
    return f"{distance} {side} {against} (limit {limit})"


def _seasonal(alert: Alert, side: str, baseline: str, limit: str) -> str:
    """Say how far the value is from the usual at that hour, or over a longer time; in points and against nothing, only
    what is usual.
    """
    when = f"over {figures.duration(alert.seconds)}" if alert.seconds else "at this hour"
    known = f"{baseline} {when} (limit {limit})"
    if alert.unit is SignalUnit.PERCENT or not alert.baseline:
        return f"usually {known}"
    if alert.value >= MANIFOLD * alert.baseline:
        return f"{alert.value / alert.baseline:.1f} times the usual {known}"
    distance = figures.percent(abs(alert.value - alert.baseline), alert.baseline)
    return f"{distance} {side} the usual {known}"


def _whose(alert: Alert, rule: Rule) -> str:
    """Name the largest contributor of each kind."""
    largest: dict[str, str] = {}
    for one in alert.contributors:
        new = "new " if one.new and one.kind in _NEW else ""
        largest.setdefault(one.kind, f"{new}{one.kind} {_cut(one.name)} {figures.percent(one.share, 1)}")
    shares = {one.kind: one.share for one in reversed(alert.contributors)}
    if "client" in shares and shares.get("network", 0.0) < shares["client"] + _MORE:
        largest.pop("network", None)
    if not largest:
        return ""
    part = ("missing" if rule.low else "of the excess") if alert.unit in _CHANGES else "most of it"
    return f"{part}: {', '.join(largest.values())}"


def _cut(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 3]}..."
