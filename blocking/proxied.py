"""Which clients come through a trusted proxy, so that a firewall sees the proxy's packets and not theirs. Pure."""

from collections import OrderedDict
from typing import Final

import numpy as np

from traffic.batch import Batch
from traffic.records import Request

MOST: Final = 10_000
"""Clients that are remembered."""


class Proxied:
    """The clients whose latest request a proxy forwarded."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, client: str) -> bool:
        return client in self._clients

    def take(self, batch: Batch) -> None:
        """Look at the requests of a batch."""
        table = batch.table(Request)
        if not len(table):
            return
        client, source = table.texts("client"), table.texts("source")
        pairs = np.unique(np.stack((client.codes, source.codes)), axis=1).T
        for named, peer in pairs.tolist():
            if named >= 0:
                self._note(client.values[named], source.values[peer] if peer >= 0 else "")

    def _note(self, client: str, peer: str) -> None:
        self._clients.pop(client, None)
        if peer and peer != client:
            self._clients[client] = None
            if len(self._clients) > MOST:
                self._clients.popitem(last=False)
