"""Notifies all receivers of every change of an alert; each receiver has its own thread."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from alerting.events import Event
from blocking.block import BlockEvent
from notices.delivery import Limits
from notices.notice import Notice, block_notice, notice_of
from notices.receiver import Receiver
from notices.worker import Worker
from view.outlet import Outlet

REMEMBERED: Final = 1024
"""Number of latest changes remembered, so that none is sent twice."""


class Notifier(Outlet):
    """An outlet that gets every event of the session, and sends notices of those that change an alert."""

    def __init__(
        self,
        receivers: Sequence[Receiver],
        limits: Limits,
        host: str,
        source: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`host` and `source` go into the notices. `clock` returns seconds."""
        self._workers = [Worker(receiver, limits, clock) for receiver in receivers]
        self._host = host
        self._source = source
        self._clock = clock
        self._told: OrderedDict[str, None] = OrderedDict()

    def tell(self, event: Event) -> None:
        """Queue the event for all receivers, once. This neither waits nor raises."""
        self._send(notice_of(event, self._host, self._source))

    def _send(self, notice: Notice | None) -> None:
        if notice is None or notice.identity in self._told:
            return
        self._told[notice.identity] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        for worker in self._workers:
            worker.tell(notice)

    def close(self, timeout: float) -> None:
        """Deliver queued notices for at most `timeout` seconds; drop the rest and complain about them."""
        deadline = self._clock() + timeout
        for worker in self._workers:
            worker.hurry(deadline)
        for worker in self._workers:
            worker.end(deadline)

    @property
    def complaints(self) -> list[str]:
        """Sentences about receivers that fail, and about notices that they did not get."""
        return [sentence for worker in self._workers for sentence in worker.complaints()]

    def block(self, event: BlockEvent) -> None:
        """Notify the receivers of a client that was blocked, or is no longer."""
        self._send(block_notice(event, self._host, self._source))

    def event(self, event: Event) -> None:
        """Notify the receivers, as `tell` does."""
        self.tell(event)
