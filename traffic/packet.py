"""A TCP segment within a captured frame (RFC 9293 section 3.1)."""

from typing import NamedTuple


class Packet(NamedTuple):
    """A TCP segment within `data`."""

    key: bytes
    """One direction of a flow: source and destination address, source and destination port.

    A label may follow that tells apart flows of different networks; it is the same in both directions.
    """
    data: bytes
    start: int
    """Index of the TCP header."""
    end: int
    """Index after the last captured byte."""
    cut: int
    """Bytes of the segment that were not captured."""

    @property
    def ports(self) -> tuple[int, int]:
        """Source and destination port."""
        return self._number(0, 2), self._number(2, 2)

    @property
    def seq(self) -> int:
        """Sequence number."""
        return self._number(4, 4)

    @property
    def ack(self) -> int:
        """Acknowledgment number, valid if the ACK flag is set."""
        return self._number(8, 4)

    @property
    def flags(self) -> int:
        """Control bits: FIN, SYN, RST, ACK and others."""
        return self.data[self.start + 13]

    @property
    def payload(self) -> int:
        """Index of the payload, according to the header length."""
        return self.start + (self.data[self.start + 12] >> 4) * 4

    def _number(self, offset: int, size: int) -> int:
        place = self.start + offset
        return int.from_bytes(self.data[place : place + size], "big")
