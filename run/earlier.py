"""What earlier runs counted: it is restored and learned from a little at each step, so that nothing is delayed."""

import time
from collections.abc import Iterable, Iterator

from alerting.alert import Alert
from alerting.monitor import Monitor
from store.store import Store
from store.sums import ClosedBucket
from store.watched import Watched, watched_spans, within

RECALL = 0.1
"""Seconds per step that may be spent on what earlier runs counted."""


class Earlier:
    """Restores counts into `store` and `watched`, and lets the signals of `monitor` learn."""

    def __init__(self, monitor: Monitor, store: Store, watched: Watched) -> None:
        self._monitor = monitor
        self._store = store
        self._watched = watched
        self._past: Iterator[ClosedBucket] = iter(())
        self._learning: Iterator[None] = iter(())

    def wanted(self, signal: str = "") -> frozenset[str]:
        """Return the statistics of which earlier counts are worth while: those of a signal, or of all signals, that has
        a seasonal baseline.
        """
        named = [judge for judge in self._monitor.judges if signal in ("", judge.rule.name)]
        return frozenset(each.name for judge in named if judge.kind == "seasonal" for each in judge.rule.statistics)

    def recall(self, past: Iterator[ClosedBucket], alerts: Iterable[Alert]) -> None:
        """Restore the counts of earlier runs, latest first, and their alerts."""
        self._past = past
        self._monitor.history.recall(alerts)

    def learn_from(self, past: Iterable[ClosedBucket], signal: str = "") -> None:
        """Let signals learn from what was counted for them before, oldest first: all of them, before the start, or one
        that begins again. It ends before anything is judged.
        """
        self._learning = self._monitor.recalling(past, signal)

    def learn_all(self) -> None:
        """Learn what is left."""
        for _ in self._learning:
            pass

    def go_on(self) -> None:
        """Learn and restore some more."""
        end = time.perf_counter() + RECALL
        for _ in self._learning:
            if time.perf_counter() > end:
                return
        for bucket in self._past:
            spans = watched_spans(bucket)
            for start, until in spans:
                self._watched.add(start, until)
            self._store.recall(within(bucket, spans))
            if time.perf_counter() > end:
                break
