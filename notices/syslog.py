"""Sends to a syslog daemon: by UDP (RFC 5426), TCP with octet counting (RFC 6587 section 3.4.1), or a local socket.

The protocol confirms nothing. An error shows only if nobody listens or a connection breaks.
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
"""Seconds to wait for a host to report that nobody listens on a port."""
CLOSING: Final = 1.0
"""Seconds to wait for the other side to close a connection that we closed."""


@dataclass(frozen=True)
class Place:
    """The address of a daemon."""

    scheme: str
    """`udp`, `tcp`, `unix`, or `bsd` for a local socket and the format of syslog(3)."""
    host: str = ""
    port: int = 0
    path: str = ""
    """Path of the local socket."""

    @property
    def title(self) -> str:
        """Name for messages to the user."""
        return self.path or f"{self.host} ({self.scheme})"


class Syslog:
    """A receiver: one daemon. It is connected only while a notice is sent, because notices are rare."""

    repeat: Final = None

    def __init__(self, place: Place, facility: int, timeout: float) -> None:
        """`timeout` applies to each step, in seconds."""
        self.name = f"syslog {place.title}"
        self._place = place
        self._facility = facility
        self._timeout = timeout

    @property
    def is_remote(self) -> bool:
        """Whether the daemon is reached over the network."""
        return bool(self._place.host)

    def send(self, notice: Notice) -> None:
        """Send the notice.

        Raises:
            Unavailable: the daemon cannot be reached.
        """
        form = local_message if self._place.scheme == "bsd" else syslog_message
        message = form(notice, self._facility, os.getpid())
        try:
            _TRANSPORTS[self._place.scheme](self._place, message, self._timeout)
        except OSError as error:
            raise Unavailable(os_words(error).lower()) from None

    def cancel(self) -> None:
        """Do nothing: the thread ends with the program."""


def _udp(place: Place, message: bytes, timeout: float) -> None:
    """Send a datagram; then wait a moment for the host to report that nobody listens."""
    family, kind, protocol, _, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)[0]
    with closing(socket.socket(family, kind, protocol)) as channel:
        channel.settimeout(min(ECHO, timeout))
        channel.connect(address)
        channel.send(message)
        with suppress(TimeoutError):
            channel.recv(1)


def _tcp(place: Place, message: bytes, timeout: float) -> None:
    """Send one frame. If the other side closes the connection after us, it has read the frame."""
    with closing(socket.create_connection((place.host, place.port), timeout)) as channel:
        channel.sendall(b"%d %b" % (len(message), message))
        _end(channel, timeout)


def _unix(place: Place, message: bytes, timeout: float) -> None:
    """Send a datagram, or on a stream socket the message and a NUL, as syslog(3) does."""
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
