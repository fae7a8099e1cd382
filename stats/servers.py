"""Names of servers. Pure."""


def server_name(server: str, port: int) -> str:
    """Return `10.0.0.5:80` or `[2001:db8::5]:80`, for example (RFC 3986 section 3.2.2)."""
    return f"[{server}]:{port}" if ":" in server else f"{server}:{port}"
