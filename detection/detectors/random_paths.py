"""Requests for ever new paths, which miss every cache and do not repeat, unlike what people ask for."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from detection.halves import Half, halves
from detection.tally import Repeats
from detection.variety import Variety
from traffic.batch import Batch
from traffic.finding import LOW, MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: a sample is taken in each half of it."""
PAUSE: Final = 600.0
"""Seconds until the same server is reported again."""
RANDOM: Final = 0.9
"""Share of different paths among the requests to a server that makes them random."""
RISE: Final = 2
"""Factor above the usual share: where each path has a number in it, most paths are always different."""
MOSTLY: Final = 0.5
"""Share of one client in the latest requests that makes it the one who does it."""
MAX_SERVERS: Final = 20
"""Servers whose paths are sampled, the latest ones."""


class RandomPaths:
    """Servers that are asked for different paths in nine of ten requests, at least `floor` in a minute.

    Before it is known how different the paths of a server usually are, the finding is low.
    """

    name, title, records = "random_paths", "Floods of random paths", (Exchange,)

    def __init__(self, floor: int = 3000) -> None:
        self._floor = floor
        self._samples: OrderedDict[str, Variety] = OrderedDict()
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        for half in halves(batch.table(Exchange), WINDOW):
            for rows in half.by_server():
                server, port = rows.server()
                sample = self._sample(server)
                sample.add(rows.time, rows.texts("path"))
                if self._is_random(sample) and self._repeats.is_first(server, rows.time):
                    yield self._finding(rows, server, port, sample)

    def _sample(self, server: str) -> Variety:
        sample = self._samples.setdefault(server, Variety(WINDOW / 2, self._floor))
        self._samples.move_to_end(server)
        if len(self._samples) > MAX_SERVERS:
            self._samples.popitem(last=False)
        return sample

    def _is_random(self, sample: Variety) -> bool:
        if sample.sampled < self._floor / 2 or sample.share < RANDOM:
            return False
        return sample.usual is None or sample.usual < RANDOM / RISE

    def _finding(self, rows: Half, server: str, port: int, sample: Variety) -> Finding:
        client, count = max(rows.counts("client").items(), key=lambda item: item[1])
        if count < MOSTLY * len(rows.rows):
            client = ""
        usually = f", usually {sample.usual:.0%}" if sample.usual and sample.usual >= 0.01 else ""
        reason = (
            f"{client or 'many clients'} asked {server} for random paths: "
            f"{sample.share:.0%} of {sample.sampled:,} differ{usually}"
        )
        severity = LOW if sample.usual is None else MEDIUM
        return Finding(
            rows.time, self.name, self.name, severity, client, 0, server, port, "", "", reason, "", "T1499.002"
        )
