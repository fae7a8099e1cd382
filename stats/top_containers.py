"""Exchanges per container of this host."""

import numpy as np
from numpy.typing import NDArray

from stats.containers import container_name
from stats.statistic import HITS
from stats.streams import named
from traffic.batch import Table
from traffic.records import Exchange


class TopContainers:
    """Exchanges per container whose process holds the connection."""

    name, title, unit, record = "top_containers", "Top hits by container", HITS, Exchange
    columns, only_when_seen = ("container", "pod"), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select exchanges of containers."""
        return named(table.texts("container"))

    def key(self, container: str, pod: str) -> str | None:
        """Return `web`, or `shop/cart-7d4/web` in a pod, for example; None if it is no container."""
        return container_name(container, pod)
