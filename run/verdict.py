"""Reports problems at the end of a run, and chooses the exit status."""

import sys

from capture.errors import NobodyReads
from cli.build import PROGRAM
from run.opening import Opened
from run.session import Session
from run.watch import Ending


def verdict(parts: Opened, session: Session, ending: Ending) -> int:
    """Print problems to standard error, and return the exit status: 1 if the environment failed.

    A disabled plug-in and problems with the history are printed, but do not change the status.
    """
    remarks = [f"{PROGRAM}: {remark}" for remark in parts.outputs.remarks]
    early = None if isinstance(ending.error, NobodyReads) else ending.error
    faults = [f"{PROGRAM}: {fault}" for fault in (*parts.intake.trouble, *parts.failing, early) if fault]
    for line in (*session.complaints(), *remarks, *faults):
        print(line, file=sys.stderr)
    return 1 if faults else 0
