"""`exercise.py collect` takes the records of many sensors. Start at `collect`."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Final

from capture.named_files import NamedFiles, acting_as, named_files
from capture.privileges import ROOT, chosen_user, give_up, sudo_caller
from cli.build import PROGRAM
from cli.collect import CollectArguments, parse_collect
from cli.history_file import retention
from cli.settings import plainly_configured
from exercise_config import Config
from fleet.collecting import Collecting
from fleet.collector import CollectorServer
from fleet.collector_tls import CertificateError, server_context
from fleet.tokens import TokenError, Tokens
from history.collected.folder import Folder
from history.database import HistoryError
from notices.errors import NoticeError
from notices.secret_file import exposure, read_secret
from run.lockdown import lock_collector
from run.watch import Stop
from stats.loading import units

SUMMARY: Final = 60.0
"""Seconds between two lines of the log, if there is something to tell."""


def collect(argv: Sequence[str], *, lockdown: bool = True) -> int:
    """Take records until a signal comes; return 0, or 1 if the environment failed, or 2 for wrong usage.

    Raises:
        SettingError: a setting is wrong.
        UnknownUser: the setting `user` names nobody that the program may become.
        CaptureError: the rights cannot be dropped.
        OSError: the address is not available.
    """
    arguments = parse_collect(argv)
    config = plainly_configured(arguments.config, arguments.settings)
    stop = Stop()
    try:
        with opened(arguments, config, lockdown=lockdown and config.lockdown) as collecting:
            while not stop.wait(SUMMARY):
                _log(collecting.summary())
            _log(collecting.summary())
    except (CertificateError, TokenError, NoticeError) as error:
        _log(str(error))
        return 2
    except HistoryError as error:
        _log(str(error))
        return 1
    return 0


@contextmanager
def opened(arguments: CollectArguments, config: Config, *, lockdown: bool) -> Iterator[Collecting]:
    """Read the secrets, listen, drop the rights that this needed, lock down, open the folder, and answer."""
    user, files = chosen_user(config.user, os.environ), named_files(config.user)
    tokens = _tokens(arguments.token_file, files)
    with _as_caller():
        context = server_context(arguments.cert, arguments.key, arguments.ca) if arguments.cert else None
    files.make_folder(arguments.store)
    kinds = units()
    try:
        server = CollectorServer(arguments.listen, context, config.max_sensor_connections)
    except OSError as reason:
        words = f"cannot listen on {arguments.listen}: {reason.strerror or reason}; use another ADDRESS:PORT"
        raise OSError(words) from reason
    with closing(server):
        if config.user != ROOT:
            give_up(user)
        locked = lock_collector(arguments.store) if lockdown else "nothing; lockdown is off"
        folder = Folder(arguments.store, retention(config), kinds, config.collected_recent, config.max_sensors)
        with closing(folder):
            collecting = Collecting(folder, tokens, _log)
            server.start(collecting)
            _log(f"collecting on {arguments.listen._replace(port=server.port)}, {'TLS' if context else 'no TLS'}")
            if arguments.verbose:
                _log(f"locked down: {locked}")
            yield collecting
            server.close()


def _tokens(path: str, files: NamedFiles) -> Tokens:
    try:
        tokens = Tokens.parsed(read_secret(path, "--token-file", files.open))
    except TokenError as reason:
        raise TokenError(f"{path}: {reason}") from reason
    if warning := exposure(path, "--token-file"):
        _log(warning)
    return tokens


def _as_caller() -> AbstractContextManager[None]:
    """Open files with the rights of the sudo caller only, if there is one."""
    caller = sudo_caller(os.environ)
    return nullcontext() if caller is None else acting_as(caller)


def _log(line: str) -> None:
    if line:
        print(f"{PROGRAM}: {line}", file=sys.stderr, flush=True)
