"""What a session can be given, each as the session sees it."""

from collections.abc import Sequence
from typing import Protocol

from alerting.alert import Alert
from alerting.events import Event
from blocking.block import BlockEvent
from store.sums import ClosedBucket
from traffic.batch import Batch
from view.blocks import BlocksView


class Taker(Protocol):
    """Anything that takes every record, such as a log or a counter."""

    def take(self, batch: Batch) -> None:
        """Take the next records, as they were decoded."""


class Recorder(Protocol):
    """Anything that keeps the store's sums for longer than the store does."""

    def begin(self, now: float) -> None:
        """Learn that watching begins."""

    def add(self, bucket: ClosedBucket) -> None:
        """Take a closed bucket, or late sums for one."""

    def advance(self, now: float) -> None:
        """Learn that all buckets that ended before `now` were closed."""


class Evidence(Protocol):
    """Anything that keeps the evidence of alerts."""

    def raised(self, alert: Alert) -> str:
        """Keep the evidence of an alert; return its folder, empty if there is none."""

    def ended(self, alert: Alert) -> None:
        """Learn that an alert has ended."""

    def advance(self, now: float) -> None:
        """Learn that everything before `now` was counted, and is judged next."""


class Guard(Protocol):
    """Anything that has a front refuse clients because of what is found."""

    def take(self, batch: Batch) -> None:
        """Judge the findings of a batch."""

    def judge(self, event: Event) -> None:
        """Judge an event of the signals."""

    def advance(self, now: float) -> Sequence[BlockEvent]:
        """Return what has happened up to `now`."""

    def lift(self, network: str) -> bool:
        """Lift a block; return whether there was one."""

    def end(self, now: float) -> Sequence[BlockEvent]:
        """Lift everything, and return what has happened."""

    @property
    def view(self) -> BlocksView:
        """The current blocks."""
