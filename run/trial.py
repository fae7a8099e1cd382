"""Sends a test notice to every receiver, and says which of them took it."""

import os
import sys
import time

from capture.named_files import named_files
from capture.privileges import ROOT, chosen_user, give_up
from cli.build import PROGRAM
from exercise_config import Config
from notices.errors import Refused, Unavailable
from notices.notice import Notice, trial_notice
from notices.receiver import Receiver
from notices.receivers import check_program, from_settings


def try_receivers(config: Config) -> int:
    """Send the notice with the rights that a run would have, print a line for each receiver, and return the exit
    status: 1 if a receiver did not take it, 2 if there is none.

    Raises:
        SettingError: a receiver is wrong.
        UnknownUser: the setting `user` names nobody that the program may become.
    """
    user = chosen_user(config.user, os.environ)
    told = from_settings(config, os.environ, open_file=named_files(config.user).open)
    for sentence in told.warnings:
        print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    if not told.receivers:
        print(f"{PROGRAM}: no receivers of notices; see docs/notices.md", file=sys.stderr)
        return 2
    if config.user != ROOT:
        give_up(user)
    check_program(told)
    notice = trial_notice(time.time(), told.host)
    taken = [_took(receiver, notice) for receiver in told.receivers]
    return int(not all(taken))


def _took(receiver: Receiver, notice: Notice) -> bool:
    """Send the notice once, and print the result."""
    try:
        receiver.send(notice)
    except (Refused, Unavailable) as error:
        print(f"{receiver.name}: failed: {error}", flush=True)
        return False
    finally:
        receiver.cancel()
    print(f"{receiver.name}: ok", flush=True)
    return True
