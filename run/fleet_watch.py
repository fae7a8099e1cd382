"""`exercise.py watch --store URL`: opens a store of many sensors, and watches until the user or a signal ends it."""

import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, NamedTuple

from capture.privileges import ROOT, chosen_user
from cli.arguments import Arguments
from cli.build import PROGRAM
from cli.settings import configured
from cli.watch import WatchArguments, parse_watch
from dashboard.attention import Attention
from dashboard.full.complaints import Complaints, collected
from dashboard.screen import Screen
from exercise_config import Config
from fleet.choice import usual_bucket_size
from fleet.reader import Clock, FleetReader
from fleet.stores import fleet_opener
from history.database import HistoryError
from history.fleet import FleetArchive, SensorState
from history.record import StoreError
from notices.notifier import Notifier
from notices.receivers import check_program, notifying
from run.fleet_desk import FleetDesk
from run.fleet_session import POLL, FleetOptions, FleetSession
from run.full import chosen_ui, load_full_screen
from run.health import HealthAnswer, voice
from run.lockdown import locked
from run.locked import Locked
from run.offers import Way, offers
from run.opening import attention_of, give_up_rights
from run.outputs import Outputs, shown_on
from run.panel_file import PanelFile
from run.plan import Plan, planned
from run.session import WINDOWS
from run.store_grants import store_grants
from run.watch import Stop
from stats.statistic import Statistic
from view.exchange_line import Discretion

Opening = Callable[[], FleetArchive]
Watch = Generator[float, None, None]
"""The steps of a run: a generator that yields the seconds until the next one."""
FLEET_PANELS: Final = "fleet_panels.json"
"""The choice of panels, which is not that of a host's screen."""
PATIENCE: Final = 2.0
"""Seconds to wait at the end for a store that does not answer."""


def watch_fleet(argv: Sequence[str], lockdown: bool = True) -> int:
    """Watch, and return the exit status: 1 if the store cannot be read at the start, or a receiver was not notified.

    Raises:
        SettingError: a setting is wrong.
    """
    given = parse_watch(argv)
    arguments = chosen_ui(given.shared)
    config = configured(arguments)
    config = config if lockdown else replace(config, lockdown=False)
    stop = Stop()
    try:
        with stop.interrupting():  # the store may not answer
            opened = fleet_opener(given.store)
            archive = opened()
            states, units = archive.sensors(), archive.statistics()
            archive.close()
    except (StoreError, HistoryError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    config = fitting(config, states)
    plan = planned(arguments, config)
    plan = plan._replace(statistics=stored(plan.statistics, units))
    return _watch(given._replace(shared=arguments), config, plan, opened, stop)


def fitting(config: Config, states: Sequence[SensorState]) -> Config:
    """Return the settings with the buckets of most sensors."""
    size = usual_bucket_size(states, config.dashboard_bucket_size)
    if size == config.dashboard_bucket_size:
        return config
    print(f"{PROGRAM}: dashboard_bucket_size = {size}, as most sensors have it", file=sys.stderr)
    return replace(config, dashboard_bucket_size=size)


def stored(statistics: Sequence[Statistic], units: dict[str, str]) -> list[Statistic]:
    """Return the statistics that the sensors send; all of them if there are no sensors yet."""
    return [each for each in statistics if not units or each.name in units]


class _Opened(NamedTuple):
    """The open parts of a run."""

    session: FleetSession
    screen: Screen
    attention: Attention
    notifier: Notifier
    locked: Locked


def fleet_steps(session: FleetSession, duration: float | None, stop: Stop) -> Watch:
    """Take what was read and judge it, until the duration is over or somebody stops it."""
    end = time.monotonic() + (duration or float("inf"))
    session.begin(time.time())
    while not stop.is_set() and time.monotonic() < end:
        yield max(0.0, min(POLL, end - time.monotonic()))
        session.step(time.time())


def _watch(given: WatchArguments, config: Config, plan: Plan, opened: Opening, stop: Stop) -> int:
    """Open what the run needs, watch, and close it."""
    arguments = given.shared
    with collected(arguments.ui == "full") as complaints, ExitStack() as stack:
        parts = _opened(given, config, plan, opened, stack)
        say = voice(parts.screen, complaints.keep if arguments.ui == "full" else None)
        parts.session.show_to(HealthAnswer(say, parts.session.want_view, parts.locked.words))
        parts.session.reader.start()
        steps = fleet_steps(parts.session, arguments.duration, stop)
        if arguments.ui == "full":
            _show(parts, steps, stop, config, plan, arguments, complaints)
        else:
            _drive(steps, stop)
        parts.session.finish()
    faults = parts.notifier.complaints
    for fault in faults:
        print(f"{PROGRAM}: {fault}", file=sys.stderr)
    return int(bool(faults))


def _opened(given: WatchArguments, config: Config, plan: Plan, opened: Opening, stack: ExitStack) -> _Opened:
    """Drop rights, lock down, and open the screen."""
    arguments, name = given.shared, f"fleet {given.store}"
    size, retention = config.dashboard_bucket_size, config.max_retention_length
    reader = FleetReader(opened, retention, config.timeout, size, Clock())
    stack.callback(reader.close, PATIENCE)
    if arguments.ui == "full":
        load_full_screen()
    if config.user != ROOT:
        give_up_rights(chosen_user(config.user, os.environ), arguments.verbose)
    check_program(plan.receivers)
    lock = locked(arguments, config, plan, Outputs(None, None, None, None), stack, store_grants(given.store))
    if arguments.verbose:
        print(f"{PROGRAM}: locked down: {lock.words}", file=sys.stderr)
    notifier = stack.enter_context(notifying(plan.receivers, name, config.notice_flush_time))
    screen = stack.enter_context(Screen(sys.stdout, arguments.colour))
    attention = attention_of(arguments, config, name, screen, stack)
    options = FleetOptions(name, given.only, given.by_sensor, given.ignored)
    outlets = [shown_on(screen, arguments), notifier, attention]
    way = Way.KEY if arguments.ui == "full" else Way.SETTING

    def warnings() -> tuple[str, ...]:
        return (*notifier.complaints, *offers(session.decisions.offers, way))

    session = FleetSession(config, plan.statistics, reader, outlets, options, warnings)
    return _Opened(session, screen, attention, notifier, lock)


def _drive(steps: Watch, stop: Stop) -> None:
    """Take all steps, and wait between them."""
    for pause in steps:
        stop.wait(pause)


def _show(
    parts: _Opened,
    steps: Watch,
    stop: Stop,
    config: Config,
    plan: Plan,
    arguments: Arguments,
    complaints: Complaints,
) -> None:
    """Take all steps while the full screen is shown."""
    from dashboard.full.terminal import Told, first_appearance, watch_on_screen

    bucket, retention = config.dashboard_bucket_size, config.max_retention_length
    windows = [bucket, *(window for window in WINDOWS if bucket < window < retention), retention]
    appearance = first_appearance(arguments.colour, Discretion(config.log_query_strings, config.log_credentials))
    appearance.panels = PanelFile(plan.state_folder, FLEET_PANELS)
    appearance.locked, appearance.files = parts.locked
    desk = FleetDesk(parts.session, windows)
    watch_on_screen(desk, steps, stop, appearance, False, Told(complaints, parts.attention))
