"""Whole Scapy packets, for the statistics that ask for them. Full dissection is slow: only done when one is named."""

from typing import Any

import scapy.layers.all  # noqa: F401 registers the layers
from scapy.config import conf
from scapy.packet import Raw

from traffic.frame import Frame


def dissect(frame: Frame) -> Any:
    """The Scapy packet of a frame; `Raw` where Scapy does not know its link type.

    Scapy's dissectors end in `Raw` for what they cannot read; where one raises all the same, the whole frame is `Raw`.
    """
    layer = conf.l2types.num2layer.get(frame.link_type, Raw)
    try:
        packet = layer(frame.data)
    except Exception:  # hostile bytes against many dissectors
        packet = Raw(frame.data)
    packet.time, packet.wirelen = frame.time, frame.length
    return packet
