"""Connections to syslog daemons: UDP (RFC 5426), TCP with octet counting (RFC 6587), TLS (RFC 5425), local sockets.

The protocol confirms nothing. An error shows only if nobody listens or a connection breaks.
"""

import errno
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from notices.errors import os_words
from notices.syslog_format import counted
from notices.syslog_place import Place

ECHO: Final = 0.2
"""Seconds to wait for a host to report that nobody listens on a port."""
CLOSING: Final = 1.0
"""Seconds to wait for the other side to close a connection that we closed."""
SEND_BUFFER: Final = 2**18
"""Bytes that the system may hold for a daemon that does not read."""
_SIOCOUTQ: Final = 0x5411
"""Linux's request for the bytes that the other host has not acknowledged."""
Frame = Callable[[bytes], bytes]


class Channel:
    """An open connection. All of its methods raise OSError if it breaks."""

    def __init__(self, channel: socket.socket, frame: Frame | None, timeout: float) -> None:
        """`frame` makes frames of a stream; None sends a datagram for each message. `timeout` is for each step."""
        self._socket = channel
        self._frame = frame
        self._timeout = timeout

    def send(self, messages: Sequence[bytes]) -> None:
        """Send the messages in their order."""
        self._socket.settimeout(self._timeout)
        if self._frame is not None:
            self._socket.sendall(b"".join(map(self._frame, messages)))
            return
        for message in messages:
            self._socket.send(message)

    def hung_up(self) -> bool:
        """Return whether the other side has closed the connection. If it has broken, or nobody listens, this raises."""
        self._socket.settimeout(0)
        try:
            received = self._socket.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return self._frame is not None and not received

    def unacknowledged(self) -> int:
        """Return how many bytes the other host has not acknowledged; 0 where this cannot be known."""
        if self._frame is None or not sys.platform.startswith("linux"):
            return 0
        import fcntl

        with suppress(OSError):
            (number,) = struct.unpack("i", fcntl.ioctl(self._socket, _SIOCOUTQ, bytes(4)))
            return int(number)
        return 0

    def end(self) -> None:
        """Close the connection once the other side has read everything, or has had a second for it. With UDP, wait a
        moment for the host to report that nobody listens.
        """
        try:
            self._socket.settimeout(min(CLOSING, self._timeout))
            if self._frame is not None:
                self._finish()
            elif self._socket.family != socket.AF_UNIX:
                self._socket.settimeout(min(ECHO, self._timeout))
                with suppress(TimeoutError):
                    self._socket.recv(1)
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection at once. This may be called twice."""
        self._socket.close()

    def _finish(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            with suppress(TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError):  # not everybody says goodbye
                self._socket.unwrap()
            return
        self._socket.shutdown(socket.SHUT_WR)
        with suppress(TimeoutError):
            while self._socket.recv(4096):
                pass


def connect(place: Place, timeout: float, context: ssl.SSLContext | None = None) -> Channel:
    """Connect to a daemon; `context` is for TLS, and checks the certificate and the name in it.

    Raises:
        OSError: the daemon cannot be reached, or its certificate is wrong.
    """
    if place.scheme == "udp":
        family, kind, protocol, _, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)[0]
        return Channel(_connected(socket.socket(family, kind, protocol), address, timeout), None, timeout)
    if place.scheme in ("unix", "bsd"):
        return _local(place.path, timeout)
    stream = socket.create_connection((place.host, place.port), timeout)
    try:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # otherwise a host that vanished is noticed after a quarter of an hour
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * timeout))
        if place.scheme == "tls":
            context = context or ssl.create_default_context()
            stream = context.wrap_socket(stream, server_hostname=place.host)
    except BaseException:
        stream.close()
        raise
    return Channel(stream, counted, timeout)


def failure(error: OSError) -> str:
    """Return in a few words why a daemon could not be reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate rejected: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or 'unknown reason').lower().replace('_', ' ')}"
    return os_words(error).lower()


def _local(path: str, timeout: float) -> Channel:
    """Connect to a datagram socket, or to a stream socket, on which a NUL ends each message, as syslog(3) does."""
    try:
        return Channel(_connected(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), path, timeout), None, timeout)
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise
    stream = _connected(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path, timeout)
    return Channel(stream, lambda message: message + b"\0", timeout)


def _connected(channel: socket.socket, address: str | tuple[object, ...], timeout: float) -> socket.socket:
    channel.settimeout(timeout)
    try:
        channel.connect(address)
    except BaseException:
        channel.close()
        raise
    return channel
