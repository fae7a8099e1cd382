"""Runs full load for minutes and prints the monitor's resident memory as a curve: `python -m bench.soak [MINUTES]`.

It ends with status 1 if the memory in the last minute is more than 5 % above that in the fifth, by medians: memory
goes up and down by some 10 % with each batch.
"""

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bench.live import why_not
from bench.load import load
from bench.measure import resident
from bench.network import WebServer, network
from bench.watching import MONITORS, OURS, Watching

SETTLED: Final = 240.0
"""Seconds after which memory should stay constant: the monitor learns for 120 s, and judges its first bucket 120 s
later. Only then has all of it run once."""
RETENTION: Final = ("--set", "max_retention_length=60")
"""The monitor keeps its counts for a minute. By default it keeps them for a day, and takes more memory all day, up to
the bound in docs/limits.md: that would hide a leak."""
GROWTH: Final = 5.0
"""Percent that memory may grow from then on."""
MINUTE: Final = 60.0
STEP: Final = 5.0
"""Seconds between measurements."""
BAR: Final = 50


def soak(seconds: float) -> list[tuple[float, float]]:
    """Return seconds since the start of the load, and MiB; each point is printed when it is measured."""
    ours = next(monitor for monitor in MONITORS if monitor.name == OURS)
    curve: list[tuple[float, float]] = []
    with network() as sides, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = WebServer(sides.server, folder)
        try:
            watching = Watching(ours._replace(command=(*ours.command, *RETENTION)), sides.server, folder)
            asking = threading.Thread(target=load, args=(sides.client, folder, seconds))
            asking.start()
            begin = time.monotonic()
            while asking.is_alive():
                curve.append((time.monotonic() - begin, resident(watching.process.pid)))
                show(*curve[-1])
                asking.join(STEP)
            told = watching.stop()
        finally:
            served = server.stop()
    print(f"{served:,} requests served, {told.requests or 0:,} seen, {told.dropped or 0:,} packets dropped")
    return curve


def middle(curve: Sequence[tuple[float, float]], begin: float) -> float:
    """Return the median memory in the minute from `begin` on, in MiB; of the whole curve if it ended before."""
    return median([size for seconds, size in curve if begin <= seconds < begin + MINUTE] or [size for _, size in curve])


def show(seconds: float, mebibytes: float) -> None:
    """Print one point of the curve."""
    print(f"{seconds:6.0f} s {mebibytes:8.1f} MiB {'#' * min(BAR, round(mebibytes / 4))}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak test and judge it."""
    words = sys.argv[1:] if argv is None else argv
    minutes = float(words[0]) if words else 10.0
    if why := why_not():
        print(f"no soak: {why}", file=sys.stderr)
        return 1
    # Exit normally, so that namespaces and servers are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    curve = soak(minutes * 60)
    settled, last = middle(curve, SETTLED), middle(curve, curve[-1][0] - MINUTE)
    growth = 100 * (last / settled - 1)
    print(f"resident memory {settled:.1f} MiB, then {last:.1f} MiB at the end: {growth:+.1f} %")
    if curve[-1][0] < 0.9 * minutes * 60:
        print("the load ended early", file=sys.stderr)
        return 1
    return 0 if growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
