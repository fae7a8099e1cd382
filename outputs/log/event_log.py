"""The log: takes records and events, and hands their lines to its sinks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerting.events import Event
from blocking.block import BlockEvent, Extended
from notices.notice import notice_of
from outputs.log.kinds import ALERTS, BLOCKS, EVENTS, KINDS
from outputs.log.sink import Sink
from traffic.batch import Batch
from view.outlet import Outlet


class EventLog(Outlet):
    """Every exchange, and other records if wanted, in each of the sinks. It is an outlet because of the alerts."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        lines: Mapping[str, Callable[[Any], str]],
        records: Sequence[str] = ("exchanges",),
        host: str = "",
    ) -> None:
        """`lines` are those of a format, `records` the names of `KINDS` to log, and `host` is this machine."""
        self.source = ""
        """What is monitored, for the lines of alerts."""
        self._sinks = tuple(sinks)
        self._lines = lines
        self._records = tuple(records)
        self._host = host

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about lines that were lost."""
        return tuple(warning for sink in self._sinks for warning in sink.warnings)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about lines that arrived, but not as they should."""
        return tuple(remark for sink in self._sinks for remark in sink.remarks)

    def take(self, batch: Batch) -> None:
        """Write a line for each exchange of a batch, and then for each other record.

        Raises:
            LogError: writing to standard output failed, so nothing more can be shown.
            OutputClosedError: the reader of standard output is gone.
        """
        for name in self._records:
            if name not in EVENTS:
                self._put(name, batch.table(KINDS[name].record).records())

    def event(self, event: Event) -> None:
        """Write a line if the event changes an alert."""
        if ALERTS in self._records and (notice := notice_of(event, self._host, self.source)) is not None:
            self._put(ALERTS, [notice])

    def block(self, event: BlockEvent) -> None:
        """Write a line for a client that was blocked, or is no longer."""
        if BLOCKS in self._records and not isinstance(event, Extended):
            self._put(BLOCKS, [event])

    def start(self) -> None:
        """Begin to send, after the rights were dropped."""
        for sink in self._sinks:
            sink.start()

    def close(self) -> None:
        """Write what is left, for a limited time. A second call does nothing."""
        for sink in self._sinks:
            sink.hurry()
        for sink in self._sinks:
            sink.close()

    def _put(self, name: str, records: Sequence[Any]) -> None:
        if records:
            for sink in self._sinks:
                sink.put(KINDS[name], records, self._lines[name])
