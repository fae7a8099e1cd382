"""Where Views go: the console, a file, another program. The session shows the same View to each of its outlets."""

from alerting.events import Event
from blocking.block import BlockEvent
from view.view import View


class OutputClosedError(Exception):
    """Nobody reads the output any more: the pipe is closed, or the terminal is gone. It is time to stop."""


class Outlet:
    """Ignores everything it is shown; each kind of outlet overrides what it needs."""

    watches: bool = False
    """Whether the outlet needs every View. Others get the last View, and those that another outlet needs."""

    def show(self, view: View, refreshed: bool) -> None:
        """Show the current View; `refreshed` is true when a bucket has ended, false while learning goes on."""

    def event(self, event: Event) -> None:
        """Report an event of the alerting as soon as it happens."""

    def block(self, event: BlockEvent) -> None:
        """Report a client that was blocked, or is no longer blocked."""

    def finish(self, view: View) -> None:
        """Show the last View of the run."""
