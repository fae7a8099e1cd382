"""Writes `summary.md`: what alerted, what contributed, how it was before, and what was not seen. Pure."""

import math
import shlex
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Final

from alerting.alert import Alert, SignalUnit
from incidents import comparison
from incidents.comparison import Figure, TopList
from incidents.incident import EXCHANGES, JSON, PACKETS, PAGE, RECORD, Contents, Incident
from incidents.markdown import code, fenced, table
from incidents.missed import missed
from traffic.records import Exchange
from traffic.text import host_port
from view import figures
from view.culprit import of_contributor
from view.decision import signal_in_words
from view.exchange_line import Discretion
from view.explanation import too_low
from view.view import AlertView, SignalView

COMMANDS: Final = 2
"""Contributors with a command of their own."""


def summary(incident: Incident, contents: Contents) -> str:
    """Return the summary of an incident, of which so much was written."""
    sections = (
        _heading(incident, contents),
        _alerts(incident),
        _then_and_now(incident),
        _lists(incident),
        _slowest(incident),
        ["## What was not seen", "", *(f"- {line}" for line in missed(incident, contents)), ""],
        _files(incident, contents),
        _commands(incident),
    )
    return "\n".join(line for section in sections for line in section)


def _heading(incident: Incident, contents: Contents) -> Iterator[str]:
    run, first = incident.run, incident.shown[0]
    yield f"# Incident: {first.title}, {_moment(incident, incident.start)}"
    yield ""
    if contents.failure:
        yield f"**Incomplete:** writing failed: {code(contents.failure)}."
        yield ""
    elif not contents.is_complete:
        until = _moment(incident, incident.until)
        yield f"**Incomplete:** packets are kept until {until}. If that has passed, the program was killed before."
        yield ""
    yield f"{_sentence(incident, first)}"
    yield ""
    by = f"by {run.program} {run.version}; times are in {figures.offset(incident.start, run.zone)}"
    yield f"Monitored: {code(run.source)} on {code(run.host)}, {by}."
    if run.only:
        yield f"Only exchanges that match {code(run.only)} were counted."
    yield ""


def afterwards(alert: Alert, zone: tzinfo | None) -> str:
    """Return what is added to the summary when an alert ends."""
    name = signal_in_words(alert.signal)
    end = alert.start if alert.end is None else alert.end
    peak = figures.signal_value(alert.peak, alert.unit)
    lasted = figures.duration(alert.duration(end))
    return (
        f"**Afterwards:** {name} was back within its limit at {figures.moment(end, zone)}, after {lasted}; peak {peak}."
    )


# What alerted ---------------------------------------------------------------------------------------------------------


def _sentence(incident: Incident, alert: AlertView) -> str:
    """Say what was beyond which limit, and when."""
    begin, end = (_moment(incident, time)[:8] for time in (alert.start - alert.bucket_size, alert.start))
    value, limit = (_value(each, alert) for each in (alert.value, alert.limit))
    of = f" of {code(alert.subject)}" if alert.subject else ""
    signal = next((each for each in incident.scene.view.signals if each.name == alert.signal), None)
    side = "below" if signal is not None and signal.low else "above"
    text = f"**{alert.title}**{of} was {value} from {begin} to {end}, {side} the limit of {limit}. "
    text += _comparison(alert, signal, side)
    return f"{text} {too_low(alert.dropped_share).capitalize()}." if alert.dropped_share else text


def _comparison(alert: AlertView, signal: SignalView | None, side: str) -> str:
    """Say where the baseline comes from, and how the limit follows from it."""
    low, points, previous = (signal.low, signal.points, signal.previous) if signal else (False, False, False)
    usual = f"baseline, the {'lowest' if low else 'median'} recent bucket," if previous else "learned baseline"
    distance = f"{figures.number(alert.threshold)} {'percentage points' if points else '%'}"
    step = alert.threshold if points else alert.baseline * alert.threshold / 100
    follows = math.isclose(alert.limit, alert.baseline + (-step if low else step), rel_tol=1e-9, abs_tol=1e-9)
    least = "" if follows else f", but at least {_value(alert.limit, alert)}"
    return f"The {usual} is {_value(alert.baseline, alert)}; the limit is {distance} {side} it{least}."


def _value(value: float, alert: AlertView) -> str:
    unit = " requests" if alert.unit is SignalUnit.HITS else ""
    return figures.signal_value(value, alert.unit) + unit


def _alerts(incident: Incident) -> Iterator[str]:
    """Show each alert as on the screen, and who contributed."""
    yield "## What alerted"
    yield ""
    yield from fenced(*(alert.explanation for alert in incident.alerts))
    yield ""
    for alert in incident.shown:
        if alert.contributors:
            yield f"Main contributors to {alert.title}:"
            yield ""
            rows = [
                (one.kind, code(one.name), figures.count(one.count), figures.percent(one.share, 1))
                for one in alert.contributors
            ]
            yield from table(("kind", "name", "count", "share"), rows, left=2)
            yield ""
    for alert in _others(incident):
        yield f"{alert.title} had been alerting since {_moment(incident, alert.start)}."
        yield ""


def _others(incident: Incident) -> list[AlertView]:
    """Return the alerts that were active before."""
    active = (alert for alert in incident.scene.view.alerts if alert.end is None)
    return [alert for alert in active if alert.start < incident.start]


# Then and now ---------------------------------------------------------------------------------------------------------


def _then_and_now(incident: Incident) -> Iterator[str]:
    scene = incident.scene
    length = figures.span(scene.bucket.seconds)
    yield f"## The {length} that alerted, and {_earlier(incident)}"
    yield ""
    yield from _compared("", incident, comparison.totals(scene.bucket, scene.before))
    if servers := comparison.servers(scene.bucket, scene.before):
        quoted = [each._replace(name=code(each.name)) for each in servers]
        yield from _compared("p95 of the server", incident, quoted)


def _earlier(incident: Incident) -> str:
    before = incident.scene.before
    return f"the {figures.duration(before.seconds)} before" if before else "nothing before"


def _compared(heading: str, incident: Incident, found: Sequence[Figure]) -> Iterator[str]:
    yield from table((heading, "at the alert", "before"), [(each.name, each.now, each.before) for each in found])
    yield ""


def _lists(incident: Incident) -> Iterator[str]:
    scene = incident.scene
    lists = list(comparison.top_lists(scene.bucket, scene.before))
    if scene.clients:
        lists.append(comparison.top_clients(scene.clients, scene.bucket.seconds))
    for each in lists:
        yield f"### {each.title}"
        yield ""
        yield from _top_list(each)
        yield ""


def _top_list(top: TopList) -> list[str]:
    rows = [
        (
            code(share.key or "(empty)"),
            figures.count(share.hits),
            f"{figures.rate(share.rate)} /s",
            figures.NOTHING if share.before is None else f"{figures.rate(share.before)} /s",
            figures.change(share.rate, share.before),
        )
        for share in top.shares
    ]
    return table(("", "hits", "at the alert", "before", "change"), rows)


def _slowest(incident: Incident) -> Iterator[str]:
    if not incident.scene.slowest:
        return
    yield "### Slowest exchanges"
    yield ""
    discretion = incident.run.discretion
    rows = [
        (
            code(_what(each, discretion)),
            figures.NOTHING if each.status is None else str(each.status),
            figures.latency(each.response_time or 0.0),
            code(each.client),
            code(host_port(each.server, each.server_port)),
            _moment(incident, each.time)[:8],
        )
        for each in incident.scene.slowest
    ]
    yield from table(("", "status", "response time", "client", "server", "ended"), rows)
    yield ""


def _what(exchange: Exchange, discretion: Discretion) -> str:
    request = exchange.request
    if request is None:
        return "(request not seen)"
    return f"{request.method} {discretion.authority(request.host)}{discretion.url(request.target)}"


# The folder -----------------------------------------------------------------------------------------------------------


def _files(incident: Incident, contents: Contents) -> Iterator[str]:
    yield "## What is in this folder"
    yield ""
    yield f"- `{PACKETS}`: {_packets(incident, contents)}. A comment marks the alert."
    yield f"- `{EXCHANGES}`: {figures.counted(contents.exchanges, 'exchange')} of that time, in the format of --log."
    if contents.has_page:
        yield f"- `{PAGE}`: the screen at the alert, with charts, for a browser."
    yield f"- `{JSON}`: the same as JSON."
    yield f"- `{RECORD}`: the alert, its baselines and settings, from which the screen can be shown again."
    yield ""
    if incident.run.embeds_keys:
        yield f"**`{PACKETS}` has the keys of its TLS connections:** whoever has the file can read them."
    yield "The packets contain what people sent. Handle them as such."
    yield ""


def _packets(incident: Incident, contents: Contents) -> str:
    if not contents.packets:
        return "no packets"
    first, last = (_moment(incident, time)[:8] for time in (contents.first, contents.last))
    size = figures.volume(contents.bytes)
    return f"{figures.counted(contents.packets, 'packet')} ({size}), from {first} to {last}"


def _commands(incident: Incident) -> list[str]:
    run, folder = incident.run, shlex.quote(incident.folder)
    packets = shlex.quote(f"{incident.folder}/{PACKETS}")
    terms = [of_contributor(one) for one in incident.shown[0].contributors[:COMMANDS]]
    if not terms and incident.shown[0].subject:
        terms = [f'server="{incident.shown[0].subject}"']
    return [
        "## How to look further",
        "",
        *fenced(
            "# the screen as it was at the alert; press / to filter, Enter for details",
            f"{run.program} -r {folder}",
            *(f"{run.program} -r {folder} --log - --only {shlex.quote(term)}" for term in terms),
            "# the packets, and the comments in them",
            f"tshark -r {packets}",
            f"tshark -r {packets} -Y frame.comment -T fields -e frame.number -e frame.time -e frame.comment",
            language="sh",
        ),
        "",
    ]


def _moment(incident: Incident, time: float) -> str:
    return figures.moment(time, incident.run.zone)
