"""A TCP connection as it looks at the server's interface: handshake, segments, delayed ACKs, FINs, and faults.

What goes wrong on the way to the capture (`Faults.reordered`, `.retransmitted`) is put right by TCP, so
acknowledgements wait for it. What the capture loses (`Faults.lost`) was received, and is acknowledged although it was
never seen. Times are whole microseconds.
"""

from collections.abc import Callable
from random import Random
from struct import Struct
from typing import Final, NamedTuple

MSS: Final = 1448
"""Bytes of a segment, with time stamps in each."""
WINDOW: Final = 10
"""Segments sent before the sender waits for an answer (RFC 6928)."""
DELAYED_ACK: Final = 40_000
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10

_IP: Final = Struct("!BBHHHBBHII")
_TCP: Final = Struct("!HHIIBBHHHBBBBII")
_ETHERNET: Final = (bytes.fromhex("02000000000102000000000208 00"), bytes.fromhex("02000000000202000000000108 00"))
CLIENT, SERVER = 0, 1

Capture = Callable[[int, bytes], None]
"""Takes a frame and when it was captured."""


class Faults(NamedTuple):
    """Parts of the segments, 0 to 1."""

    reordered: float
    """Overtaken by others."""
    retransmitted: float
    """Sent twice; of every other one, the first was lost before the capture."""
    lost: float
    """Any packet: received, but not in the capture."""


class Ends(NamedTuple):
    """Addresses as numbers."""

    client: int
    client_port: int
    server: int
    server_port: int


class Burst(NamedTuple):
    """What became of bytes that were sent together."""

    first: int
    """When the first byte was captured or, where it is missing, went by."""
    end: int
    """When the other side had all."""
    packets: int
    missing: int
    """Packets with bytes that no packet of the capture has."""


class Conversation:
    """One connection. The methods are called in the order of the conversation, with times that do not go back."""

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
        """The handshake; when it was done."""
        self._send(CLIENT, time, SYN)
        self._next[CLIENT] += 1
        self._send(SERVER, time + 20, SYN | ACK)
        self._next[SERVER] += 1
        self._send(CLIENT, time + self._round_trip, ACK)
        return time + self._round_trip

    def close(self, time: int) -> None:
        """Both sides are done."""
        self._send(CLIENT, time, FIN | ACK)
        self._next[CLIENT] += 1
        self._send(SERVER, time + 50, FIN | ACK)
        self._next[SERVER] += 1
        self._send(CLIENT, time + 50 + self._round_trip, ACK)

    def say(self, side: int, time: int, data: bytes, answer_at: int) -> Burst:
        """Send bytes. What is left to acknowledge goes with the answer, or by itself when that takes too long."""
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
        """Send it, with what goes wrong: whether the capture has it, packets sent, and when it arrived."""
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
        """Every second segment, and each one that leaves or fills a hole, at once (RFC 5681 section 4.2)."""
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
        """Put a packet on the wire; whether the capture has it."""
        if self._random.random() < self._faults.lost:
            return False
        seq = self._next[side] if seq is None else seq
        ack = self._next[1 - side] if ack is None else ack
        self._capture(time, self._frame(side, time, flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, data))
        return True

    def _frame(self, side: int, time: int, flags: int, seq: int, ack: int, data: bytes) -> bytes:
        """Ethernet, IPv4 and TCP with time stamps (RFC 7323), all checksums right."""
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
    """The end of the held segment that starts at `have`, taken out of those held."""
    for end in held:
        if (end - 1) // MSS * MSS == have:
            held.remove(end)
            return end
    return None


def _checksum(data: bytes, extra: int) -> int:
    """The Internet checksum (RFC 1071): what makes the sum of all 16-bit words a multiple of 65535."""
    if len(data) % 2:
        data += b"\0"
    return 65535 - (int.from_bytes(data, "big") + extra) % 65535
