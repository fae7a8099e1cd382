"""Records of IP packets and DNS answers, for statistics that ask for them."""

from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final

from traffic import dns
from traffic.ip import Datagram
from traffic.outbox import Outbox
from traffic.records import DnsAnswer, IpPacket
from traffic.text import printable

_TCP, _UDP, _SCTP, _DCCP, _UDP_LITE = 6, 17, 132, 33, 136
_WITH_PORTS: Final = frozenset({_TCP, _UDP, _SCTP, _DCCP, _UDP_LITE})
_LONGEST_NAME: Final = 255


class Datagrams:
    """Builds the `wanted` records: of every IP packet, or of DNS answers."""

    def __init__(self, wanted: frozenset[type], outbox: Outbox) -> None:
        self.every_packet = IpPacket in wanted
        """Whether TCP packets are wanted too."""
        self._answers = DnsAnswer in wanted
        self._outbox = outbox

    @property
    def none(self) -> bool:
        """Whether no such records are wanted."""
        return not (self.every_packet or self._answers)

    def add(self, time: float, length: int, found: Datagram) -> None:
        """Record the innermost IP packet of a frame of `length` bytes."""
        protocol, addresses, data, start, end, _ = found
        size = len(addresses) // 2
        family = AF_INET if size == 4 else AF_INET6
        source, target = inet_ntop(family, addresses[:size]), inet_ntop(family, addresses[size:])
        ports = (0, 0)
        if protocol in _WITH_PORTS and end >= start + 4:
            ports = data[start] << 8 | data[start + 1], data[start + 2] << 8 | data[start + 3]
        if self.every_packet:
            self._outbox.add(IpPacket(time, source, target, protocol, *ports, length))
        if self._answers and protocol == _UDP and ports[0] == dns.PORT:
            answer = dns.answer(data, start + 8, end)
            if answer is not None:
                name = printable(answer.name.lower(), _LONGEST_NAME)
                self._outbox.add(DnsAnswer(time, target, source, name, answer.code, answer.addresses))
