"""A syslog daemon: over UDP (RFC 5426), TCP with octet counting (RFC 6587 section 3.4.1), or its local socket.

Nothing is confirmed in this protocol. What can be known is: that nobody listens, or that a connection breaks.
"""

import errno
import os
import socket
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

from notices.errors import Unavailable, os_words
from notices.notice import Notice
from notices.syslog_message import local_message, syslog_message

ECHO: Final = 0.2
"""Seconds in which a host says that nobody listens on a port."""
CLOSING: Final = 1.0
"""Seconds for the other side to end a connection that we ended."""


@dataclass(frozen=True)
class Place:
    """Where the daemon listens."""

    scheme: str
    """`udp`, `tcp`, `unix`, or `bsd` for a local socket and the format of syslog(3)."""
    host: str = ""
    port: int = 0
    path: str = ""
    """Of the local socket."""

    @property
    def title(self) -> str:
        """For the user."""
        return self.path or f"{self.host} ({self.scheme})"


class Syslog:
    """One daemon. There is a connection only while a notice is sent: they are rare."""

    repeat: Final = None

    def __init__(self, place: Place, facility: int, timeout: float) -> None:
        """`timeout` in seconds, for each step."""
        self.name = f"syslog {place.title}"
        self._place = place
        self._facility = facility
        self._timeout = timeout

    def send(self, notice: Notice) -> None:
        """Send it.

        Raises:
            Unavailable: nobody takes it.
        """
        form = local_message if self._place.scheme == "bsd" else syslog_message
        message = form(notice, self._facility, os.getpid())
        try:
            _TRANSPORTS[self._place.scheme](self._place, message, self._timeout)
        except OSError as error:
            raise Unavailable(os_words(error).lower()) from None

    def cancel(self) -> None:
        """Nothing to end."""


def _udp(place: Place, message: bytes, timeout: float) -> None:
    """A datagram; then wait a moment for the host to say that nobody listens."""
    family, kind, protocol, _, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)[0]
    with closing(socket.socket(family, kind, protocol)) as channel:
        channel.settimeout(min(ECHO, timeout))
        channel.connect(address)
        channel.send(message)
        with suppress(TimeoutError):
            channel.recv(1)


def _tcp(place: Place, message: bytes, timeout: float) -> None:
    """One frame. That the other side ends the connection after us says that it has read it."""
    with closing(socket.create_connection((place.host, place.port), timeout)) as channel:
        channel.sendall(b"%d %b" % (len(message), message))
        _end(channel, timeout)


def _unix(place: Place, message: bytes, timeout: float) -> None:
    """A datagram, or where the daemon has a stream, the message up to a NUL, as syslog(3) does it."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as channel:
        channel.settimeout(timeout)
        try:
            channel.connect(place.path)
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise
        else:
            channel.send(message)
            return
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as channel:
        channel.settimeout(timeout)
        channel.connect(place.path)
        channel.sendall(message + b"\0")
        _end(channel, timeout)


def _end(channel: socket.socket, timeout: float) -> None:
    channel.shutdown(socket.SHUT_WR)
    channel.settimeout(min(CLOSING, timeout))
    with suppress(TimeoutError):
        while channel.recv(4096):
            pass


_TRANSPORTS: Final = {"udp": _udp, "tcp": _tcp, "unix": _unix, "bsd": _unix}
