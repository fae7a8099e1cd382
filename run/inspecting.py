"""Inspectors in a run: their processes are forked before anything else is open, and inspect what batches contain.

The modules of `inspection/` are imported only if there are inspectors.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from capture.core import CORE
from capture.privileges import ROOT, User, give_up
from cli.arguments import Arguments
from detection.inspector import Inspector
from detection.loading import DetectorError, import_inspectors, load_inspectors
from exercise_config import Config
from run.hangup import obey_hangup
from run.plan import Plan
from run.watch import Stop

if TYPE_CHECKING:
    from inspection.inspection import Inspection
    from inspection.terms import Terms

_MEBIBYTE: Final = 2**20
_LONGEST_TEXT: Final = 2_000
"""Characters of a text of a finding, whatever `max_str_length` allows."""


def open_inspection(
    arguments: Arguments, config: Config, plan: Plan, user: User | None, stop: Stop, stack: ExitStack
) -> "Inspection | None":
    """Fork the processes, load the inspectors there, and let the stack end them; None if there are no inspectors.

    It comes first, so that they have nothing of ours. They become `user`.

    Raises:
        DetectorError: an inspector cannot be loaded.
    """
    if not plan.inspectors:
        return None
    from inspection.inspection import Inspection
    from inspection.processes import Stem

    stays = config.user == ROOT
    loading = Loading(plan.inspectors, vars(config), (lambda: None) if stays else partial(give_up, user))
    terms = _terms(config)
    stem = Stem(loading.load, terms, loading.leave)
    stack.callback(stem.close)
    with stop.interrupting():  # rules may take long to load
        return Inspection(stem, plan.inspectors, terms, live=arguments.read is None)


class Loading:
    """Loads inspectors in a process that drops its rights before."""

    def __init__(self, names: Sequence[str], settings: Mapping[str, object], drop_rights: Callable[[], None]) -> None:
        self._names = names
        self._settings = settings
        self._drop_rights = drop_rights
        self._problem: DetectorError | None = None

    def leave(self) -> None:
        """Import the inspectors while we can read their files, which the user may not; then drop all rights."""
        try:
            import_inspectors(self._names)
        except DetectorError as error:
            self._problem = error
        self._drop_rights()

    def load(self) -> list[Inspector]:
        """Make the inspectors, with rules that the user can read.

        Raises:
            DetectorError: they cannot be loaded.
        """
        if self._problem is not None:
            raise self._problem
        inspectors = load_inspectors(self._names, self._settings)
        for each in inspectors:
            use_core: Callable[[object], None] | None = getattr(each, "use_core", None)
            if use_core is not None:
                use_core(CORE)
        return inspectors


def _terms(config: Config) -> "Terms":
    from inspection.terms import Terms

    return Terms(
        workers=config.inspection_workers,
        budget=config.inspection_budget / 1000,
        memory=config.inspection_memory * _MEBIBYTE,
        queue=config.inspection_queue * _MEBIBYTE,
        longest_body=config.max_inspected_body,
        longest_text=min(config.max_str_length, _LONGEST_TEXT),
        lockdown=config.lockdown,
    )


def start_inspection(inspection: "Inspection | None", stack: ExitStack) -> None:
    """Begin to inspect, once this process is locked down; live, inspectors are loaded anew at SIGHUP."""
    if inspection is None:
        return
    inspection.start()
    stack.callback(inspection.close)
    if inspection.live:
        stack.callback(obey_hangup(inspection.ask))
