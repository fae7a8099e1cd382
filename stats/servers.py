"""Names of servers. Pure."""

from typing import Protocol


class HasServer(Protocol):
    """A record that knows its server."""

    @property
    def server(self) -> str:
        """The address."""

    @property
    def server_port(self) -> int:
        """The TCP port."""


def server_of(record: HasServer) -> str:
    """As `10.0.0.5:80` or `[2001:db8::5]:80` (RFC 3986 section 3.2.2)."""
    host = f"[{record.server}]" if ":" in record.server else record.server
    return f"{host}:{record.server_port}"
