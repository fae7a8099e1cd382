"""WebSockets, as the corpus lists them and as the core reads them."""

import contextlib
from collections.abc import Iterator
from typing import Any

from conformance_corpus import Capture, Row

from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.records import Exchange


def websockets(capture: Capture) -> list[Exchange]:
    """Return the WebSockets with frames, in the order of their first byte."""
    decoder = decoder_for(parse_ports("any"), limits(Config()), protocols=frozenset({"websocket"}))
    intake = Intake(open_file(str(capture.path)), decoder)
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
    intake.close()
    intake.finish()
    exchanges = decoder.take().records()
    found = [one for one in exchanges if type(one) is Exchange and one.protocol == "websocket" and _frames(one)]
    return sorted(found, key=lambda exchange: exchange.answered or 0.0)


def _frames(exchange: Exchange) -> int:
    """Return the number of frames."""
    messages = exchange.request_messages + exchange.response_messages
    return messages + exchange.fragments + exchange.control_frames


def differences(row: Row, exchange: Exchange) -> Iterator[str]:
    """Yield what an exchange says otherwise than a row."""
    client, server = f"{exchange.client}:{exchange.client_port}", f"{exchange.server}:{exchange.server_port}"
    compared: dict[str, tuple[Any, Any]] = {
        "ends": ([client, server], [row["client"], row["server"]]),
        "frames": (_frames(exchange), row["frames"]),
        "messages": (exchange.request_messages + exchange.response_messages, _count(row, 1, 2)),
        "fragments": (exchange.fragments, _count(row, 0)),
        "control frames": (exchange.control_frames, _count(row, 8, 9, 10)),
        "closed": (exchange.close_code not in (None, 1006), _count(row, 8) > 0),
        "masked": (_masked_from(exchange, client), row["masked_from"]),
    }
    if row["masked_from"] is None:  # then the row does not know which side is the client
        compared["ends"] = ({client, server}, {row["client"], row["server"]})
    for name, (counted, expected) in compared.items():
        if counted != expected:
            yield f"{name} {counted!r}, not {expected!r}"


def _count(row: Row, *opcodes: int) -> int:
    return sum(int(row["opcodes"].get(str(opcode), 0)) for opcode in opcodes)


def _masked_from(exchange: Exchange, client: str) -> str | None:
    """Return the client if it sent messages, and masked all of its frames."""
    unmasked = "WebSocket client without mask" in exchange.oddities
    return client if exchange.request_messages and not unmasked else None
