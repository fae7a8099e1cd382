"""The decoder: frames in, batches of records out. The one door of this folder.

    decoder = Decoder(ports, limits)
    decoder.feed(frames)        # as often as there are frames
    decoder.advance(now)        # when there are none
    decoder.finish()            # at the end
    batch = decoder.take()      # what became complete since the last time, whenever it is wanted

It holds no clock: packet time drives its time-outs, frame by frame, so how frames are cut into batches changes nothing.
"""

from collections.abc import Container
from functools import partial
from math import inf
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final

from traffic.batch import Batch
from traffic.conversation import Conversation
from traffic.datagrams import Datagrams
from traffic.flows import Flows, address_size, reversed_key
from traffic.frames import Frames
from traffic.handshakes import Handshake, Handshakes
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.network import InnerIp, Network
from traffic.outbox import Outbox
from traffic.packet import Packet
from traffic.pending import Addresses
from traffic.records import CAPTURE_END, CLOSED
from traffic.segment import ACK, MASK, RST, SYN
from traffic.stream import Stream
from traffic.tcp import Connection

_PULSE: Final = 0.1
"""Seconds of packet time between looks at time-outs."""


class Decoder:
    """Decodes the HTTP/1 traffic of the TCP ports that `ports` contains.

    `inner_ip` finds the IP packet in frames of link types that are not known here.
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
        self._health = Health()
        self._budget = Budget(self._limits.total_buffer)
        self._outbox = Outbox(self._limits, self._health)
        self._wanted = wanted
        datagrams = Datagrams(wanted, self._outbox)
        self._network = Network(ports, self._limits, self._health, self._budget, inner_ip, datagrams)
        self._flows = Flows(self._limits, self._health)
        self._handshakes = Handshakes(2 * self._limits.connections, self._limits.connection_timeout, self._health)
        self._now = 0.0
        self._pulse = 0.0

    def feed(self, frames: Frames) -> None:
        """Take frames in the order of their capture."""
        self._health.frames += len(frames)
        for time, link_type, data, _ in frames:
            if time >= self._pulse:
                self._tick(time)
            packet = self._network.packet(time, link_type, data)
            if packet is not None:
                self._segment(time, packet)

    def advance(self, now: float) -> None:
        """No frame came until `now`."""
        if now >= self._pulse:
            self._tick(now)

    def finish(self) -> None:
        """The capture is over, and with it all that was under way."""
        for connection in self._flows.connections():
            connection.drain(max(self._now, connection.last), CAPTURE_END)
        self._flows.waiting.clear()
        self._network.expire(inf)

    def take(self) -> Batch:
        """The records that became complete since they were taken last."""
        return self._outbox.take()

    @property
    def waiting_characters(self) -> int:
        """Characters of their texts."""
        return self._outbox.characters

    def faults(self) -> tuple[()]:
        """None: what goes wrong here is an exception, and ends the program."""
        return ()

    @property
    def waiting(self) -> int:
        """Records that wait to be taken."""
        return len(self._outbox)

    @property
    def health(self) -> Health:
        """What was counted so far; it does not change any more."""
        return self._health.copy()

    @property
    def held(self) -> int:
        """Bytes of segments, heads, requests and fragments that wait for others."""
        return self._budget.used

    def _segment(self, time: float, packet: Packet) -> None:
        stream = self._flows.streams.get(packet.key)
        if stream is None and not self._listens(packet):
            return
        if packet.payload < packet.start + 20 or packet.payload > packet.end + packet.cut:
            self._health.oddities["bad TCP header"] += 1
            return
        self._health.segments += 1
        if stream is None or (packet.flags & SYN and self._begins(stream, time, packet)):
            stream = self._open(packet, time)
            if stream is None:
                return
        if stream.connection.segment(stream, time, packet):
            self._attend(stream.connection, time)

    def _listens(self, packet: Packet) -> bool:
        return any(port in self._ports for port in packet.ports)

    def _begins(self, stream: Stream, time: float, packet: Packet) -> bool:
        """Whether a SYN ends the connection that it seems to belong to, as another one begins."""
        connection = stream.connection
        if not connection.reused_by(stream, packet.seq):
            return False
        connection.drain(time, CLOSED)
        self._flows.close(connection, connection.last)
        return True

    def _attend(self, connection: Connection, time: float) -> None:
        """Look at a connection that may have ended, or wait for something now or no longer."""
        if connection.finished:
            self._flows.waiting.pop(connection, None)
            self._flows.close(connection, connection.last)
        elif not connection.waits:
            self._flows.waiting.pop(connection, None)
        elif connection not in self._flows.waiting:
            self._flows.waiting[connection] = time + self._limits.gap_timeout

    def _open(self, packet: Packet, time: float) -> Stream | None:
        """Follow another connection, from its first byte on; None while there is none, and for stragglers."""
        key, flags = packet.key, packet.flags
        reverse = reversed_key(key)
        if key == reverse:  # no two sides to tell apart (a LAND attack, or a socket connected to itself)
            self._health.oddities["segment to its own sender"] += 1
            return None
        if flags & SYN:
            self._flows.reopen(key, reverse)
            self._handshakes.note(key, Handshake(time, packet.seq, packet.ack if flags & ACK else -1))
        elif flags & RST:
            self._handshakes.take(key)
            self._handshakes.take(reverse)
            return None
        empty = packet.payload == packet.end + packet.cut
        if empty or self._flows.closed_lately(key, time):
            return None
        return self._follow(packet, time, reverse)

    def _follow(self, packet: Packet, time: float, reverse: bytes) -> Stream:
        key = packet.key
        own, other = self._handshakes.take(key), self._handshakes.take(reverse)
        direction = self._direction(packet, own, other)
        client_key = reverse if direction else key
        connection = Connection(client_key, time, self._limits, self._health, self._budget)
        addresses = partial(_addresses, client_key)
        connection.application = Conversation(
            connection, addresses, self._limits, self._health, self._outbox, self._wanted
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
        source, target = packet.ports
        if (source in self._ports) != (target in self._ports):
            return 1 if source in self._ports else 0
        return 1 if source < target else 0

    def _look_again(self, now: float) -> None:
        """See what time has done to the connection that waits longest to be looked at."""
        connection, _ = self._flows.waiting.popitem(last=False)
        connection.force_due(now)
        if connection.finished:
            self._flows.close(connection, connection.last)
        elif connection.waits:
            self._flows.waiting[connection] = now + self._limits.gap_timeout

    def _tick(self, now: float) -> None:
        self._now = now
        self._pulse = now + _PULSE
        while self._flows.waiting and next(iter(self._flows.waiting.values())) <= now:
            self._look_again(now)
        self._flows.expire(now)
        self._handshakes.expire(now)
        self._network.expire(now)


def _begin(stream: Stream, handshake: Handshake | None) -> None:
    """Where a stream, and so perhaps the other, starts."""
    if handshake is not None:
        stream.start(handshake.seq)
        if handshake.ack >= 0:
            stream.peer.start((handshake.ack - 1) & MASK)


def _addresses(key: bytes, client: int) -> Addresses:
    """Both ends as text, from the key of direction 0; `client` is the direction that sends the requests."""
    key = reversed_key(key) if client else key
    size = address_size(key)
    family = AF_INET if size == 4 else AF_INET6
    ports = key[2 * size :]
    source, target = inet_ntop(family, key[:size]), inet_ntop(family, key[size : 2 * size])
    return Addresses(source, ports[0] << 8 | ports[1], target, ports[2] << 8 | ports[3])
