"""Connections to ports of loopback, with and without TLS, and single requests over them."""

import socket
import ssl
from functools import cache
from typing import Final

from bench.measure import CommandError
from bench.messages import request, whole

HOST: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds that anybody may take for a response: a proxy that has just started loads its rules first."""


def opened(port: int, *, tls: bool, path: str = "/", patience: float = PATIENCE) -> tuple[socket.socket, bytes]:
    """Return a connection that has had a response within `patience` seconds of each step, and the response.

    Raises:
        CommandError: there was none.
    """
    connection = connected(port, patience) if tls else socket.create_connection((HOST, port), patience)
    try:
        return connection, asked(connection, path)
    except BaseException:
        connection.close()
        raise


def asked(connection: socket.socket, path: str = "/") -> bytes:
    """Send a request over a connection, and return the response.

    Raises:
        CommandError: there was none, or only a part of it.
    """
    received = b""
    try:
        connection.sendall(request(path))
        while not whole(received):
            if not (more := connection.recv(65536)):
                raise CommandError(f"no whole response: {received[:100]!r}")
            received += more
    except OSError as reason:
        raise CommandError(f"no whole response: {reason}") from reason
    return received


def connected(port: int, patience: float = PATIENCE) -> ssl.SSLSocket:
    """Connect to a port with TLS; any certificate will do."""
    return _context().wrap_socket(socket.create_connection((HOST, port), patience), server_hostname="shop.example.com")


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def cipher(port: int) -> str:
    """Return the cipher that a client with OpenSSL gets, and the version of TLS."""
    with connected(port) as connection:
        name, version, _ = connection.cipher() or ("", "", 0)
    return f"{name} {version}"
