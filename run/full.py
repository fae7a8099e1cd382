"""Runs the full screen: it provides the recent exchanges and the desk, and captures step by step in the screen's loop.

Textual is imported only if the full screen is shown.
"""

import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from capture.intake import Intake
from cli.arguments import Arguments
from dashboard.attention import Attention
from dashboard.full.complaints import Complaints
from dashboard.full.marks import Marks
from dashboard.progress import Progress
from exercise_config import Config, SettingError
from outputs.label_file import LabelFile
from run.locked import Locked
from run.plan import Plan
from run.progress import progress_of
from run.session import WINDOWS, Session
from run.watch import Ending, Stop, Watch
from stats.statistic import Statistic
from store.filtering import patterns
from store.recent import Recent
from store.store import Store
from view.exchange_line import Discretion

PACE = 1.0
"""Maximum seconds between two refreshes, even if `timeout` is longer."""


def chosen_ui(arguments: Arguments) -> Arguments:
    """Return the arguments with `auto` decided: the full screen on a terminal, the console elsewhere.

    A pipe is shown on the console: reading it may block, and the full screen would not respond to keys meanwhile.

    Raises:
        SettingError: the full screen was requested, but cannot be shown.
    """
    piped = arguments.read is not None and not os.path.isfile(arguments.read)
    if arguments.ui == "full" and not can_show():
        raise SettingError("--ui full needs a terminal for standard output and for keys")
    if arguments.ui == "full" and piped:
        raise SettingError("--ui full cannot read from a pipe; use a regular file, or leave --ui out")
    if arguments.ui != "auto":
        return arguments
    full = can_show() and not piped and not arguments.quiet and not arguments.uses_output
    return replace(arguments, ui="full" if full else "console")


def can_show(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether there are terminals to draw on and to read keys from."""
    with contextlib.suppress(AttributeError, ValueError, OSError):  # a closed or missing stream
        shown = sys.stdout.isatty() and environ.get("TERM", "dumb") not in ("", "dumb", "unknown")
        return shown and (sys.stdin.isatty() or _has_own_terminal())
    return False


def _has_own_terminal() -> bool:
    os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    return True


def brisk(config: Config) -> Config:
    """Return the settings with records taken at least once a second, for a screen that somebody watches."""
    return replace(config, timeout=min(config.timeout, PACE))


def load_full_screen() -> None:
    """Import everything the full screen needs while we can read it: an unprivileged user may not."""
    import dashboard.full.store_desk
    import dashboard.full.terminal

    dashboard.full.terminal.load_everything()
    patterns.engine()


class FullUi:
    """The full screen of one run."""

    def __init__(
        self,
        arguments: Arguments,
        config: Config,
        plan: Plan,
        complaints: Complaints,
        locked: Locked,
        recent: Recent | None = None,
    ) -> None:
        """`recent` holds the recent exchanges, if somebody else takes them already."""
        self._recent = recent
        self._arguments = arguments
        self._config = config
        self._statistics = plan.statistics
        self._state_folder = plan.state_folder
        self._complaints = complaints
        self._locked = locked
        self._marks = Marks()
        self._begun = time.monotonic()
        self._reading = arguments.read is not None

    def mark_in(self, labels: LabelFile | None) -> None:
        """Keep marks of exchanges in this file; None if there is none."""
        self._marks = Marks(labels.write if labels is not None else None)

    def drive(self, session: Session, intake: Intake, attention: Attention, steps: Watch, stop: Stop) -> Ending:
        """Take all steps while the full screen is shown. After the end of a file it stays until the user quits."""
        from dashboard.full.store_desk import StoreDesk
        from dashboard.full.terminal import Told, first_appearance, watch_on_screen
        from run.panel_file import PanelFile

        config = self._config
        bucket, retention = config.dashboard_bucket_size, config.max_retention_length
        recent = self._recent
        if recent is None:
            recent = Recent(config.max_recent_exchanges, config.max_recent_characters)
            session.hand_to(recent)
        windows = [bucket, *(window for window in WINDOWS if bucket < window < retention), retention]
        desk = StoreDesk(session, recent, self._statistics, self._new_store, windows, lambda: self._progress(intake))
        session.hand_to(desk)
        discretion = Discretion(config.log_query_strings, config.log_credentials)
        setting = first_appearance(self._arguments.colour, discretion)
        shown = self._judged(steps, session)
        setting.panels = PanelFile(self._state_folder)
        setting.marks = self._marks
        setting.locked, setting.files = self._locked
        told = Told(self._complaints, attention)
        ending: Ending = watch_on_screen(desk, shown, stop, setting, self._reading, told)
        return ending

    def _new_store(self, counted: Sequence[Statistic]) -> Store:
        config = self._config
        return Store(counted, config.dashboard_bucket_size, config.max_retention_length, config.max_keys)

    def _progress(self, intake: Intake) -> Progress | None:
        return progress_of(intake, time.monotonic() - self._begun) if self._reading else None

    def _judged(self, steps: Watch, session: Session) -> Watch:
        """Take the same steps, then judge the last counts at once, because the screen may stay."""
        ending = yield from steps
        self._reading = False
        session.judge(ending.clock, ending.status)
        return ending
