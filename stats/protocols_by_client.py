"""Protocols per source."""

from stats.services import protocol_name
from stats.statistic import BYTES
from traffic.records import IpPacket


class ProtocolsByClient:
    """Bytes of packets of any kind per source address and protocol: TCP, UDP, ICMP and the rest."""

    name, title, unit, record = "protocols_by_client", "Protocols by source", BYTES, IpPacket

    def key(self, packet: IpPacket) -> str:
        """As `10.0.0.7 UDP`."""
        return f"{packet.source} {protocol_name(packet)}"

    def amount(self, packet: IpPacket) -> int:
        """Bytes of the frame."""
        return packet.length
