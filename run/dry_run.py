"""`exercise.py waf -r FILE`: reads capture files, has worker processes run the rules, and prints the report."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from capture.core import CORE, how_to_inspect
from capture.errors import DamagedCapture
from capture.intake import Intake, Status
from capture.keys.keyring import Keyring
from capture.named_files import named_files
from capture.open import open_file
from capture.ports import Ports
from capture.privileges import ROOT, User, chosen_user
from capture.source import Source
from cli.build import PROGRAM
from cli.settings import configured
from cli.waf import WafArguments, parse_waf
from dashboard.screen import Screen
from detection.inspector import Inspector
from detection.loading import DetectorError
from detection.waf.directives import Limits
from detection.waf.dry_run import HIGHEST_LEVEL, DryRun, outcomes
from detection.waf.engine import Engine
from detection.waf.files import RulesError
from detection.waf.summary import summary
from detection.waf.summary_text import Run, summary_json, summary_text
from detection.waf.tally import Tally
from exercise_config import Config
from inspection.inspection import Inspection
from inspection.processes import Stem
from inspection.terms import Terms
from run.decoding import decoder_for, limits, without_loss
from run.keys import open_keys
from run.lockdown import lock_reader
from run.opening import give_up_rights
from run.watch import Stop
from traffic.content import Content
from traffic.finding import Finding
from view.builder import NOT_KEPT

BUDGET: Final = 2.0
"""Seconds of CPU for an exchange: nobody waits for the traffic of a file."""
QUEUE: Final = 8 * 2**20
"""Bytes of contents whose outcomes are counted at a time."""
_POLL: Final = 0.2
_CLOSING: Final = 4096
"""Records to complete at a time at the end of a file."""
_MEBIBYTE: Final = 2**20


class _Rules(NamedTuple):
    """The rules of a run."""

    paths: tuple[str, ...]
    wanted: Limits


def waf(argv: Sequence[str], *, lockdown: bool = True) -> int:
    """Print the report; return 0, or 1 if something cannot be read. Rights are dropped before traffic is read.

    Raises:
        SettingError, DetectorError: a setting is wrong, or the rules cannot be loaded.
        CaptureError: a file cannot be opened.
    """
    given = parse_waf(argv)
    config = configured(given.shared)
    config = config if lockdown else replace(config, lockdown=False)
    if problem := how_to_inspect():
        print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return 1
    user, stop = chosen_user(config.user, os.environ), Stop()
    levels = 0 if given.fast else HIGHEST_LEVEL
    wanted = Limits(config.waf_paranoia, levels, config.waf_threshold, config.waf_outbound_threshold)
    rules = _Rules(given.crs or config.waf_rules, wanted)
    with ExitStack() as stack:
        stem = Stem(partial(_loaded, rules), _terms(config, given), partial(_leave, config, user))
        stack.callback(stem.close)
        with stop.interrupting():  # opening a pipe may block
            opened = [_opened(path, config, user, stack) for path in given.files]
        _leave(config, user)
        engine = _engine(rules)
        if config.lockdown:
            lock_reader()
        inspection = Inspection(stem, (DryRun.name,), _terms(config, given), live=False)
        inspection.start()
        stack.callback(inspection.close)
        reading = _Reading(inspection, config, given.shared.ports, stop)
        status = reading.read_all(opened)
    _print(reading, engine, given)
    return status


def _leave(config: Config, user: User | None) -> None:
    if config.user != ROOT:
        give_up_rights(user, verbose=False)


def _engine(rules: _Rules) -> Engine:
    """Load the rules here too, to learn what they are; nothing of the traffic reaches this process's engine."""
    try:
        return Engine(*rules)
    except RulesError as error:
        raise DetectorError(str(error)) from error


def _loaded(rules: _Rules) -> Sequence[Inspector]:
    try:
        inspector = DryRun(*rules)
    except RulesError as error:
        raise DetectorError(str(error)) from error
    inspector.use_core(CORE)
    return [inspector]


def _terms(config: Config, given: WafArguments) -> Terms:
    return Terms(
        workers=given.workers,
        budget=max(BUDGET, config.inspection_budget / 1000),
        memory=config.inspection_memory * _MEBIBYTE,
        queue=QUEUE,
        longest_body=config.max_inspected_body,
        longest_text=2_000,
        lockdown=config.lockdown,
    )


class _Opened(NamedTuple):
    """A capture file, and the keys for it."""

    path: str
    source: Source
    keyring: Keyring


def _opened(path: str, config: Config, user: User | None, stack: ExitStack) -> _Opened:
    source = open_file(path)
    stack.callback(source.close)
    keyring = open_keys(config, source, named_files(config.user), user)
    stack.callback(keyring.close)
    keyring.protect()
    return _Opened(path, source, keyring)


class Progress:
    """A line on standard error that is overwritten, if that is a terminal."""

    def __init__(self) -> None:
        self._shown = 0

    def show(self, text: str) -> None:
        """Show how far it is."""
        if sys.stderr.isatty():
            print(f"\r{text:<{self._shown}}", end="", file=sys.stderr, flush=True)
            self._shown = len(text)

    def clear(self) -> None:
        """Make room for the report."""
        if self._shown:
            print(f"\r{'':<{self._shown}}\r", end="", file=sys.stderr, flush=True)


class _Reading:
    """Reads the files one after the other, and counts."""

    def __init__(self, inspection: Inspection, config: Config, ports: Ports, stop: Stop) -> None:
        self.tally = Tally()
        self.notes: list[str] = []
        self.missed: Counter[str] = Counter()
        self._inspection = inspection
        self._config = config
        self._ports = ports
        self._stop = stop
        self._progress = Progress()

    def read_all(self, files: Sequence[_Opened]) -> int:
        """Read the files, and return 1 if one of them is damaged, otherwise 0."""
        status = max(map(self._read_whole, files))
        self._settle()
        self._progress.clear()
        self._inspection.end()
        self._count()
        if self._stop.is_set():
            self.notes.append("Stopped early: this is the report on what was read until then.")
        self.missed += self._inspection.missed
        self.notes += self._inspection.warnings
        return status

    def _read_whole(self, opened: _Opened) -> int:
        try:
            self._read(opened)
        except DamagedCapture as error:
            print(f"{PROGRAM}: {error}", file=sys.stderr)
            return 1
        return 0

    def _read(self, opened: _Opened) -> None:
        decoder = decoder_for(
            self._ports, without_loss(limits(self._config)), frozenset((Content,)), frozenset(self._config.protocols),
            opened.keyring.expects_keys,
        )  # fmt: skip
        intake = Intake(opened.source, decoder)
        intake.decrypt_with(opened.keyring)
        try:
            while not self._stop.is_set() and (frames := intake.read()) is not None:
                intake.decode(frames)
                self._hand(intake)
        finally:
            self._finish(intake)
            self._note(opened.path, intake.status())

    def _note(self, path: str, status: Status) -> None:
        """Note what of a file was not inspected."""
        if not_kept := status.health.oddities[NOT_KEPT]:
            self.missed[NOT_KEPT] += not_kept
        unreadable = [f"{count:,} {kind}" for kind, count in sorted(status.health.unreadable.items()) if count]
        if unreadable:
            self.notes.append(f"{path}: unreadable connections: {', '.join(unreadable)}")
        self.notes += [f"{path}: {warning}" for warning in status.warnings]

    def _finish(self, intake: Intake) -> None:
        while not intake.finish(_CLOSING):
            self._hand(intake)
        self._hand(intake)

    def _hand(self, intake: Intake) -> None:
        """Have what was decoded inspected, and wait for that from time to time, so that little has to be kept."""
        contents = intake.take().table(Content).records()
        self.tally.note_requests(contents)
        self._inspection.hand(contents)
        if self._inspection.full:
            self._settle()

    def _settle(self) -> None:
        """Count what was found, once all is inspected: in the order of the exchanges, however fast the workers are."""
        while not self._inspection.wait(_POLL):
            if self._stop.is_set():
                break
        self._count()
        self._progress.show(f"{self.tally.requests:,} requests, {self.tally.blocked:,} would be blocked")

    def _count(self) -> None:
        findings = [told for told in self._inspection.take() if isinstance(told, Finding)]
        for outcome in outcomes(findings):
            self.tally.note(outcome)


def _print(reading: _Reading, engine: Engine, given: WafArguments) -> None:
    name = f"Core Rule Set {engine.version}" if engine.version else f"{engine.rules:,} rules"
    run = Run(given.files, name, reading.missed, tuple(reading.notes))
    report = summary(reading.tally, engine.limits)
    screen = Screen(sys.stdout)
    screen.say(summary_json(report, run) if given.json else summary_text(report, run, given.rows, screen.width))
