"""Requests that look like those that people have labelled bad; see `detection.learned`."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen, host_of
from detection.learned.inputs import FEATURES, codes_of
from detection.learned.model import Codes, Model
from detection.learned.words import difference
from detection.tally import Repeats
from traffic.batch import Batch, Table
from traffic.features import COUNT, found
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

PAUSE: Final = 600.0
"""Seconds until the same client is reported again for the same host."""
EXPLAINED: Final = 50
"""Findings of a batch whose features are named: that takes 0.2 ms, and many clients may come at once."""
NAMED: Final = 3
"""Features that are named in a finding."""
_LEAST_SHARE: Final = 0.1
"""Part of what makes a request bad from which on a feature is named."""


class Learned:
    """Scores requests with a model, which `use` gives it. `threshold` is the least score in percent that is a finding;
    0 leaves it to the model.
    """

    name, title, records = "learned", "Like what was labelled bad", (Exchange,)

    def __init__(self, threshold: float = 0.0) -> None:
        self._threshold = threshold / 100
        self._model: Model | None = None
        self._repeats = Repeats(PAUSE)

    def use(self, model: Model) -> None:
        """Score with this model from now on. Another thread may call this."""
        self._model = model

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        model, table = self._model, batch.table(Exchange)
        if model is None or not len(table):
            return
        codes = codes_of(table)
        (rows,) = found(codes[:, :COUNT]).nonzero()
        if not len(rows):
            return
        scores, least = np.zeros(len(table)), self._threshold or model.threshold
        scores[rows] = model.scores(codes[rows])
        explained = 0
        for row in chosen(table, _first_of_each(table, scores >= least), "client", "path"):
            client, path, host = *row.texts, host_of(table, row.number)
            if self._repeats.is_first(f"{client} {host}", row.time):
                reason = (
                    f"{client or 'somebody'} asked for {host or row.server}{path or ''}, like what was labelled bad: "
                    f"score {100 * scores[row.number]:.1f} %, {100 * least:.1f} % are enough"
                )
                if explained < EXPLAINED:
                    reason = "; ".join((reason, *reasons(model, codes[row.number])))
                explained += 1
                yield Finding(
                    row.time, self.name, self.name, MEDIUM, client or "", 0, row.server, row.server_port, host,
                    path or "", reason,
                )  # fmt: skip


def _first_of_each(table: Table, scored: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the first of these rows for each client and host, so that a flood of requests costs no more than one."""
    (rows,) = scored.nonzero()
    clients, hosts = table.texts("client").codes[rows].astype(np.int64), table.texts("domain")
    _, first = np.unique(clients * (len(hosts.values) + 1) + hosts.codes[rows], return_index=True)
    marks = np.zeros(len(table), np.bool_)
    marks[rows[first]] = True
    return marks


def reasons(model: Model, codes: Codes) -> list[str]:
    """Return the features that add most to the score of one request, in words."""
    ranks = model.ranked(codes.reshape(1, -1))
    added = model.shares(ranks)[0]
    least = _LEAST_SHARE * float(np.maximum(added, 0.0).sum())
    places = [int(place) for place in np.argsort(-added, kind="stable")[:NAMED] if added[place] > max(least, 0.0)]
    return [difference(FEATURES[place], int(ranks[0, place]), int(model.usual[place])) for place in places]
