"""Response time per container of this host."""

import numpy as np
from numpy.typing import NDArray

from stats.containers import container_name
from stats.statistic import SECONDS
from stats.streams import named
from traffic.batch import Table
from traffic.records import Exchange


class ContainerResponseTime:
    """Seconds from the first byte of a request to the first byte of its response, per container."""

    name, title, unit, record = "container_response_time", "Response time by container", SECONDS, Exchange
    columns, amount, only_when_seen = ("container", "pod"), "response_time", True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select exchanges of containers with a response."""
        return np.asarray(named(table.texts("container")) & ~np.isnan(table.numbers("response_time")))

    def key(self, container: str, pod: str) -> str | None:
        """Return `web`, or `shop/cart-7d4/web` in a pod, for example; None if it is no container."""
        return container_name(container, pod)
