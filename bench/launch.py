"""Runs a command and writes down its cost: `python -I -S bench/launch.py REPORT CORES COMMAND...`.

CORES is `all`, or `one` for the last core available to this process; its threads then take turns. This is a separate,
small process, because the system never reports less peak memory for a process than for its parent. So the lowest
possible value is about 10 MB.
"""

import json
import os
import sys
import time


def main() -> int:
    """Run the command, and return its exit status."""
    report, cores, *command = sys.argv[1:]
    if cores == "one" and hasattr(os, "sched_setaffinity"):  # Linux only
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    begin = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(process, 0)
    took = {
        "seconds": time.monotonic() - begin,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "status": os.waitstatus_to_exitcode(status),
    }
    with open(report, "w") as file:
        json.dump(took, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
