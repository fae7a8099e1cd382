"""The main thread's part: counts and logs records, judges their rate, and shows all of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from alerting.monitor import RateMonitor
from capture.intake import Status
from dashboard.builder import Reading, Run, build_view
from dashboard.lines import event_line, learning_line
from dashboard.screen import Screen
from dashboard.summary import summary
from dashboard.view import View
from exercise_config import Config
from exercise_log import ExchangeLog
from stats.statistic import Statistic
from store.store import Store
from traffic.records import Request


class Session:
    """What the main thread owns: counts and logs records, judges their rate, and shows all of it."""

    def __init__(
        self,
        config: Config,
        statistics: Sequence[Statistic],
        source: str,
        screen: Screen,
        quiet: bool,
        log: ExchangeLog | None,
    ) -> None:
        bucket, retention = config.dashboard_bucket_size, config.max_retention_length
        self._store = Store(statistics, bucket, retention, config.max_keys)
        self._monitor = RateMonitor(
            config.average_bucket_size, config.average_learning_duration, config.average_threshold, retention
        )
        self._run = Run(source, 0.0, statistics, bucket, retention, config.max_top_hits)
        self._screen = screen
        self._quiet = quiet
        self._log = log
        self._timeout = config.timeout
        self._view: View | None = None
        self._refresh_at = 0.0
        self.due = 0.0
        """Packet time of the next `tick`."""

    def start(self, now: float) -> None:
        """Begin to learn."""
        self._run = replace(self._run, started=now)
        self._monitor.start(now)
        self._schedule(now)

    def count(self, records: Sequence[Any]) -> None:
        """Take records over."""
        if self._log is not None:
            self._log.write(records)
        self._store.add(records)
        for record in records:
            if type(record) is Request and record.time >= self._run.started:
                self._monitor.add(record.time)

    def tick(self, now: float, status: Status) -> None:
        """All records until `now` were counted: let old ones go, judge, and refresh what is shown."""
        self._judge(now)
        refresh = now >= self._refresh_at
        if refresh:
            self._monitor.refreshed(now)
        if refresh or self._monitor.baseline is None:
            self._show(now, status, refresh)
        self._schedule(now)

    def skip_to(self, now: float) -> None:
        """Nothing is kept as long as nothing came: leave out the refreshes of that time."""
        if now - self.due > self._run.retention:
            self._schedule(now)

    def finish(self, now: float, status: Status) -> None:
        """The last dashboard, and the summary."""
        self._judge(now)
        view = self._build(now, status)
        if not self._quiet and not self._screen.is_terminal:
            self._screen.draw(view)
        text = summary(view, self._screen.width, ascii_only=self._screen.ascii_only)
        self._screen.finish(None if self._quiet else view, text)

    def complaints(self) -> list[str]:
        """Tracebacks of plug-ins that were switched off."""
        return [f"statistic {name} was switched off:\n{text}" for name, text in self._store.failures]

    def _judge(self, now: float) -> None:
        self._store.advance(now)
        for event in self._monitor.advance(now):
            if self._quiet and (line := event_line(event)):
                self._screen.say(line)

    def _schedule(self, now: float) -> None:
        size = self._run.bucket_size
        self._refresh_at = (now // size + 1) * size
        self.due = min(now + self._timeout, self._refresh_at)

    def _build(self, now: float, status: Status) -> View:
        notices = status.notices
        if self._log is not None and self._log.notice:
            notices = (*notices, self._log.notice)
        reading = Reading(status.health, status.counters.dropped, status.lost, notices)
        return build_view(now, self._run, self._store, self._monitor, reading, self._view)

    def _show(self, now: float, status: Status, refresh: bool) -> None:
        if self._quiet:
            return
        self._view = view = self._build(now, status)
        if refresh or self._screen.is_terminal:
            self._screen.draw(view)
        else:
            self._screen.say(learning_line(view))
