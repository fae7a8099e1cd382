"""The decoder: batches of frames in, records out. The one door of this folder.

    decoder = Decoder(ports, limits)
    records = decoder.feed(frames)      # as often as there are frames
    records = decoder.advance(now)      # when there are none
    records = decoder.finish()          # at the end

It holds no clock: packet time drives its time-outs, frame by frame, so how frames are cut into batches changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from functools import partial
from math import inf
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from typing import TYPE_CHECKING, Final

from librt.strings import read_i64_be

from traffic.conversation import Conversation
from traffic.datagrams import Datagrams
from traffic.flows import Flows, address_size, reversed_key
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames
from traffic.handshakes import Handshake, Handshakes
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.network import InnerIp, Network, Packet, plain_end
from traffic.pending import Addresses
from traffic.records import CAPTURE_END, CLOSED, Record
from traffic.segment import ACK, MASK, RST, SYN
from traffic.stream import Stream
from traffic.tcp import Connection

if TYPE_CHECKING:
    from mypy_extensions import i64

_PULSE: Final = 0.1
"""Seconds of packet time between looks at time-outs."""
_numbers: Final = Struct(">II")


class Decoder:
    """Decodes the HTTP/1 traffic of the TCP ports that `ports` contains.

    `health` is counted up as it works; it belongs to the thread that feeds. `inner_ip` finds the IP packet in frames of
    link types that are not known here.
    """

    def __init__(
        self,
        ports: Container[int],
        limits: Limits | None = None,
        inner_ip: InnerIp | None = None,
        wanted: frozenset[type] = frozenset(),
    ) -> None:
        """`wanted` are the kinds of records that are given out beside requests and exchanges, of `records.OPTIONAL`."""
        self._ports = ports
        self._limits = limits or Limits()
        self.health = Health()
        self._budget = Budget(self._limits.total_buffer)
        self._records: list[Record] = []
        """What became complete and was not taken yet; every conversation adds its own."""
        self._wanted = wanted
        datagrams = Datagrams(wanted, self._records)
        self._plain = not datagrams.every_packet  # else each packet takes the long way, where it is looked at
        self._network = Network(ports, self._limits, self.health, self._budget, inner_ip, datagrams)
        self._flows = Flows(self._limits, self.health)
        self._streams = self._flows.streams
        self._handshakes = Handshakes(2 * self._limits.connections, self._limits.connection_timeout, self.health)
        self._waiting: OrderedDict[Connection, float] = OrderedDict()
        """When to look again at connections that wait for something; so each costs little, however many wait."""
        self._now = 0.0
        self._pulse = 0.0

    def feed(self, frames: Iterable[Frame]) -> list[Record]:
        """Take frames in the order of their capture, best as `Frames`; the records that became complete."""
        batch = frames if isinstance(frames, Frames) else Frames.of(frames)
        buffer, plain = batch.buffer, self._plain
        begin: i64
        stop: i64
        self.health.frames += len(batch)
        for time, link_type, begin, stop in zip(batch.times, batch.links, batch.starts, batch.stops):  # noqa: B905 compiled well only so
            if time >= self._pulse:
                self._tick(time)
            if link_type == LINKTYPE_ETHERNET and plain and (end := plain_end(buffer, begin, stop)):
                self._segment(time, buffer[begin + 26 : begin + 38], buffer, begin + 34, end, 0)
            else:
                found = self._network.packet(time, link_type, buffer[begin:stop])
                if found is not None:
                    key, data, start, end, cut = found
                    self._segment(time, key, data, start, end, cut)
        return self._taken()

    def advance(self, now: float) -> list[Record]:
        """No frame came until `now`: the records that time-outs make."""
        if now >= self._pulse:
            self._tick(now)
        return self._taken()

    def finish(self) -> list[Record]:
        """The capture is over: the records of all that was under way."""
        for connection in self._flows.connections():
            connection.drain(max(self._now, connection.last), CAPTURE_END)
        self._waiting.clear()
        self._network.expire(inf)
        return self._taken()

    def _taken(self) -> list[Record]:
        records = self._records.copy()
        self._records.clear()
        return records

    def _segment(self, time: float, key: bytes, buffer: bytes, start: i64, end: i64, cut: i64) -> None:
        """Take a TCP segment, as `network.Packet` has it."""
        stream = self._streams.get(key)
        if stream is None and not self._listens(buffer, start):
            return
        payload = start + (buffer[start + 12] >> 4) * 4
        if payload < start + 20 or payload > end + cut:
            self.health.oddities["bad TCP header"] += 1
            return
        self.health.segments += 1
        if stream is None or (buffer[start + 13] & SYN and self._begins(stream, time, buffer, start)):
            stream = self._open((key, buffer, start, end, cut), time, payload == end + cut)
            if stream is None:
                return
        if stream.connection.segment(stream, time, buffer, (start, payload, end), cut):
            self._attend(stream.connection, time)

    def _listens(self, data: bytes, start: i64) -> bool:
        ports = self._ports
        return (data[start] << 8 | data[start + 1]) in ports or (data[start + 2] << 8 | data[start + 3]) in ports

    def _begins(self, stream: Stream, time: float, buffer: bytes, start: i64) -> bool:
        """Whether a SYN ends the connection that it seems to belong to, as another one begins."""
        connection = stream.connection
        if not connection.reused_by(stream, read_i64_be(buffer, start + 4) >> 32 & MASK):
            return False
        connection.drain(time, CLOSED)
        self._flows.close(connection, connection.last)
        return True

    def _attend(self, connection: Connection, time: float) -> None:
        """Look at a connection that may have ended, or wait for something now or no longer."""
        if connection.finished:
            self._waiting.pop(connection, None)
            self._flows.close(connection, connection.last)
        elif not connection.waits:
            self._waiting.pop(connection, None)
        elif connection not in self._waiting:
            self._waiting[connection] = time + self._limits.gap_timeout
            if len(self._waiting) > self._limits.connections:
                self._look_again(time)  # some of them were evicted meanwhile

    def _open(self, packet: Packet, time: float, empty: bool) -> Stream | None:
        """Follow another connection, from its first byte on; None while there is none, and for stragglers."""
        key, data, start, _, _ = packet
        flags = data[start + 13]
        reverse = reversed_key(key)
        if key == reverse:  # no two sides to tell apart (a LAND attack, or a socket connected to itself)
            self.health.oddities["segment to its own sender"] += 1
            return None
        if flags & SYN:
            self._flows.reopen(key, reverse)
            seq, ack = _numbers.unpack_from(data, start + 4)
            self._handshakes.note(key, Handshake(time, seq, ack if flags & ACK else -1))
        elif flags & RST:
            self._handshakes.take(key)
            self._handshakes.take(reverse)
            return None
        if empty or self._flows.closed_lately(key, time):
            return None
        return self._follow(packet, time, reverse)

    def _follow(self, packet: Packet, time: float, reverse: bytes) -> Stream:
        key = packet[0]
        own, other = self._handshakes.take(key), self._handshakes.take(reverse)
        direction = self._direction(packet, own, other)
        client_key = reverse if direction else key
        connection = Connection(client_key, time, self._limits, self.health, self._budget)
        addresses = partial(_addresses, client_key)
        connection.application = Conversation(
            connection, addresses, self._limits, self.health, self._records, self._wanted
        )
        connection.shake(own, other)
        stream = connection.streams[direction]
        _begin(stream, own)
        _begin(stream.peer, other)
        self._flows.add(connection)
        return stream

    def _direction(self, packet: Packet, own: Handshake | None, other: Handshake | None) -> int:
        """0 when a packet seems to come from the client: the handshake tells, else the port that is listened on."""
        if own is not None:
            return 1 if own.ack >= 0 else 0
        if other is not None:
            return 0 if other.ack >= 0 else 1
        _, data, start, _, _ = packet
        source = data[start] << 8 | data[start + 1]
        target = data[start + 2] << 8 | data[start + 3]
        if (source in self._ports) != (target in self._ports):
            return 1 if source in self._ports else 0
        return 1 if source < target else 0

    def _look_again(self, now: float) -> None:
        """See what time has done to the connection that waits longest to be looked at."""
        connection, _ = self._waiting.popitem(last=False)
        connection.force_due(now)
        if connection.finished:
            self._flows.close(connection, connection.last)
        elif connection.waits:
            self._waiting[connection] = now + self._limits.gap_timeout

    def _tick(self, now: float) -> None:
        self._now = now
        self._pulse = now + _PULSE
        while self._waiting and next(iter(self._waiting.values())) <= now:
            self._look_again(now)
        self._flows.expire(now)
        self._handshakes.expire(now)
        self._network.expire(now)


def _begin(stream: Stream, handshake: Handshake | None) -> None:
    """Where a stream, and so perhaps the other, starts."""
    if handshake is not None:
        stream.start(handshake.seq)
        if handshake.ack >= 0:
            stream.peer.start((handshake.ack - 1) & 0xFFFFFFFF)


def _addresses(key: bytes, client: int) -> Addresses:
    """Both ends as text, from the key of direction 0; `client` is the direction that sends the requests."""
    key = reversed_key(key) if client else key
    size = address_size(key)
    family = AF_INET if size == 4 else AF_INET6
    ports = key[2 * size :]
    source, target = inet_ntop(family, key[:size]), inet_ntop(family, key[size : 2 * size])
    return Addresses(source, ports[0] << 8 | ports[1], target, ports[2] << 8 | ports[3])
