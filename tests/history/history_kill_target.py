"""Writes minute after minute to the named archive, and prints the number of each one written.

For each line of input, a new process does that until it is killed; an empty line of output follows. The processes are
forks, because starting Python and importing modules takes ten times as long as what is tested.
"""

import os
import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from history.archive import SqliteArchive
from history.keep import Retention
from history.periods import PeriodLevel
from history.sums import Minute
from store.sums import Sums

START = datetime(2026, 11, 1, tzinfo=timezone.utc).timestamp()


def say(line: str) -> None:
    """Print a line, whole or not at all: `print` may write its end apart, and the process be killed in between."""
    os.write(1, f"{line}\n".encode())


def write_until_killed(path: str) -> None:
    """Print the own process id, and continue where the last process was killed."""
    archive = SqliteArchive(path, Retention(minutes=1e9), {"top_sections": "hits"}, timezone.utc)
    number = len(archive.totals("top_sections", PeriodLevel.MINUTE, 0, START + 1e9))
    say(f"{os.getpid()} {number}")
    while True:
        sums = {f"{key:050}": Sums(1, 9) for key in range(30)}
        archive.write(Minute(START + 60 * number, {"top_sections": sums}))
        number += 1
        say(str(number))


if __name__ == "__main__":
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            write_until_killed(sys.argv[1])
        os.waitpid(child, 0)
        say("")
