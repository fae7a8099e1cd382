"""Protocols per source."""

from stats.services import protocol_name
from stats.statistic import BYTES
from traffic.records import IpPacket


class ProtocolsByClient:
    """Bytes of all packets per source address and protocol: TCP, UDP, ICMP and others."""

    name, title, unit, record = "protocols_by_client", "Protocols by source", BYTES, IpPacket
    columns, amount = ("source", "protocol"), "length"

    def key(self, source: str, protocol: int) -> str:
        """Return `10.0.0.7 UDP`, for example."""
        return f"{source} {protocol_name(protocol)}"
