#!/usr/bin/env python3
"""A passive HTTP monitor: `python exercise.py -i eth0 -p 80`.

It captures packets, reassembles TCP streams, and turns HTTP messages into timestamped records. Pluggable statistics
count the records in a store that expires, a state machine learns and then enforces a baseline, and a dashboard shows
all of it, refreshed once per bucket.
"""

import cli.packages  # noqa: F401, I001 first: reports a missing package in one line instead of a traceback

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from capture.errors import BadFilter, CaptureError
from capture.privileges import UnknownUser
from cli.answers import answered
from cli.arguments import Arguments, parse_arguments
from cli.build import COMMANDS, PROGRAM, PROXY
from cli.proxy import parse_proxy
from cli.settings import configured
from dashboard.full.complaints import Complaints, collected
from view.outlet import OutputClosedError
from detection.loading import DetectorError
from exercise_config import Config, SettingError
from outputs.errors import LogError
from run.demonstration import demonstrated
from run.full import FullUi, chosen_ui
from run.opening import Opened, opened
from run.plan import planned
from run.progress import with_progress
from run.session import Session
from run.trial import try_receivers
from run.verdict import verdict
from run.watch import Ending, Stop, drive, steps
from run.wiring import new_session
from stats.loading import StatisticError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status: 0, 1 if the environment failed, 2 for wrong usage or settings.

    With `argv`, a program calls it: its process is not locked down, because that could never be undone.
    """
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        if COMMANDS & set(given[:1]) - {PROXY}:
            return other_command(given[0], given[1:], lockdown=argv is None)
        arguments = parse_arguments(given) if given[:1] != [PROXY] else parse_proxy(given[1:])
        config = configured(arguments) if argv is None else replace(configured(arguments), lockdown=False)
        if answered(arguments, config):
            return 0
        if arguments.test_notice:
            return try_receivers(config)
        with demonstrated(chosen_ui(arguments)) as (arguments, begin), collected(arguments.ui == "full") as complaints:
            return monitor(arguments, config, complaints, begin)
    except (OutputClosedError, KeyboardInterrupt):
        return 0
    except (SettingError, StatisticError, DetectorError, UnknownUser, BadFilter) as error:
        return failed(error, 2)
    except (CaptureError, LogError, OSError) as error:
        return failed(error, 1)


def other_command(name: str, given: Sequence[str], *, lockdown: bool) -> int:
    """Run a command that does not monitor this host, and return the exit status."""
    if name == "report":
        from cli.report import report

        return report(given)
    if name == "store":
        from cli.store import store

        return store(given)
    if name == "blocks":
        from run.blocks import blocks

        return blocks(given)
    if name == "signals":
        from run.signal_commands import signals

        return signals(given)
    if name == "anomalies":
        from run.anomalies import anomalies

        return anomalies(given, lockdown=lockdown)
    if name == "collect":
        from run.collecting import collect

        return collect(given, lockdown=lockdown)
    if name == "learn":
        from run.learning import learn

        return learn(given)
    if name == "waf":
        from run.dry_run import waf

        return waf(given, lockdown=lockdown)
    if name == "answer":
        from run.answering import answer

        return answer(given, lockdown=lockdown)
    from run.fleet_watch import watch_fleet

    return watch_fleet(given, lockdown=lockdown)


def monitor(arguments: Arguments, config: Config, complaints: Complaints, begin: Callable[[], None]) -> int:
    """Open the source and the outputs, watch until the source ends or a signal comes, and close them.

    `complaints` contains what was written to standard error while the full screen covers it. `begin` is called once the
    source is open.
    """
    stop = Stop()
    plan = planned(arguments, config)
    with opened(arguments, config, plan, stop) as parts:
        begin()
        session = new_session(arguments, config, plan, parts, complaints)
        full = None
        if arguments.ui == "full":
            full = FullUi(arguments, config, plan, complaints, parts.locked, parts.recent)
            full.mark_in(parts.outputs.labels)
        ending = watch(session, parts, arguments.duration, stop, full)
        session.finish(ending.clock, ending.status)
        parts.outputs.finish(session.view)
    return verdict(parts, session, ending)


def watch(session: Session, parts: Opened, duration: float | None, stop: Stop, full: FullUi | None) -> Ending:
    """Capture, decode and count step by step, in the loop of the full screen if there is one."""
    watched = steps(parts.intake, session, duration, stop)
    if full is not None:
        return full.drive(session, parts.intake, parts.attention, watched, stop)
    return drive(with_progress(watched, parts.intake, parts.screen), stop.wait)


def failed(error: Exception, status: int) -> int:
    """Print the error as one line, and return the exit status."""
    print(f"{PROGRAM}: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
