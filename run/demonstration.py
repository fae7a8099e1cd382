"""Starts the demo's web server and visitors for `--demo`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from capture.ports import Ports
from cli.arguments import Arguments


@contextmanager
def demonstrated(arguments: Arguments) -> Iterator[tuple[Arguments, Callable[[], None]]]:
    """Yield the arguments, and what to call when the capture is open.

    With `--demo`, run the demo meanwhile, and yield arguments that watch it; the call lets its visitors come.

    Raises:
        DemoError: the demo cannot run here.
    """
    if not arguments.demo:
        yield arguments, _nothing
        return
    from demo.private_network import LOOPBACK, enter_private_network
    from demo.settings import demo_duration
    from demo.traffic import DemoTraffic

    enter_private_network()
    duration = demo_duration(arguments.duration, arguments.ui)
    with DemoTraffic() as traffic:
        yield replace(arguments, interface=LOOPBACK, ports=Ports([traffic.port]), duration=duration), traffic.begin


def _nothing() -> None:
    """Do nothing: nobody waits for the capture."""
