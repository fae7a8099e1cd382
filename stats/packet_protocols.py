"""Packets per protocol, HTTP or not: an example of a plug-in that gets whole packets. Off by default."""

from stats.statistic import HITS, ScapyPacket

PAYLOADS = ("Raw", "Padding", "NoPayload")
"""Scapy's layers for bytes without a known protocol."""


class PacketProtocols:
    """Packets per highest protocol layer known to Scapy, such as `DNS` or `TCP`."""

    name, title, unit, record = "packet_protocols", "Packets by protocol", HITS, ScapyPacket

    def key(self, record: ScapyPacket) -> str | None:
        """Return Scapy's name of the layer; None for a packet without a known layer."""
        names: list[str] = [layer.__name__ for layer in record.packet.layers()]
        return next((name for name in reversed(names) if name not in PAYLOADS), None)
