"""Tells apart connections of different networks (VLANs, virtual networks) that have the same addresses and ports.

A frame's network is no part of a connection's key as a rule: a mirror port may tag one direction and not the other, or
differently, and may show a packet once before and once after it was routed, tunnelled or tagged. The same packets are
then copies of one connection. Only a SYN with another sequence number than the one that was seen in another network is
proof of another connection; from then on what belongs to that network has a label in its key.
"""

from collections import OrderedDict
from typing import Final

_SYN, _ACK = 0x02, 0x10
_MOST_FIRSTS: Final = 8
"""Connections with the same addresses and ports at a time."""


class Lanes:
    """The first segments of connections in tagged networks, and the labels of those that collide."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._starts: OrderedDict[bytes, dict[int, tuple[bytes, bytes]]] = OrderedDict()
        self._labels: OrderedDict[bytes, bytes] = OrderedDict()
        self._count = 0

    def label(self, key: bytes, reverse: bytes, network: bytes, data: bytes, start: int) -> bytes:
        """What to append to the key of a segment that came from `network`; nothing while there is no collision."""
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
            starts[sequence] = known = network, self._label_of_new(starts, key, network)
            if len(starts) > _MOST_FIRSTS:
                del starts[next(iter(starts))]
            if len(self._starts) > self._most:
                self._starts.popitem(last=False)
        self._assign(key, reverse, network, known[1])

    def _label_of_new(self, starts: dict[int, tuple[bytes, bytes]], key: bytes, network: bytes) -> bytes:
        """None in the network that was first, or the only one."""
        for other, label in starts.values():
            if other == network:
                return label
        if not starts:
            return b""
        self._count += 1
        return self._count.to_bytes(4, "big")

    def _answer(self, key: bytes, reverse: bytes, network: bytes, sequence: int) -> None:
        """A SYN-ACK may come from another network than the SYN: what it acknowledges tells the connection."""
        known = self._starts.get(reverse, {}).get(sequence)
        if known is not None:
            self._assign(reverse, key, network, known[1])

    def _assign(self, key: bytes, reverse: bytes, network: bytes, label: bytes) -> None:
        if self._labels or label:
            self._labels[key + network] = self._labels[reverse + network] = label
            while len(self._labels) > 4 * self._most:
                self._labels.popitem(last=False)

    def remembered(self) -> int:
        """First segments and labels that are held."""
        return sum(map(len, self._starts.values())) + len(self._labels)
