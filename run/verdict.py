"""What is said on standard error at the end of a run, and the exit status that follows from it."""

import sys

from capture.errors import NobodyReads
from cli.build import PROGRAM
from run.opening import Opened
from run.session import Session
from run.watch import Ending


def verdict(parts: Opened, session: Session, ending: Ending) -> int:
    """Print what went wrong, and return the exit status: 1 if the environment failed.

    A plug-in that was switched off and trouble with the history are printed, but leave the status alone.
    """
    remarks = [f"{PROGRAM}: {remark}" for remark in parts.outputs.remarks]
    early = None if isinstance(ending.error, NobodyReads) else ending.error
    faults = [f"{PROGRAM}: {fault}" for fault in (*parts.intake.trouble, *parts.failing, early) if fault]
    for line in (*session.complaints(), *remarks, *faults):
        print(line, file=sys.stderr)
    return 1 if faults else 0
