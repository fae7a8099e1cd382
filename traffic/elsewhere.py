"""HTTP on ports that are not monitored: a look at the first bytes of segments, to name the right port. Pure."""

from collections import Counter
from collections.abc import Container
from typing import Final

from traffic.frames import Frames
from traffic.head import starts_request, starts_response
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.network import Network
from traffic.packet import Packet

FIRST: Final = 512
"""Bytes of a segment that are looked at."""


PREFACE: Final = b"PRI * HTTP/2.0\r\n"
"""What a client that speaks HTTP/2 in clear text begins with (RFC 9113 section 3.4)."""


class OtherPorts:
    """Counts segments that begin an HTTP message, or HTTP/2, by the server's port. Ports in `ports` are ignored."""

    def __init__(self, ports: Container[int], limits: Limits) -> None:
        self.http: Counter[int] = Counter()
        """Segments that begin a request, a response or HTTP/2, by port."""
        self.segments = 0
        """Segments with data."""
        self._ports = ports
        self._network = Network(ports, limits, Health(), Budget(limits.total_buffer))

    def look(self, frames: Frames) -> None:
        """Look at frames."""
        for frame in frames:
            packet = self._network.packet(frame.time, frame.link_type, frame.data)
            if packet is not None:
                self._segment(packet)

    def _segment(self, packet: Packet) -> None:
        source, target = packet.ports
        first = packet.data[packet.payload : min(packet.end, packet.payload + FIRST)]
        if not first or source in self._ports or target in self._ports:
            return
        self.segments += 1
        if starts_request(first) or first.startswith(PREFACE):
            self.http[target] += 1
        elif starts_response(first):
            self.http[source] += 1
