"""Ports per source."""

from stats.services import service_of
from stats.statistic import BYTES
from traffic.records import IpPacket


class PortsByClient:
    """Bytes of packets of any kind per source address and service."""

    name, title, unit, record = "ports_by_client", "Ports by source", BYTES, IpPacket

    def key(self, packet: IpPacket) -> str:
        """As `10.0.0.7 UDP 53 domain`."""
        return f"{packet.source} {service_of(packet)}"

    def amount(self, packet: IpPacket) -> int:
        """Bytes of the frame."""
        return packet.length
