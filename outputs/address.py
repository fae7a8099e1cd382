"""Parses the address that a server listens on: `ADDRESS:PORT`, or a port alone for loopback."""

from typing import Final, NamedTuple

from traffic.text import host_port

LOOPBACK: Final = "127.0.0.1"
_LAST_PORT: Final = 65535


class Address(NamedTuple):
    """An IP address or host name, without brackets, and a TCP port; the system chooses the port if it is 0."""

    host: str
    port: int

    def __str__(self) -> str:
        return host_port(self.host, self.port)


def parse_address(text: str) -> Address:
    """Parse `9117`, `:9117`, `0.0.0.0:9117`, `localhost:9117` or `[::1]:9117`.

    Raises:
        ValueError: the text is none of these; the message is for the user.
    """
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    good = port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= _LAST_PORT
    if not good or any(character in "[]/ " for character in plain) or (":" in plain) != bracketed:
        raise ValueError(f"{text!r} is not ADDRESS:PORT, such as 9117, 192.0.2.7:9117 or [::1]:9117")
    if colon and not host:
        return Address(LOOPBACK, int(port))
    return Address(plain or LOOPBACK, int(port))
