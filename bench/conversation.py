"""A TCP connection as seen at the server's interface: handshake, segments, delayed ACKs, FINs, and faults.

TCP repairs what goes wrong before the capture (`Faults.reordered`, `.retransmitted`), so acknowledgements wait for it.
What the capture loses (`Faults.lost`) was received and is acknowledged, although the capture does not have it. Times
are in whole microseconds.
"""

from collections.abc import Callable
from random import Random
from struct import Struct
from typing import Final, NamedTuple

MSS: Final = 1448
"""Bytes of a segment that carries time stamps."""
WINDOW: Final = 10
"""Segments sent before the sender waits for an acknowledgement (RFC 6928)."""
DELAYED_ACK: Final = 40_000
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10

_IP: Final = Struct("!BBHHHBBHII")
_TCP: Final = Struct("!HHIIBBHHHBBBBII")
_ETHERNET: Final = (bytes.fromhex("02000000000102000000000208 00"), bytes.fromhex("02000000000202000000000108 00"))
CLIENT, SERVER = 0, 1

Capture = Callable[[int, bytes], None]
"""Takes the capture time and the frame."""


class Faults(NamedTuple):
    """Shares of the segments, from 0 to 1."""

    reordered: float
    """Overtaken by other segments."""
    retransmitted: float
    """Sent twice; in half of the cases the first copy was lost before the capture."""
    lost: float
    """Packets of any kind that were received, but are missing in the capture."""


class Ends(NamedTuple):
    """Addresses as integers, and ports."""

    client: int
    client_port: int
    server: int
    server_port: int


class Burst(NamedTuple):
    """What happened to bytes that were sent together."""

    first: int
    """When the first byte was captured, or passed by if it is missing."""
    end: int
    """When the other side had received everything."""
    packets: int
    missing: int
    """Packets whose bytes are in no packet of the capture."""


class SimulatedConnection:
    """One connection. Call the methods in the order of the conversation, with times that never go back."""

    def __init__(self, ends: Ends, capture: Capture, random: Random, faults: Faults) -> None:
        self._ports = (ends.client_port, ends.server_port), (ends.server_port, ends.client_port)
        self._addresses = (ends.client, ends.server), (ends.server, ends.client)
        self._capture = capture
        self._random = random
        self._faults = faults
        self._next = [random.getrandbits(32), random.getrandbits(32)]
        self._number = random.getrandbits(16)
        self._round_trip = int(random.expovariate(1 / 8_000)) + 300
        self._unacknowledged: int | None = None

    def open(self, time: int) -> int:
        """Make the handshake; return when it is done."""
        self._send(CLIENT, time, SYN)
        self._next[CLIENT] += 1
        self._send(SERVER, time + 20, SYN | ACK)
        self._next[SERVER] += 1
        self._send(CLIENT, time + self._round_trip, ACK)
        return time + self._round_trip

    def close(self, time: int) -> None:
        """Close both sides."""
        self._send(CLIENT, time, FIN | ACK)
        self._next[CLIENT] += 1
        self._send(SERVER, time + 50, FIN | ACK)
        self._next[SERVER] += 1
        self._send(CLIENT, time + 50 + self._round_trip, ACK)

    def say(self, side: int, time: int, data: bytes, answer_at: int) -> Burst:
        """Send bytes. The last acknowledgement goes with the answer, or alone if the answer takes too long."""
        base = self._next[side]
        arrivals: list[tuple[int, int]] = []
        packets = missing = 0
        gone = time
        for start in range(0, len(data), MSS):
            if start and start // MSS % WINDOW == 0:
                gone += self._round_trip
            gone += 12
            piece = data[start : start + MSS]
            seen, sent, arrived = self._segment(side, gone, base + start, piece, start + MSS >= len(data))
            packets += sent
            missing += not seen
            arrivals.append((arrived, start + len(piece)))
        self._next[side] = base + len(data)
        arrivals.sort()
        self._acknowledge(1 - side, base, arrivals, answer_at)
        return Burst(time + 12, arrivals[-1][0], packets, missing)

    def _segment(self, side: int, time: int, seq: int, piece: bytes, last: bool) -> tuple[bool, int, int]:
        """Send a segment with its faults. Return whether it was captured, the packets sent, and when it arrived."""
        random, faults = self._random, self._faults
        flags = ACK | PSH if last else ACK
        dice = random.random()
        if dice < faults.retransmitted:
            again = time + random.choice((2_000, 20_000, 210_000)) + self._round_trip
            early = dice < faults.retransmitted / 2
            seen = self._send(side, time, flags, seq, piece) if early else False
            return self._send(side, again, flags, seq, piece) or seen, 2, time if early else again
        if dice < faults.retransmitted + faults.reordered:
            time += random.randrange(20, 400)
        return self._send(side, time, flags, seq, piece), 1, time

    def _acknowledge(self, side: int, base: int, arrivals: list[tuple[int, int]], answer_at: int) -> None:
        """Acknowledge every second segment, and at once each one that opens or fills a gap (RFC 5681 section 4.2)."""
        away = self._round_trip if side == CLIENT else 10
        have, held, waiting = 0, set[int](), 0
        for time, end in arrivals:
            start = (end - 1) // MSS * MSS
            waiting += 1
            if start != have:
                held.add(end)
                waiting = 2
            else:
                have = end
                while (following := _following(have, held)) is not None:
                    have, waiting = following, 2
            if waiting == 2:
                self._send(side, time + away, ACK, None, b"", base + have)
                waiting = 0
        late = arrivals[-1][0] + away + DELAYED_ACK
        if waiting and late < answer_at:
            self._send(side, late, ACK, None, b"", base + have)

    def _send(
        self, side: int, time: int, flags: int, seq: int | None = None, data: bytes = b"", ack: int | None = None
    ) -> bool:
        """Send a packet; return whether it was captured."""
        if self._random.random() < self._faults.lost:
            return False
        seq = self._next[side] if seq is None else seq
        ack = self._next[1 - side] if ack is None else ack
        self._capture(time, self._frame(side, time, flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, data))
        return True

    def _frame(self, side: int, time: int, flags: int, seq: int, ack: int, data: bytes) -> bytes:
        """Return a frame of Ethernet, IPv4 and TCP with time stamps (RFC 7323) and correct checksums."""
        self._number = (self._number + 1) & 0xFFFF
        source, target = self._addresses[side]
        length = 32 + len(data)
        stamp = time // 1000 & 0xFFFFFFFF
        if not flags & ACK:
            ack = 0
        fields = [*self._ports[side], seq, ack, 0x80, flags, 65535, 0, 0, 1, 1, 8, 10, stamp, stamp]
        fields[7] = _checksum(_TCP.pack(*fields) + data, source + target + 6 + length)
        header = [0x45, 0, 20 + length, self._number, 0x4000, 64, 6, 0, source, target]
        header[7] = _checksum(_IP.pack(*header), 0)
        return b"".join((_ETHERNET[side], _IP.pack(*header), _TCP.pack(*fields), data))


def _following(have: int, held: set[int]) -> int | None:
    """Remove and return the end of the held segment that starts at `have`."""
    for end in held:
        if (end - 1) // MSS * MSS == have:
            held.remove(end)
            return end
    return None


def _checksum(data: bytes, extra: int) -> int:
    """Return the Internet checksum (RFC 1071), which makes the sum of all 16-bit words a multiple of 65535."""
    if len(data) % 2:
        data += b"\0"
    return 65535 - (int.from_bytes(data, "big") + extra) % 65535
