"""Packets per protocol, HTTP or not: an example of a plug-in that is given whole packets. Not on by default."""

from stats.statistic import HITS, ScapyPacket

PAYLOADS = ("Raw", "Padding", "NoPayload")
"""Layers of Scapy that stand for bytes it has no protocol for."""


class PacketProtocols:
    """Packets per highest protocol layer that Scapy knows, as `DNS` or `TCP`."""

    name, title, unit, record = "packet_protocols", "Packets by protocol", HITS, ScapyPacket

    def key(self, record: ScapyPacket) -> str | None:
        """Scapy's name of the layer; None for a packet that is bare bytes to it."""
        names: list[str] = [layer.__name__ for layer in record.packet.layers()]
        return next((name for name in reversed(names) if name not in PAYLOADS), None)
