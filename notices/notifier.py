"""Tells all receivers of every change of an alert, each through a thread of its own."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from alerting.events import Event
from notices.delivery import Limits
from notices.notice import notice_of
from notices.receiver import Receiver
from notices.worker import Worker
from view.outlet import Outlet

REMEMBERED: Final = 1024
"""Changes of state that are known to have been told."""


class Notifier(Outlet):
    """An outlet of the session: it is handed every event, and sends those that are worth a notice."""

    def __init__(
        self,
        receivers: Sequence[Receiver],
        limits: Limits,
        host: str,
        source: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`host` and `source`: who watches what, for the notices. `clock` gives seconds."""
        self._workers = [Worker(receiver, limits, clock) for receiver in receivers]
        self._host = host
        self._source = source
        self._clock = clock
        self._told: OrderedDict[str, None] = OrderedDict()

    def tell(self, event: Event) -> None:
        """Hand the event to all receivers, once. Neither waits nor raises."""
        notice = notice_of(event, self._host, self._source)
        if notice is None or notice.identity in self._told:
            return
        self._told[notice.identity] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        for worker in self._workers:
            worker.tell(notice)

    def close(self, timeout: float) -> None:
        """Deliver what waits, for at most `timeout` seconds; what is left is given up, and a complaint says so."""
        deadline = self._clock() + timeout
        for worker in self._workers:
            worker.hurry(deadline)
        for worker in self._workers:
            worker.end(deadline)

    @property
    def complaints(self) -> list[str]:
        """Sentences on receivers that fail, and on what they did not get."""
        return [sentence for worker in self._workers for sentence in worker.complaints()]

    def event(self, event: Event) -> None:
        """Tell the receivers, as `tell` does."""
        self.tell(event)
