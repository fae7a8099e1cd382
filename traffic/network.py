"""From frames to TCP segments: through link layers, tags, tunnels and IP, with fragments reassembled.

Checksums are ignored, because they are usually wrong with offloading and on loopback. UDP is searched for tunnels and
for QUIC, which is counted as unreadable.
"""

from collections.abc import Callable, Container
from typing import Final

from traffic import ethernet, layers, link, ppp, tunnels, wifi
from traffic.datagrams import Datagrams
from traffic.fragments import Fragments
from traffic.health import Health
from traffic.ip import Datagram, Ip
from traffic.lanes import Lanes
from traffic.layers import IPV4, IPV6, LINK, NOTHING, PROTOCOL, TCP, UDP, UDP_PORT, Layer, MalformedError
from traffic.limits import Budget, Limits
from traffic.packet import Packet
from traffic.quic import HTTPS, QuicConnections, is_quic

InnerIp = Callable[[int, bytes], bytes | None]
"""Finds the IP packet in a frame of a link-layer type (a number) that this folder does not know."""

_LAYERS: Final[dict[int, Layer]] = {
    **layers.LAYERS,
    **link.LAYERS,
    **ethernet.LAYERS,
    **ppp.LAYERS,
    **wifi.LAYERS,
    **tunnels.LAYERS,
}
_MOST_LAYERS: Final = 40
"""Maximum headers of one frame; a tunnel adds three or four."""


def reads(link_type: int) -> bool:
    """Return whether frames of this link-layer type are supported here."""
    return LINK | link_type in _LAYERS


class Network:
    """Finds the TCP segments in frames. QUIC is counted on UDP port 443 and on `ports`."""

    def __init__(
        self,
        ports: Container[int],
        limits: Limits,
        health: Health,
        budget: Budget,
        inner_ip: InnerIp | None = None,
        datagrams: Datagrams | None = None,
    ) -> None:
        """`datagrams` gets each IP packet if it wants any."""
        self._ports = ports
        self._health = health
        self._datagrams = None if datagrams is None or datagrams.none else datagrams
        self._datagram: Datagram | None = None
        self._inner_ip = inner_ip
        self._fragments = Fragments(limits.fragment_timeout, health, budget)
        self._ip = Ip(self._fragments, health)
        # Both are only needed while connections start, so fewer entries are enough than connections may be open.
        self._lanes = Lanes(limits.connections // 8 + 1)
        self._quic = QuicConnections(limits.connections // 8 + 1, limits.connection_timeout)

    def packet(self, time: float, link_type: int, data: bytes) -> Packet | None:
        """Return the TCP segment in a frame; None if there is none, or if its datagram is incomplete."""
        if self._datagrams is not None:
            return self._shown(time, link_type, data, self._datagrams)
        return self._found(time, link_type, data)

    def _shown(self, time: float, link_type: int, data: bytes, datagrams: Datagrams) -> Packet | None:
        packet = self._found(time, link_type, data)
        found, self._datagram = self._datagram, None
        if found is not None:
            datagrams.add(time, len(data), found)
        return packet

    def _found(self, time: float, link_type: int, data: bytes) -> Packet | None:
        try:
            return self._through(time, LINK | link_type, data)
        except IndexError:
            self._health.oddities["truncated frame"] += 1
        except MalformedError as error:
            self._health.oddities[str(error)] += 1
        return None

    def expire(self, now: float) -> None:
        """Forget fragments of datagrams that stayed incomplete, and idle QUIC connections."""
        self._fragments.expire(now)
        self._quic.expire(now)

    def _through(self, time: float, layer: int, data: bytes) -> Packet | None:
        """Go from header to header until TCP, or until a header that is not supported."""
        start, end, network = 0, len(data), b""
        for _ in range(_MOST_LAYERS):
            if layer in (IPV4, IPV6):
                read = self._ip.version4 if layer == IPV4 else self._ip.version6
                found = read(time, data, start, end, network)
                if found is None:
                    return None
                self._datagram = found
                _, _, data, start, end, _ = found
                layer = PROTOCOL | found.protocol
                if layer == TCP:
                    return self._tcp(found, network)
                if layer == UDP:
                    layer, start = self._udp(time, found), start + 8
            elif layer in _LAYERS:
                layer, start, identity = _LAYERS[layer](data, start)
                network += identity
            else:
                return self._foreign(time, layer, data, start)
        raise MalformedError("too many encapsulations")

    def _tcp(self, found: Datagram, network: bytes) -> Packet:
        _, addresses, data, start, end, cut = found
        if end - start < 20:
            raise MalformedError("truncated TCP header")
        key = addresses + data[start : start + 4]
        if network:
            size = len(addresses) // 2
            reverse = addresses[size:] + addresses[:size] + data[start + 2 : start + 4] + data[start : start + 2]
            key += self._lanes.label(key, reverse, network, data, start)
        return Packet(key, data, start, end, cut)

    def _udp(self, time: float, found: Datagram) -> int:
        """Return the layer inside UDP: known by a port of either side, or Teredo if it looks like it."""
        _, _, data, start, end, _ = found
        source, target = data[start] << 8 | data[start + 1], data[start + 2] << 8 | data[start + 3]
        if UDP_PORT | target in _LAYERS:
            return UDP_PORT | target
        if UDP_PORT | source in _LAYERS:
            return UDP_PORT | source
        if end < start + 9:
            return NOTHING
        if tunnels.is_teredo(data, start + 8):
            return IPV6
        if HTTPS in (source, target) or source in self._ports or target in self._ports:
            self._count_quic(time, found)
        return NOTHING

    def _count_quic(self, time: float, found: Datagram) -> None:
        _, addresses, data, start, end, _ = found
        if is_quic(data, start + 8, end):
            size = len(addresses) // 2
            one, other = addresses[:size] + data[start : start + 2], addresses[size:] + data[start + 2 : start + 4]
            if self._quic.is_new(time, one, other):
                self._health.unreadable["QUIC"] += 1

    def _foreign(self, time: float, layer: int, data: bytes, start: int) -> Packet | None:
        """Ask `inner_ip` for the IP packet in a frame of an unknown link-layer type."""
        if layer < LINK or layer >= PROTOCOL:
            return None
        inner = self._inner_ip(layer - LINK, data[start:]) if self._inner_ip is not None else None
        if inner is None:
            self._health.oddities[f"unknown link type {layer - LINK}"] += 1
            return None
        return self._through(time, layers.IP, inner)
