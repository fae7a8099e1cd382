"""How WebSockets are closed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stats.statistic import HITS
from stats.streams import having
from traffic.batch import Table
from traffic.records import Exchange

_MEANINGS: Final = {
    1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no code",
    1006: "no close frame",
    1007: "invalid data", 1008: "policy violation", 1009: "message too big", 1010: "extension missing",
    1011: "internal error", 1012: "service restart", 1013: "try again later", 1014: "bad gateway",
}  # fmt: skip
"""Status codes of RFC 6455 section 7.4.1, and those registered with IANA since."""


class WebsocketCloseCodes:
    """WebSockets per status code with which they were closed; `(none)` if their end was not seen."""

    name, title, unit, record = "websocket_close_codes", "WebSockets by close code", HITS, Exchange
    columns, only_when_seen = ("protocol", "close_code"), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select WebSockets."""
        return having(table.texts("protocol"), "websocket")

    def key(self, protocol: str, close_code: int | None) -> str | None:
        """Return `1000 normal`, for example; None for everything that is not a WebSocket."""
        if protocol != "websocket":
            return None
        return "(none)" if close_code is None else f"{close_code} {_MEANINGS.get(close_code, '')}".rstrip()
