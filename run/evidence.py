"""Sets up what keeps the evidence of alerts, if it is wanted; and has that of an earlier alert judged again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from capture.named_files import NamedFiles
from capture.recent_packets import RecentPackets
from cli.arguments import Arguments
from cli.build import PROGRAM, VERSION
from exercise_config import Config
from outputs.errors import UnavailableError
from run.session import WINDOWS, Session
from run.signals import bucket_size
from store.recent import Recent
from view import figures
from view.cells import visible
from view.exchange_line import Discretion

if TYPE_CHECKING:
    from incidents.bundle import Renders
    from incidents.keeper import IncidentKeeper
    from incidents.record import Recorded

LEAD: Final = 10.0
"""Seconds of packets before the bucket that alerted: its first connections began then."""
HOUR: Final = WINDOWS[-1]


class Watched(NamedTuple):
    """What is monitored, and where."""

    host: str
    source: str
    """Interface or file, with the ports."""
    live: bool


def incident_keeper(
    arguments: Arguments, config: Config, watched: Watched, files: NamedFiles
) -> "IncidentKeeper | None":
    """Return what keeps the evidence of alerts; None if it is not wanted. The folder is made if it is not there.

    With `-r`, it is wanted only if the command line says so: the settings are for live traffic, and reading an incident
    should not make another one.

    Raises:
        UnavailableError: the folder cannot be made.
    """
    if not config.incidents or (arguments.read is not None and "incidents" not in arguments.settings):
        return None
    from incidents.folders import IncidentFolders
    from incidents.incident import Run
    from incidents.keeper import IncidentKeeper, Reach
    from incidents.record import is_judged_by
    from incidents.worker import Worker

    root = Path(config.incidents)
    try:
        files.make_folder(str(root))
    except (OSError, ValueError) as reason:
        said = getattr(reason, "strerror", None) or reason
        raise UnavailableError(
            f"cannot keep incidents in {root}: {said}; use another folder with --incidents"
        ) from reason
    bucket = bucket_size(config)
    before = max(config.incident_seconds, bucket + LEAD)
    retention = config.max_retention_length
    return IncidentKeeper(
        Run(
            host=watched.host,
            program=PROGRAM,
            version=VERSION,
            source=watched.source,
            ports=str(arguments.ports),
            only=arguments.only,
            settings={name: value for name, value in vars(config).items() if is_judged_by(name)},
            discretion=Discretion(config.log_query_strings, config.log_credentials),
            embeds_keys=arguments.embed_keys,
        ),
        Reach(
            before=before,
            after=config.incident_after,
            bucket=bucket,
            bucket_window=float(bucket) if bucket < retention else None,
            hour=HOUR if retention > HOUR else None,
        ),
        IncidentFolders(root.absolute(), config.max_incidents, config.max_incident_bytes),
        RecentPackets(before, config.incident_bytes, keeps_keys=arguments.embed_keys),
        Recent(config.max_recent_exchanges, config.max_recent_characters),
        _page(),
        Worker(patient=not watched.live),
    )


def _page() -> "Renders | None":
    """Return what makes pages; None, and a line on standard error, if the package for it is missing."""
    try:
        from outputs.report.page import Page
    except ImportError as missing:
        print(f"{PROGRAM}: incidents have no view.html without the package {missing.name}", file=sys.stderr)
        return None
    return Page()


def judge_again(session: Session, incident: "Recorded") -> None:
    """Have the bucket of an earlier alert judged as it was then."""
    session.judge_by(incident.lessons, incident.opens)


def incident_lines(incident: "Recorded | None") -> tuple[str, ...]:
    """Return a sentence about the incident that is read; nothing if there is none."""
    if incident is None:
        return ()
    first, others = incident.alerts[0], len(incident.alerts) - 1
    more = f"; and {figures.counted(others, 'more alert')}" if others else ""
    what = f"incident of {figures.moment(first.start, None)} on {incident.host}, {incident.source}"
    return (visible(f"{what}: {first.explanation}{more}; see {incident.summary}"),)
