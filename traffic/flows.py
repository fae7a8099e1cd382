"""The connections that are followed: found by addresses and ports, bounded in number and in idle time."""

from collections import OrderedDict

from traffic.health import Health
from traffic.limits import Limits
from traffic.records import EVICTED, TIMEOUT
from traffic.stream import Stream
from traffic.tcp import Connection


class Flows:
    """Streams by the key of their packets, and the time-outs of their connections.

    Time is the packets' time. Looking for idle connections costs constant time per connection and time-out, whatever
    their number: each waits in a queue and is looked at when its time-out would be due.
    """

    def __init__(self, limits: Limits, health: Health) -> None:
        self._limits = limits
        self._health = health
        self.streams: dict[bytes, Stream] = {}
        """By the key of their packets; for others to look up in."""
        self._due: OrderedDict[Connection, float] = OrderedDict()
        self.waiting: OrderedDict[Connection, float] = OrderedDict()
        """When to look again at connections that wait for something; so each costs little, however many wait."""
        self._closed: OrderedDict[bytes, float] = OrderedDict()

    def add(self, connection: Connection) -> None:
        """Follow a connection. The one that is idle longest goes when there are too many."""
        while len(self._due) >= self._limits.connections:
            self._evict()
        key, reverse = connection.key, reversed_key(connection.key)
        self.reopen(key, reverse)
        self.streams[key], self.streams[reverse] = connection.streams
        self._due[connection] = connection.last + self._limits.connection_timeout
        self._health.connections = len(self._due)

    def reopen(self, key: bytes, reverse: bytes) -> None:
        """A connection between these ends begins: what comes is no straggler of one before."""
        self._closed.pop(key, None)
        self._closed.pop(reverse, None)

    def closed_lately(self, key: bytes, now: float) -> bool:
        """Whether packets with this key are stragglers of a connection that was closed."""
        until = self._closed.get(key)
        return until is not None and now < until

    def close(self, connection: Connection, now: float) -> None:
        """Forget a finished connection but for the fact that it was there."""
        if connection in self._due:
            self._forget(connection)
            until = now + self._limits.closed_timeout
            self._closed[connection.key] = self._closed[reversed_key(connection.key)] = until

    def expire(self, now: float) -> None:
        """Time out idle connections, and forget closed ones."""
        while self._due:
            connection, due = next(iter(self._due.items()))
            if due > now:
                break
            if not self._put_off(connection, now):
                self._end(connection, TIMEOUT)
        while self._closed:
            key, until = next(iter(self._closed.items()))
            if until > now and len(self._closed) <= 2 * self._limits.connections:
                break
            del self._closed[key]

    def connections(self) -> list[Connection]:
        """All that are followed."""
        return list(self._due)

    def _put_off(self, connection: Connection, now: float) -> bool:
        """Whether a connection was active since its time-out was set; then it is set anew."""
        due = connection.last + self._limits.connection_timeout
        if due <= now:
            return False
        self._due[connection] = due
        self._due.move_to_end(connection)
        return True

    def _evict(self) -> None:
        """Drop the connection that seems idle longest: few are looked at, as all may be active."""
        for _ in range(8):
            connection, due = next(iter(self._due.items()))
            if not self._put_off(connection, due):
                break
        connection = next(iter(self._due))
        self._health.evicted += 1
        self._end(connection, EVICTED)

    def _end(self, connection: Connection, ending: str) -> None:
        connection.drain(connection.last, ending)
        self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        del self._due[connection]
        self.waiting.pop(connection, None)
        del self.streams[connection.key], self.streams[reversed_key(connection.key)]
        self._health.connections = len(self._due)


def reversed_key(key: bytes) -> bytes:
    """The key of the other direction: see `Packet.key`."""
    size = address_size(key)
    ports = 2 * size
    return key[size:ports] + key[:size] + key[ports + 2 : ports + 4] + key[ports : ports + 2] + key[ports + 4 :]


def address_size(key: bytes) -> int:
    """Bytes of an address in a key: 4 for IPv4, 16 for IPv6."""
    return 4 if len(key) < 36 else 16
