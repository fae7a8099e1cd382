"""Names of servers as keys of statistics. Pure."""

from traffic.text import host_port


def server_name(server: str, port: int) -> str:
    """Return the key of a server, as `10.0.0.5:80` or `[2001:db8::5]:80` (RFC 3986 section 3.2.2)."""
    return host_port(server, port)
