"""Tells apart connections of different networks (VLANs, virtual networks) with the same addresses and ports.

Normally the network of a frame is not part of a connection's key: a mirror port may tag one direction and not the
other, or tag them differently, and may show a packet both before and after it is routed, tunnelled or tagged. Such
packets are copies within one connection. Only a SYN whose sequence number differs from that seen in another network
proves a second connection; from then on, the keys of that network carry a label.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

_SYN, _ACK = 0x02, 0x10
_MOST_FIRSTS: Final = 8
"""Maximum connections with the same addresses and ports at a time."""


class _Start(NamedTuple):
    """The SYN of a connection."""

    network: bytes
    """Identity of the network in which it was seen first."""
    label: bytes
    """Label of the connection's keys in that network; empty if nothing collides."""


class Lanes:
    """The SYNs of connections in tagged networks, and the labels of those that collide."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._starts: OrderedDict[bytes, dict[int, _Start]] = OrderedDict()
        self._labels: OrderedDict[bytes, bytes] = OrderedDict()
        self._count = 0

    def label(self, key: bytes, reverse: bytes, network: bytes, data: bytes, start: int) -> bytes:
        """Return the label to append to the key of a segment from `network`; it is empty if nothing collides."""
        flags = data[start + 13]
        if flags & _SYN:
            sequence = int.from_bytes(data[start + 4 : start + 8], "big")
            acknowledged = int.from_bytes(data[start + 8 : start + 12], "big")
            if flags & _ACK:
                self._answer(key, reverse, network, acknowledged - 1 & 0xFFFFFFFF)
            else:
                self._begin(key, reverse, network, sequence)
        return self._labels.get(key + network, b"") if self._labels else b""

    def _begin(self, key: bytes, reverse: bytes, network: bytes, sequence: int) -> None:
        starts = self._starts.setdefault(key, {})
        self._starts.move_to_end(key)
        known = starts.get(sequence)
        if known is None:
            starts[sequence] = known = _Start(network, self._label_of_new(starts, network))
            if len(starts) > _MOST_FIRSTS:
                del starts[next(iter(starts))]
            if len(self._starts) > self._most:
                self._starts.popitem(last=False)
        self._assign(key, reverse, network, known.label)

    def _label_of_new(self, starts: dict[int, _Start], network: bytes) -> bytes:
        """Return an empty label in the first network, or if it is the only one."""
        for other, label in starts.values():
            if other == network:
                return label
        if not starts:
            return b""
        self._count += 1
        return self._count.to_bytes(4, "big")

    def _answer(self, key: bytes, reverse: bytes, network: bytes, sequence: int) -> None:
        """Assign a label to a SYN-ACK. It may come from another network than the SYN, but what it acknowledges
        identifies it.
        """
        known = self._starts.get(reverse, {}).get(sequence)
        if known is not None:
            self._assign(reverse, key, network, known.label)

    def _assign(self, key: bytes, reverse: bytes, network: bytes, label: bytes) -> None:
        if self._labels or label:
            self._labels[key + network] = self._labels[reverse + network] = label
            while len(self._labels) > 4 * self._most:
                self._labels.popitem(last=False)

    def remembered(self) -> int:
        """Return the number of SYNs and labels that are kept."""
        return sum(map(len, self._starts.values())) + len(self._labels)
