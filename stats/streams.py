"""Which exchanges are streams: several messages one after the other, as of a WebSocket. Pure."""

import numpy as np
from numpy.typing import NDArray

from traffic.batch import Table, Texts

EVENTS = "text/event-stream"
"""Media type of server-sent events."""


def streams(table: Table) -> NDArray[np.bool_]:
    """Select WebSockets, server-sent events, and gRPC calls with several messages in one direction."""
    several = (table.numbers("request_messages") > 1) | (table.numbers("response_messages") > 1)
    return several | having(table.texts("protocol"), "websocket") | having(table.texts("content_type"), EVENTS)


def having(texts: Texts, wanted: str) -> NDArray[np.bool_]:
    """Select the rows with this text."""
    code = next((code for code, text in enumerate(texts.values) if text == wanted), None)
    return np.zeros(len(texts.codes), np.bool_) if code is None else texts.codes == code


def named(texts: Texts) -> NDArray[np.bool_]:
    """Select the rows with any text."""
    return (texts.codes >= 0) & ~having(texts, "")
