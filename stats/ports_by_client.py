"""Ports per source."""

from stats.services import service_of
from stats.statistic import BYTES
from traffic.records import IpPacket


class PortsByClient:
    """Bytes of all packets per source address and service."""

    name, title, unit, record = "ports_by_client", "Ports by source", BYTES, IpPacket
    columns, amount = ("source", "protocol", "source_port", "destination_port"), "length"

    def key(self, source: str, protocol: int, source_port: int, destination_port: int) -> str:
        """Return `10.0.0.7 UDP 53 domain`, for example."""
        return f"{source} {service_of(protocol, source_port, destination_port)}"
