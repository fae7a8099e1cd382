"""Names of servers."""

from functools import lru_cache


@lru_cache(maxsize=1024)
def server_name(address: str, port: int) -> str:
    """As `10.0.0.5:80` or `[2001:db8::5]:80`."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
