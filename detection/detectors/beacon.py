"""A program inside that calls a host outside again and again, as steadily as a clock."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen, host_of, marked
from detection.known_names import CHECKS, is_below
from detection.networks import within
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
"""Seconds: the window in which it counts who else calls the host or uses the user agent."""
MANY: Final = 5
"""Clients that call the same host: it is a service, such as one for monitoring."""
COMPARED: Final = 20
"""Clients that must have been seen before a user agent that nobody else uses is rare."""
NEW: Final = 3600.0
"""Seconds of watching before a host is new."""
OWN: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "::1", "fc00::/7",
              "fe80::/10")  # fmt: skip


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
        self._callers, self._users = Distinct(REMEMBERED, most=MANY), Distinct(REMEMBERED, most=2)
        self._clients = Distinct(REMEMBERED, most=COMPARED)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Exchange)
        if not len(table):
            return
        self._began = float(table.numbers("time")[0]) if self._began is None else self._began
        self._note_agents(table)
        inside = marked(table.texts("client"), self._is_own)
        if not inside.any():
            return
        for call in self._calls(table, inside):
            callers = self._callers.add(call.host, call.time, call.client)
            series = self._followed(call)
            due = series.add(call.time, call.size) and series.calls >= self._floor
            if due and (series.calls - self._floor) % STEP == 0 and callers < MANY:
                yield from self._judged(call, series)

    def _note_agents(self, table: Table) -> None:
        """Note who uses which user agent: up to two clients of each in the batch, which is all that matters."""
        clients, agents = table.texts("client"), table.texts("user_agent")
        time, users, used = float(table.numbers("time")[-1]), clients.codes, agents.codes
        one = np.full(len(agents.values) + 1, -1)  # one more for the code -1
        one[used] = users
        another = one.copy()
        others = users != one[used]
        another[used[others]] = users[others]
        for agent, pair in zip(agents.values, zip(one.tolist(), another.tolist(), strict=True), strict=False):
            for client in {*pair} - {-1}:
                self._users.add(agent, time, clients.values[client])
        self._clients.add_all("", time, (clients.values[client] for client in {*users.tolist()} - {-1}))

    def _calls(self, table: Table, inside: NDArray[np.bool_]) -> Iterator[Call]:
        """Iterate over the answered calls from inside to hosts outside."""
        times, request_bytes, response_bytes = map(table.numbers, ("request_time", "request_bytes", "response_bytes"))
        for row in chosen(table, inside & self._outgoing(table), "client", "user_agent"):
            client, agent = row.texts
            host, number = host_of(table, row.number), row.number
            if client is not None and not is_below(host, CHECKS):
                size = float(request_bytes[number] + response_bytes[number])
                yield Call(client, host, agent or "", row.server, row.server_port, float(times[number]), size)

    def _outgoing(self, table: Table) -> NDArray[np.bool_]:
        status = table.numbers("status")
        outside = marked(table.texts("server"), lambda server: not self._is_own(server))
        by_proxy = marked(table.texts("target"), lambda target: target.startswith("http://"))
        return (outside | by_proxy) & (status >= 200) & (status < 400) & (table.numbers("request_time") >= 0)

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
        others = self._clients.add("", call.time, call.client)
        if others >= COMPARED and self._users.add(call.agent, call.time, call.client) < 2:
            signs.append("nobody else uses its user agent")
        if self._began is not None and series.first >= self._began + NEW:
            signs.append("the host is new")
        return signs
