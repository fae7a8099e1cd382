"""Records as the decoder makes them, and a monitor with its store."""

from collections.abc import Iterable, Sequence
from typing import Any

from records import request

from alerting.events import Event
from alerting.monitor import Monitor
from alerting.rule import Rule
from alerting.signal_statistics import SignalStatistic
from alerting.terms import Terms
from alerting.window import Window
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import Request


def requests(time: float, count: int, client: str = "198.51.100.7", target: str = "/") -> list[Request]:
    return [request(time, client=client, target=target)] * count


class Watch:
    """A monitor, driven as in the program."""

    def __init__(self, rules: Sequence[Rule], terms: Terms, start: float | None = 0.0) -> None:
        self.monitor = Monitor(rules, terms)
        if start is not None:
            self.monitor.start(start)

    def add(self, records: Iterable[Any]) -> None:
        self.monitor.add(RecordBatch(records))

    def advance(self, now: float) -> list[Event]:
        return self.monitor.advance(now)


def window_of(sums: Sequence[SignalStatistic], records: Iterable[Any], seconds: float = 100.0) -> Window:
    """Return a window with all the records."""
    window = Window.empty(sums, 0.0, seconds)
    store = Store(sums, 10, 86400, 1000)
    store.on_close(window.add)
    store.add(RecordBatch(records))
    store.advance(seconds)
    return window
