"""The decoder turns frames into batches of records. It is the only entry point of this folder.

    decoder = Decoder(ports, limits)
    decoder.feed(frames)        # whenever frames arrive
    decoder.advance(now)        # when none arrive
    decoder.finish()            # at the end of the capture
    batch = decoder.take()      # records completed since the last call, at any time

It reads no clock: the time of the packets drives its timeouts, frame by frame, so the result does not depend on how
frames are split into batches.
"""

from collections.abc import Container, Iterator, Sequence
from functools import partial
from math import inf
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any, Final

from traffic.batch import Batch
from traffic.claim import Claim, Place, follows_call
from traffic.conversation import Conversation
from traffic.datagrams import Datagrams
from traffic.flows import Flows, address_size, reversed_key
from traffic.forwarding import TrustedProxies
from traffic.frames import Frames
from traffic.handshakes import Handshake, Handshakes, chosen
from traffic.health import Health
from traffic.limits import Budget, Limits
from traffic.network import InnerIp, Network
from traffic.outbox import Outbox
from traffic.packet import Packet
from traffic.pending import Addresses
from traffic.records import CAPTURE_END, CLOSED, GAP
from traffic.segment import ACK, FIN, MASK, RST, SYN
from traffic.stream import Stream
from traffic.tcp import Connection, Side

_PULSE: Final = 0.1
"""Packet time between two checks of the timeouts, in seconds."""


class Decoder:
    """Decodes the HTTP/1 traffic of the TCP ports in `ports`.

    `inner_ip` finds the IP packet in frames of link types that this folder does not know.
    """

    def __init__(
        self,
        ports: Container[int],
        limits: Limits | None = None,
        inner_ip: InnerIp | None = None,
        wanted: frozenset[type] = frozenset(),
    ) -> None:
        """`wanted` names the optional kinds of records to emit, out of `records.OPTIONAL`."""
        self._ports = ports
        self._limits = limits or Limits()
        self._health = Health()
        self._budget = Budget(self._limits.total_buffer)
        self._outbox = Outbox(self._limits, self._health)
        self._proxies = TrustedProxies(self._limits.trusted_proxies, self._limits.client_fields)
        self._wanted = wanted
        datagrams = Datagrams(wanted, self._outbox)
        self._network = Network(ports, self._limits, self._health, self._budget, inner_ip, datagrams)
        self._flows = Flows(self._limits, self._health)
        self._handshakes = Handshakes(2 * self._limits.connections, self._limits.connection_timeout, self._health)
        self._left: Iterator[Connection] | None = None  # what the end of the capture has not closed yet
        self._now = 0.0
        self._pulse = 0.0

    def feed(self, frames: Frames) -> None:
        """Decode frames, which must be in the order of their capture."""
        self._health.frames += len(frames)
        for time, link_type, data, _ in frames:
            if time >= self._pulse:
                self._tick(time)
            packet = self._network.packet(time, link_type, data)
            if packet is not None:
                self._segment(time, packet)

    def add_secrets(self, lines: bytes) -> None:
        """Ignore secrets of TLS connections: only the core decrypts."""

    def advance(self, now: float) -> None:
        """Report that no frame was captured until `now`, so that timeouts can expire."""
        if now >= self._pulse:
            self._tick(now)

    def finish(self, records: int | None = None) -> bool:
        """End the capture: close all connections, and complete their records, until `records` records wait.

        Return whether all are closed. If not, take the records and call it again.
        """
        self._flows.waiting.clear()
        self._left = self._left or iter(self._flows.connections())
        for connection in self._left:
            connection.drain(max(self._now, connection.last), CAPTURE_END)
            if records is not None and self.waiting >= records:
                return False
        self._left = None
        self._network.expire(inf)
        return True

    def take(self) -> Batch:
        """Return the records completed since the last call."""
        return self._outbox.take()

    @property
    def waiting_characters(self) -> int:
        """Characters of the records that wait to be taken."""
        return self._outbox.characters

    def asked_owners(self, most: int) -> tuple[()]:
        """Return nothing: only the core attaches owners to exchanges."""
        return ()

    def set_owners(self, owners: Sequence[Any], connections: Sequence[Any]) -> None:
        """Ignore owners of connections."""

    def set_listeners(self, owners: Sequence[Any], local: Sequence[Any], listeners: Sequence[Any]) -> None:
        """Ignore who listens."""

    def faults(self) -> tuple[()]:
        """Return nothing: a fault of this decoder is an exception, which ends the program."""
        return ()

    @property
    def waiting(self) -> int:
        """Number of records that wait to be taken."""
        return len(self._outbox)

    @property
    def health(self) -> Health:
        """A snapshot of the counters."""
        return self._health.copy()

    @property
    def held(self) -> int:
        """Bytes of buffered segments, heads, requests and fragments."""
        return self._budget.used

    def _segment(self, time: float, packet: Packet) -> None:
        stream = self._flows.streams.get(packet.key)
        if stream is None and not self._listens(packet):
            return
        if packet.payload < packet.start + 20 or packet.payload > packet.end + packet.cut:
            self._health.oddities["bad TCP header"] += 1
            return
        self._health.segments += 1
        if (
            stream is None
            or not (packet.flags & SYN or stream.connection.claim is not None)
            or not self._claimed(stream, time, packet)
        ):
            self._arrive(stream, time, packet)

    def _arrive(self, stream: Side | None, time: float, packet: Packet) -> None:
        """Handle a segment of a connection that is followed, or of a new one."""
        if stream is None:
            stream = self._open(packet, time)
        if stream is not None and stream.connection.segment(stream, time, packet):
            self._attend(stream.connection, time)
            if stream.connection.strays:
                self._stray(stream, time, packet)

    def _listens(self, packet: Packet) -> bool:
        return any(port in self._ports for port in packet.ports)

    def _claimed(self, stream: Side, time: float, packet: Packet) -> bool:
        """Return whether a segment belongs, or may belong, to a new connection in place of the one that it seems to
        belong to.
        """
        connection, key = stream.connection, packet.key
        claim = connection.claim
        if packet.flags & SYN:
            return connection.reused_by(stream, packet.seq) and self._claim(connection, time, packet)
        if packet.flags & RST:
            return False  # who refuses a connection does not take up its numbers
        own, other = self._handshakes.noted(key), self._handshakes.noted(reversed_key(key))
        if claim is None or not (own or other or claim.postponed):
            connection.disclaim()
            return False
        place = Place(stream.reached(), stream.peer.reached(), connection.hears_only(stream))
        unanswered = follows_call(place, packet, own) or claim.goes_on(place, packet)
        enough = place.alone or (claim.full and not (own or other))
        if claim.believed(place, packet, own, other) or (unanswered and enough):
            self._succeed(connection, packet)
            self._arrive(self._flows.streams.get(key), time, packet)
            return True
        if unanswered:
            self._postpone(claim, time, packet)
        elif not (own or other):
            connection.disclaim()  # the connection goes on
        return unanswered

    def _claim(self, connection: Connection, time: float, packet: Packet) -> bool:
        """Note a SYN with another number on a connection that is open."""
        if self._handshakes.note(packet.key, _handshake(time, packet)):
            self._health.oddities["SYN on an open connection"] += 1
        connection.claim = connection.claim or Claim(self._budget)
        if packet.payload < packet.end:
            self._postpone(connection.claim, time, packet)
        return True

    def _stray(self, stream: Side, time: float, packet: Packet) -> None:
        """Handle a segment with numbers of its own as the claim of a new connection whose SYN was missed."""
        connection = stream.connection
        connection.strays = False
        if connection.finished:
            self._arrive(None, time, packet)
            return
        connection.claim = connection.claim or Claim(self._budget)
        if not connection.claim.postponed:
            self._health.oddities["sequence number jump"] += 1
        self._postpone(connection.claim, time, packet)
        if connection.over or connection.hears_only(stream):
            self._succeed(connection, packet)

    def _postpone(self, claim: Claim, time: float, packet: Packet) -> None:
        if not claim.postpone(time, packet):
            self._health.oddities["reassembly buffer full"] += 1

    def _succeed(self, connection: Connection, packet: Packet) -> None:
        """End a connection, because a new one has taken its place before this segment."""
        key, reverse = packet.key, reversed_key(packet.key)
        shakes = chosen(self._handshakes.noted(key), self._handshakes.noted(reverse), packet.seq, _ack(packet))
        started = min((shake.time for shake in shakes if shake is not None), default=connection.last)
        postponed = connection.disclaim()
        connection.drain(started, CLOSED if any(shakes) else GAP)  # without a SYN, the end was not captured
        self._flows.close(connection, connection.last)
        self._flows.reopen(key, reverse)
        for time, earlier in postponed:
            self._arrive(self._flows.streams.get(earlier.key), time, earlier)

    def _attend(self, connection: Connection, time: float) -> None:
        """Update a connection that may have ended, or started or stopped waiting."""
        if connection.finished:
            self._flows.waiting.pop(connection, None)
            self._flows.close(connection, connection.last)
        elif not connection.waits:
            self._flows.waiting.pop(connection, None)
        elif connection not in self._flows.waiting:
            self._flows.waiting[connection] = time + self._limits.gap_timeout

    def _open(self, packet: Packet, time: float) -> Side | None:
        """Follow a new connection from its first byte; return None if there is none yet, and for stragglers."""
        key, flags = packet.key, packet.flags
        reverse = reversed_key(key)
        if key == reverse:  # the two sides are indistinguishable (a LAND attack, or a socket connected to itself)
            self._health.oddities["segment with identical endpoints"] += 1
            return None
        if flags & SYN:
            if self._flows.closed.repeats(key, packet.seq, time):
                return None
            self._flows.reopen(key, reverse)
            self._handshakes.note(key, _handshake(time, packet))
        elif flags & RST:
            self._refuse(packet, reverse)
            return None
        empty = packet.payload == packet.end + packet.cut
        if empty and flags & FIN:
            self._handshakes.end(key, packet.seq)
        if empty or self._flows.closed.straggles(key, packet.seq, time):
            return None
        return self._follow(packet, time, reverse)

    def _refuse(self, packet: Packet, reverse: bytes) -> None:
        """Forget SYNs that a RST refuses, which has the number that follows one of them (RFC 5961 section 3)."""
        own, other, ack = self._handshakes.noted(packet.key), self._handshakes.noted(reverse), _ack(packet)
        if any(one.starts(packet.seq) for one in own) or any(one.starts(ack) for one in other):
            self._handshakes.take(packet.key)
            self._handshakes.take(reverse)

    def _follow(self, packet: Packet, time: float, reverse: bytes) -> Side:
        key = packet.key
        first = packet.seq + bool(packet.flags & SYN) & MASK
        own, other = chosen(self._handshakes.take(key), self._handshakes.take(reverse), first, _ack(packet))
        direction = self._direction(packet, own, other)
        client_key = reverse if direction else key
        connection = Connection(client_key, time, self._limits, self._health, self._budget)
        addresses = partial(_addresses, client_key)
        connection.application = Conversation(
            connection, addresses, self._limits, self._health, self._outbox, self._proxies, self._wanted
        )
        connection.shake(own, other)
        stream = connection.streams[direction]
        _begin(stream, own)
        _begin(stream.peer, other)
        connection.recall(stream, own)
        connection.recall(stream.peer, other)
        self._flows.add(connection)
        return stream

    def _direction(self, packet: Packet, own: Handshake | None, other: Handshake | None) -> int:
        """Return 0 if a packet seems to come from the client, judged by the handshake, else by the monitored port."""
        if own is not None:
            return 1 if own.ack >= 0 else 0
        if other is not None:
            return 0 if other.ack >= 0 else 1
        source, target = packet.ports
        if (source in self._ports) != (target in self._ports):
            return 1 if source in self._ports else 0
        return 1 if source < target else 0

    def _look_again(self, now: float) -> None:
        """Check the connection that has waited longest."""
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


def _ack(packet: Packet) -> int:
    """Return the acknowledgment number; -1 if there is none."""
    return packet.ack if packet.flags & ACK else -1


def _handshake(time: float, packet: Packet) -> Handshake:
    """Return what to remember of a SYN."""
    return Handshake(time, packet.seq, _ack(packet))


def _begin(stream: Stream, handshake: Handshake | None) -> None:
    """Set where a stream, and possibly its peer, starts."""
    if handshake is not None:
        stream.start(handshake.seq)
        if handshake.ack >= 0:
            stream.peer.start((handshake.ack - 1) & MASK)


def _addresses(key: bytes, client: int) -> Addresses:
    """Return both ends as text, from the key of direction 0; `client` is the direction that sends requests."""
    key = reversed_key(key) if client else key
    size = address_size(key)
    family = AF_INET if size == 4 else AF_INET6
    ports = key[2 * size :]
    source, target = inet_ntop(family, key[:size]), inet_ntop(family, key[size : 2 * size])
    return Addresses(source, ports[0] << 8 | ports[1], target, ports[2] << 8 | ports[3])
