"""Asks the running monitors, for the commands `blocks` and `signals`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from capture.privileges import UnknownUser, chosen_user
from cli.history_file import folder_of
from cli.settings import plainly_configured
from exercise_config import SettingError
from run.door import NOBODY, Answer, Request, ask, sockets
from view.cells import visible

TIMEOUT: Final = 15.0
"""Seconds to wait for a monitor, which answers once in each `timeout` of its settings."""


def add_whose(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whose monitors are asked. They may stand before a command or behind it."""
    add, kept = parser.add_argument, argparse.SUPPRESS
    add("--config", metavar="FILE", default=kept, help="settings file, as of the monitor")
    add("--user", metavar="NAME", default=kept, help="user that the monitor runs as")


def folder_asked(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Path:
    """Return the folder with the sockets of these monitors; usage errors end the program."""
    try:
        user = plainly_configured(given.config, {}).user
        return folder_of(chosen_user(given.user or user, os.environ), os.environ)
    except (SettingError, UnknownUser) as error:
        parser.error(str(error))


def answers_of(folder: Path, request: Request) -> list[Answer]:
    """Ask all monitors that are running, and return the answers of those that have what it is about."""
    answers = (_asked(path, request) for path in sockets(folder))
    return [answer for answer in answers if answer is not None and NOBODY not in answer]


def failed(why: str) -> int:
    """Say why a command did nothing, and return the exit status."""
    print(f"exercise.py: {visible(why)}", file=sys.stderr)
    return 1


def _asked(path: Path, request: Request) -> Answer | None:
    """Ask one monitor; say why if it does not answer."""
    try:
        return ask(path, request, TIMEOUT)
    except OSError as error:
        failed(f"{path}: {error.strerror or error}")
        return None
