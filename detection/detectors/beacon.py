"""A program inside that calls a host outside again and again, as steadily as a clock."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

from detection.exchanges import chosen, host_of
from detection.known_names import CHECKS, is_below
from detection.networks import OWN, leaving, within
from detection.rarity import Rarity
from detection.regularity import regularity
from detection.tally import Distinct, Repeats
from traffic.batch import Batch, Table
from traffic.finding import LOW, MEDIUM, Finding
from traffic.records import Exchange

PAUSE: Final = 6 * 3600.0
"""Seconds until the same client and host are reported again."""
KEPT: Final = 64
"""Latest requests of a client to a host that are judged."""
STEP: Final = 8
"""Requests between two judgements, so that chance gets few tries."""
LATE: Final = 600.0
"""Seconds that a request may be late; earlier ones are by another clock."""
VISIT: Final = 1.0
"""Seconds between requests of one visit; faster ones are load, not a beacon."""
MAX_PAIRS: Final = 5000
"""Clients and hosts that are followed, the latest ones."""
REMEMBERED: Final = 4 * 3600.0
"""Seconds: the window in which it counts who else calls the host."""
MANY: Final = 5
"""Clients that call the same host: it is a service, such as one for monitoring."""
NEW: Final = 3600.0
"""Seconds of watching before a host is new."""


class Call(NamedTuple):
    """A request that got an answer."""

    client: str
    host: str
    agent: str
    server: str
    server_port: int
    time: float
    size: float
    """Bytes of both bodies."""


class Series:
    """The latest calls of a client to a host."""

    def __init__(self, first: float) -> None:
        self.first = self.last = first
        self.intervals: deque[float] = deque(maxlen=KEPT)
        self.sizes: deque[float] = deque(maxlen=KEPT)
        self.calls = 1

    def add(self, time: float, size: float) -> bool:
        """Add a call; return whether it begins a visit. One out of order is left out."""
        interval = time - self.last
        self.last = max(time, self.last) if interval > -LATE else time
        if interval < VISIT:
            return False
        self.intervals.append(interval)
        self.sizes.append(size)
        self.calls += 1
        return True


class Beacon:
    """Clients of `own_networks` that made at least `floor` requests to a host outside, with a score of `score` percent.

    The score is the mean regularity of intervals and sizes; the intervals alone must reach it too. Errors are left out:
    a host that is down is asked again regularly by everybody.
    """

    name, title, records = "beacon", "Regular calls to one host", (Exchange,)

    def __init__(self, floor: int = 23, score: float = 80, own_networks: Sequence[str] = OWN) -> None:
        self._floor, self._score = floor, score / 100
        self._is_own = within(own_networks)
        self._series: OrderedDict[str, Series] = OrderedDict()
        self._began: float | None = None
        self._callers = Distinct(REMEMBERED, most=MANY)
        self._agents = Rarity("user_agent")
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        if not len(table):
            return
        self._began = float(table.numbers("time")[0]) if self._began is None else self._began
        self._agents.note(table)
        for call in self._calls(table):
            callers = self._callers.add(call.host, call.time, call.client)
            series = self._followed(call)
            due = series.add(call.time, call.size) and series.calls >= self._floor
            if due and (series.calls - self._floor) % STEP == 0 and callers < MANY:
                yield from self._judged(call, series)

    def _calls(self, table: Table) -> Iterator[Call]:
        """Iterate over the answered calls from inside to hosts outside."""
        status, times = table.numbers("status"), table.numbers("request_time")
        answered = (status >= 200) & (status < 400) & (times >= 0)
        sizes = table.numbers("request_bytes") + table.numbers("response_bytes")
        for row in chosen(table, leaving(table, self._is_own) & answered, "client", "user_agent"):
            client, agent = row.texts
            host, number = host_of(table, row.number), row.number
            if client is not None and not is_below(host, CHECKS):
                yield Call(
                    client, host, agent or "", row.server, row.server_port, float(times[number]), float(sizes[number])
                )

    def _followed(self, call: Call) -> Series:
        key = f"{call.client} {call.host}"
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(call.time)
            if len(self._series) > MAX_PAIRS:
                self._series.popitem(last=False)
        self._series.move_to_end(key)
        return series

    def _judged(self, call: Call, series: Series) -> Iterator[Finding]:
        usual = median(series.intervals)
        intervals = regularity(series.intervals, usual / 100)
        sizes = regularity(series.sizes, 32.0)
        score = (intervals + sizes) / 2
        if min(intervals, score) < self._score or not self._repeats.is_first(f"{call.client} {call.host}", call.time):
            return
        signs = self._signs(call, series)
        reason = (
            f"{call.client} called {call.host} {series.calls} times, every {usual:.3g} s: "
            f"score {score:.0%} (intervals {intervals:.0%}, sizes {sizes:.0%}){''.join(f'; {sign}' for sign in signs)}"
        )
        yield Finding(
            call.time, self.name, self.name, MEDIUM if signs else LOW, call.client, 0, call.server, call.server_port,
            call.host, "", reason, call.agent, "T1071.001",
        )  # fmt: skip

    def _signs(self, call: Call, series: Series) -> list[str]:
        """Return what makes it suspicious, besides that it is regular."""
        signs = []
        if self._agents.is_rare(call.agent, call.client, call.time):
            signs.append("nobody else uses its user agent")
        if self._began is not None and series.first >= self._began + NEW:
            signs.append("the host is new")
        return signs
