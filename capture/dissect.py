"""Builds Scapy packets for statistics that need them. Full dissection is slow, so it only runs if one is selected."""

from typing import Any

import scapy.layers.all  # noqa: F401 registers the layers
from scapy.config import conf
from scapy.packet import Raw

from traffic.frame import Frame


def dissect(frame: Frame) -> Any:
    """Dissect a frame with Scapy; the result is `Raw` if Scapy does not know its link type.

    Scapy's dissectors end in `Raw` for anything they cannot read; if one raises an exception, the whole frame is `Raw`.
    """
    layer = conf.l2types.num2layer.get(frame.link_type, Raw)
    try:
        packet = layer(frame.data)
    except Exception:  # hostile bytes may break any dissector
        packet = Raw(frame.data)
    packet.time, packet.wirelen = frame.time, frame.length
    return packet
