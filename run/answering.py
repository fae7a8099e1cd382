"""`exercise.py answer`: tells fronts whether to let requests pass. Start at `answer`.

The order matters: the stem is forked before anything is open, then sockets and the log are opened, then the rights are
dropped and the process is locked down, and only then a byte of a front is read.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from capture.named_files import NamedFiles, named_files
from capture.privileges import ROOT, User, chosen_user
from cli.answer import AnswerArguments, parse_answer
from detection.inspector import Inspector
from detection.loading import DetectorError
from detection.waf.directives import Limits
from detection.waf.dry_run import DryRun
from detection.waf.files import RulesError, rule_folders
from detection.waf.prefilter import Prefilter
from exercise_config import Config, SettingError
from inspection.asking import Asking
from inspection.processes import Stem
from inspection.terms import Terms
from outputs.log.event_log import EventLog
from run.answering_loop import Parts, serve
from run.intelligence import read_again
from run.lockdown import lock_agent
from run.log import daemons, open_log
from run.opening import give_up_rights
from run.waf_rules import loaded_prefilter, wanted_limits
from verdicts.judge import Policy
from verdicts.listed import Listed
from verdicts.listening import bound
from verdicts.routes import RouteError, Routes
from verdicts.ruling import Enforced, RangeError

if TYPE_CHECKING:
    from run.feeds import Intelligence

_MEBIBYTE: Final = 2**20
_LEAST_SILENCE: Final = 0.5
"""Seconds of silence after which a worker is taken for hung; it has twice as long, once it has begun."""


def answer(argv: Sequence[str], *, lockdown: bool = True) -> int:
    """Answer until a signal comes, and return 0. Rights are dropped before a front is heard.

    Raises:
        SettingError, DetectorError: a setting is wrong, or the rules cannot be loaded.
        CaptureError, LogError, OSError: the rights cannot be dropped, or something cannot be opened.
    """
    given = parse_answer(argv)
    config = given.config if lockdown else replace(given.config, lockdown=False)
    policy = policy_of(config)
    user, files = chosen_user(config.user, os.environ), named_files(config.user)
    wanted = wanted_limits(config)
    with ExitStack() as stack:
        terms = _terms(config, given, policy)
        stem = Stem(partial(_loaded, config.waf_rules, wanted), terms, partial(_leave, config, user))
        stack.callback(stem.close)
        if given.auth_request:
            _need_httptools()
        auth_request = [stack.enter_context(bound(place)) for place in given.auth_request]
        spoe = [stack.enter_context(bound(place)) for place in given.spoe]
        log = open_log(given.shared, config, files.open)
        if log is not None:
            stack.callback(log.close)
        feeds = _feeds(config, policy.listed, files)
        if feeds is not None:
            stack.callback(feeds.close)
        _leave(config, user)
        load = partial(loaded_prefilter, config.waf_rules, wanted)
        asking = Asking(stem, (DryRun.name,), terms, config.waf_queue)
        stack.callback(asking.close)
        first = load()
        if config.lockdown:
            lock_agent([*rule_folders(config.waf_rules), *read_again(config)], bool(daemons(given.shared, config)))
        _start(log, asking, feeds)
        parts = Parts(asking, policy, first, load, feeds, log, spoe, auth_request, _lines(given, policy, first))
        asyncio.run(serve(parts, config, given))
    return 0


def policy_of(config: Config) -> Policy:
    """Return by what questions are judged.

    Raises:
        SettingError: a route or a number of a rule is wrong.
    """
    try:
        routes = Routes(config.waf_routes, config.waf_deadline / 1000)
    except RouteError as error:
        raise SettingError(f"waf_routes: {error}") from error
    try:
        enforced = Enforced(config.waf_enforced_rules)
    except RangeError as error:
        raise SettingError(f"waf_enforced_rules: {error}") from error
    return Policy(routes, enforced, Listed(), config.max_inspected_body, config.waf_undecided_lines)


def _need_httptools() -> None:
    """Load the server for nginx while its files can be read.

    Raises:
        SettingError: a package is missing.
    """
    try:
        import verdicts.auth_request.server  # noqa: F401
    except ImportError as missing:
        packages = "pip install -r requirements-answer.txt"
        raise SettingError(f"--auth-request needs the package httptools ({missing}); run: {packages}") from missing


def _feeds(config: Config, listed: Listed, files: NamedFiles) -> "Intelligence | None":
    """Open the files with indicators; None if there are none."""
    if not config.indicators:
        return None
    from run.feeds import opened_for

    return opened_for(listed, config, files, "", live=True)


def _leave(config: Config, user: User | None) -> None:
    if config.user != ROOT:
        give_up_rights(user, verbose=False)


def _loaded(rules: Sequence[str], wanted: Limits) -> Sequence[Inspector]:
    """Load the rules for the workers. They have no prefilter, because they are asked only about what it left."""
    try:
        return [DryRun(rules, wanted)]
    except RulesError as error:
        raise DetectorError(str(error)) from error


def _terms(config: Config, given: AnswerArguments, policy: Policy) -> Terms:
    budget = max(config.inspection_budget / 1000, policy.routes.longest_deadline)
    return Terms(
        workers=given.workers,
        budget=budget,
        memory=config.inspection_memory * _MEBIBYTE,
        longest_body=config.max_inspected_body,
        longest_text=2_000,
        lockdown=config.lockdown,
        silence=max(_LEAST_SILENCE, 2 * budget),
        niceness=0,
        disables=False,  # whoever finds a request at which it fails must not turn the rules off for all others
    )


def _start(log: EventLog | None, asking: Asking, feeds: "Intelligence | None") -> None:
    if log is not None:
        log.start()
    if feeds is not None:
        feeds.start()
    asking.start()


def _lines(given: AnswerArguments, policy: Policy, first: Prefilter | None) -> list[str]:
    """Say where fronts may ask, and what is made of it; to a parent, which knows that, nothing."""
    if given.parent >= 0:
        return []
    lines = [f"answering HAProxy (SPOE) on {place}" for place in given.spoe]
    lines += [f"answering nginx (auth_request) on {place}" for place in given.auth_request]
    lines += [
        f"{route.place}: {route.mode}, {'closed' if route.closed else 'open'}, {route.deadline * 1000:g} ms"
        for route in policy.routes
    ]
    if not policy.routes.enforcing:
        lines.append("nothing is refused: no route says enforce")
    if first is None or first.unbounded:
        lines.append("every request goes to the rules, some 100 to 400 per second and worker: see docs/waf.md, Live")
    return lines
