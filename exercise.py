#!/usr/bin/env python3
"""A passive HTTP monitor: `python exercise.py -i eth0 -p 80`.

Packets are captured, TCP streams are put back together, HTTP messages become timestamped records, records are counted
by pluggable statistics in a store that ages, a learning/enforce state machine watches the counts, and a coloured
console dashboard shows all of it, refreshed each bucket.
"""

import cli.packages  # noqa: F401, I001 first: a missing package is one line, not a traceback

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace


from capture.errors import BadFilter, CaptureError, NobodyReads
from capture.intake import Intake
from capture.ports import Ports
from capture.privileges import UnknownUser
from cli.arguments import Arguments, parse_arguments
from cli.build import PROGRAM
from run.full import FullUi, brisk, chosen_ui
from run.health import HealthAnswer, voice
from outputs.exchange_log import LogError
from notices.receivers import Receivers, from_settings, notifying
from run.opening import opened
from run.outputs import Outputs, shown_on
from run.progress import with_progress
from run.session import Session
from cli.settings import configured
from run.signals import rounding, rules
from run.watch import Stop, Watch, drive, watch_file, watch_live
from dashboard.full.complaints import Complaints, collected
from dashboard.outlet import Outlet
from dashboard.screen import OutputClosedError, Screen
from exercise_config import Config, SettingError
from notices.notifier import Notifier
from stats.loading import StatisticError, load
from stats.statistic import Statistic
from store.filtering.errors import FilterError
from store.filtering.filter import Filter, parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status is 0, 1 when the environment fails, 2 for usage and configuration."""
    given = sys.argv[1:] if argv is None else list(argv)
    if given[:1] == ["report"]:
        from cli.report import report

        return report(given[1:])
    arguments = parse_arguments(given)
    try:
        config = configured(arguments)
        return demonstrate(arguments, config) if arguments.demo else run(arguments, config)
    except (OutputClosedError, KeyboardInterrupt):
        return 0
    except (SettingError, StatisticError, UnknownUser, BadFilter) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    except (CaptureError, LogError, OSError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1


def run(arguments: Arguments, config: Config) -> int:
    """Do what was asked for."""
    if arguments.show_config:
        Screen(sys.stdout).say(config.as_toml())
        return 0
    if arguments.list_interfaces:
        return list_interfaces()
    arguments = chosen_ui(arguments)
    with collected(arguments.ui == "full") as complaints:
        return monitor(arguments, brisk(config) if arguments.ui == "full" else config, complaints)


def monitor(arguments: Arguments, config: Config, complaints: Complaints) -> int:
    """Capture, decode, count, judge and show, until the source ends or a signal comes. `complaints` is what was said on
    standard error, where a full screen takes it over.
    """
    stop = Stop()
    statistics, only, told = prepared(arguments, config)
    with opened(arguments, config, statistics, stop) as (intake, outputs):
        name = f"{intake.source.name} port {arguments.ports}" + (f" only {only.text}" if only else "")
        with (
            notifying(told, name, config.notice_flush_time) as notifier,
            Screen(sys.stderr if arguments.uses_output else sys.stdout, arguments.colour) as screen,
        ):
            health = HealthAnswer()
            outlets: list[Outlet] = [shown_on(screen, arguments), *outputs.outlets, notifier, health]

            def notices() -> tuple[str, ...]:
                return (*failing(outputs, notifier), *outputs.remarks)

            session = Session(config, statistics, name, outputs.takers, outlets, notices, only)
            health.answer(voice(screen, arguments.ui == "full"), session.want_view)
            outputs.look_closer(lambda window: session.view(window, config.max_top_hits))
            outputs.start(arguments.verbose)
            remember(session, outputs, intake.source.live, config)
            steps = watch(intake, session, config, arguments.duration, stop)
            if arguments.ui == "full":
                ending = FullUi(arguments, config, statistics, complaints).drive(session, intake, steps, stop)
            else:
                ending = drive(with_progress(steps, intake, screen), stop.wait)
            session.finish(ending.clock, ending.status)
            outputs.finish()
    early = None if isinstance(ending.error, NobodyReads) else ending.error
    remarks = [f"{PROGRAM}: {remark}" for remark in outputs.remarks]
    return judged([*intake.trouble, *failing(outputs, notifier), early], [*session.complaints(), *remarks])


def prepared(arguments: Arguments, config: Config) -> tuple[list[Statistic], Filter | None, Receivers]:
    """What is counted, of which exchanges, and who is told of alerts: all that can be wrong is said before anything is
    opened.
    """
    rules(config)
    statistics = load(config.statistics, vars(config))
    only = chosen(arguments.only, statistics)
    told = from_settings(config, os.environ, replay=arguments.read not in (None, "-"))
    for sentence in (*rounding(config), *told.warnings):
        print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    return statistics, only, told


def remember(session: Session, outputs: Outputs, live: bool, config: Config) -> None:
    """Keep a history, if one is kept; a live run shows what is in it."""
    history = outputs.history
    if history is None:
        return
    session.record_in(history)
    if live:
        session.recall(*history.before(time.time(), config.max_retention_length))
        session.compare_with(history.past)


def judged(faults: Sequence[object], complaints: Sequence[str]) -> int:
    """The exit status, once what went wrong was said; plug-ins that were switched off do not count."""
    for text in complaints:
        print(text, file=sys.stderr)
    texts = [str(fault) for fault in faults if fault]
    for text in texts:
        print(f"{PROGRAM}: {text}", file=sys.stderr)
    return 1 if texts else 0


def chosen(text: str, statistics: Sequence[Statistic]) -> Filter | None:
    """The exchanges that this run is about; None for all."""
    try:
        return parse(text, statistics) if text else None
    except FilterError as error:
        wrong = text[error.start : error.end]
        raise SettingError(f"--only: {error.message}" + (f" ({wrong!r})" if wrong else "")) from None


def failing(outputs: Outputs, notifier: Notifier) -> tuple[str, ...]:
    """What does not take what it is given: the log, and those who are told of alerts."""
    return (*outputs.notices, *notifier.complaints)


def watch(intake: Intake, session: Session, config: Config, duration: float | None, stop: Stop) -> Watch:
    """The steps of a live capture, or of a file."""
    if intake.source.live:
        return watch_live(intake, session, duration, stop)
    return watch_file(intake, session, duration, stop)


def list_interfaces() -> int:
    """Print the network interfaces."""
    from capture.interfaces import interfaces

    screen = Screen(sys.stdout)
    for name, addresses, state in interfaces():
        screen.say(f"{name:16} {state:5} {', '.join(addresses)}".rstrip())
    return 0


def demonstrate(arguments: Arguments, config: Config) -> int:
    """Watch a web server and visitors of our own, on loopback."""
    from demo.errors import DemoError
    from demo.private_network import LOOPBACK, enter_private_network
    from demo.settings import demo_duration
    from demo.traffic import DemoTraffic

    duration = demo_duration(arguments.duration, chosen_ui(arguments).ui)
    try:
        enter_private_network()
        with DemoTraffic() as traffic:
            return run(
                replace(
                    arguments,
                    interface=LOOPBACK,
                    ports=Ports([traffic.port]),
                    duration=duration,
                ),
                config,
            )
    except DemoError as error:
        raise CaptureError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
