"""Says what an incident's folder does not have, and what the monitor did not see. Pure."""

from collections.abc import Iterator

from incidents.incident import Contents, Incident
from outputs.report.facts import health_facts
from view import figures
from view.view import HealthView


def missed(incident: Incident, contents: Contents) -> list[str]:
    """Return a sentence about each kind of loss; at least one, even if nothing is missing."""
    return [*_in_folder(incident, contents), *_in_run(incident)] or ["Nothing, as far as the monitor knows."]


def _in_folder(incident: Incident, contents: Contents) -> Iterator[str]:
    asked = figures.duration(incident.start - incident.since)
    if contents.whole_since > incident.since:
        held = figures.duration(incident.start - max(contents.whole_since, contents.first))
        yield f"The packets begin only {held} before the alert, not {asked}: there was no more room (`incident_bytes`)."
    if contents.packets_left_out:
        packets = figures.counted(contents.packets_left_out, "packet")
        yield f"{packets} after the alert had no room (`incident_bytes`)."
    if contents.exchanges_since is not None:
        held = figures.duration(incident.start - contents.exchanges_since)
        yield f"The exchanges begin only {held} before the alert, not {asked} (`max_recent_exchanges`)."
    if contents.exchanges_left_out:
        exchanges = figures.counted(contents.exchanges_left_out, "exchange")
        yield f"{exchanges} after the alert had no room (`max_recent_exchanges`)."


def _in_run(incident: Incident) -> Iterator[str]:
    view = incident.scene.view
    lost = [fact for fact in health_facts(view.health) if fact.worry]
    if lost:
        since = figures.moment(view.started, incident.run.zone)
        yield f"Since {since}: {', '.join(f'{_inside(fact.name)}: {fact.text}' for fact in lost)}."
    yield from _unreadable(view.health)


def _unreadable(health: HealthView) -> Iterator[str]:
    if health.unreadable:
        kinds = ", ".join(f"{figures.count(times)} {kind}" for kind, times in health.unreadable)
        yield f"Connections that could not be read: {kinds}."


def _inside(name: str) -> str:
    return name[0].lower() + name[1:]
