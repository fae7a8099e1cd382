"""A program with the full screen up, for tests that give it a terminal: `full_program.py [crash]`."""

import sys
import threading
from collections.abc import Generator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[up]) for up in (3, 2, 0)]

from full_desk import burst  # noqa: E402 found by the line above

from dashboard.attention import Attention  # noqa: E402
from dashboard.full.complaints import collected  # noqa: E402
from dashboard.full.terminal import Told, first_appearance, watch_on_screen  # noqa: E402
from view.exchange_line import Discretion  # noqa: E402


class Stop(threading.Event):
    """As the program's own."""


def steps(stop: Stop, crash: bool) -> Generator[float, None, str]:
    """Complain, then go on until it is told to stop, or break."""
    print("a library complains", file=sys.__stderr__)
    for number in range(10_000):
        if stop.is_set():
            break
        if crash and number == 3:
            raise RuntimeError("the steps broke")
        yield 0.1
    return "the summary"


if __name__ == "__main__":
    stop = Stop()
    ledger = burst()
    with collected(True) as complaints:
        shown = steps(stop, "crash" in sys.argv)
        appearance = first_appearance(None, Discretion())
        told = Told(complaints, Attention("test", bell=True, title=True))
        print(watch_on_screen(ledger.desk, shown, stop, appearance, stays=False, told=told))
