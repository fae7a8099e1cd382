"""The table of connections, keyed by addresses and ports. Their number and their idle time are limited."""

from collections import OrderedDict

from traffic.closed import Closed
from traffic.health import Health
from traffic.limits import Limits
from traffic.records import EVICTED, RESET, TIMEOUT
from traffic.tcp import Connection, Side


class Flows:
    """Streams by packet key, and the timeouts of their connections.

    Time is packet time. Finding idle connections costs constant time per connection and timeout, however many there
    are: each connection waits in a queue and is checked when its timeout would expire.
    """

    def __init__(self, limits: Limits, health: Health) -> None:
        self._limits = limits
        self._health = health
        self.streams: dict[bytes, Side] = {}
        """Both streams of each connection, by packet key. Only `Flows` changes this; others may look up."""
        self._due: OrderedDict[Connection, float] = OrderedDict()
        self.waiting: OrderedDict[Connection, float] = OrderedDict()
        """When to check connections that wait for something. Checking one costs little, however many wait."""
        self.closed = Closed(limits)

    def add(self, connection: Connection) -> None:
        """Follow a connection. If there are too many, evict the one that has been idle longest."""
        while len(self._due) >= self._limits.connections:
            self._evict()
        key, reverse = connection.key, reversed_key(connection.key)
        self.reopen(key, reverse)
        self.streams[key], self.streams[reverse] = connection.streams
        self._due[connection] = connection.last + self._limits.connection_timeout
        self._health.connections = len(self._due)

    def reopen(self, key: bytes, reverse: bytes) -> None:
        """Note that a new connection starts between these ends, so that its packets are not taken for stragglers."""
        self.closed.forget(key)
        self.closed.forget(reverse)

    def close(self, connection: Connection, now: float) -> None:
        """Forget a finished connection, but remember its numbers to recognise stragglers."""
        if connection in self._due:
            self._forget(connection)
            for key, stream in zip((connection.key, reversed_key(connection.key)), connection.streams, strict=True):
                self.closed.note(key, stream, now, reset=connection.finished == RESET)

    def expire(self, now: float) -> None:
        """Time out idle connections, and forget closed ones."""
        while self._due:
            connection, due = next(iter(self._due.items()))
            if due > now:
                break
            if not self._put_off(connection, now):
                self._end(connection, TIMEOUT)
        self.closed.expire(now)

    def connections(self) -> list[Connection]:
        """Return all connections in the table."""
        return list(self._due)

    def _put_off(self, connection: Connection, now: float) -> bool:
        """Postpone the timeout of a connection that was active since it was set; return whether it was."""
        due = connection.last + self._limits.connection_timeout
        if due <= now:
            return False
        self._due[connection] = due
        self._due.move_to_end(connection)
        return True

    def _evict(self) -> None:
        """Evict the connection that seems idle longest. Only a few are checked, because all may be active."""
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
    """Return the key of the opposite direction. `Packet.key` describes its layout."""
    size = address_size(key)
    ports = 2 * size
    return key[size:ports] + key[:size] + key[ports + 2 : ports + 4] + key[ports : ports + 2] + key[ports + 4 :]


def address_size(key: bytes) -> int:
    """Return the size of an address in a key: 4 bytes for IPv4, 16 for IPv6."""
    return 4 if len(key) < 36 else 16
