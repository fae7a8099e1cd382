"""An owner, and the connections and sockets that owners have."""

from typing import Final, NamedTuple

LONGEST: Final = 255
"""Maximum characters of a name of an owner."""


class Owner(NamedTuple):
    """The process that holds a connection. Texts are empty where they are unknown."""

    process: str = ""
    """Name of the process, as `ps` and `ss` show it."""
    process_id: int | None = None
    """Its number; None if it is one of several that share a socket."""
    user: str = ""
    container: str = ""
    """Name of the container; the first 12 characters of its number if it has no name that can be read."""
    container_id: str = ""
    container_image: str = ""
    pod: str = ""
    """Kubernetes namespace and name, as `shop/cart-7d4`."""


class Ends(NamedTuple):
    """Both ends of a connection."""

    client: str
    client_port: int
    server: str
    server_port: int


class Found(NamedTuple):
    """The owner of a connection."""

    ends: Ends
    time: float
    """When it was found, in seconds since the epoch."""
    owner: Owner


class Listener(NamedTuple):
    """A socket that listens."""

    network: int
    """Number of its network; 0 is that of the capture."""
    address: str
    """`0.0.0.0` or `::` for all addresses of the network."""
    port: int
    shared: bool
    """Whether several processes hold it, each of which may accept connections."""
    owner: Owner


class Listeners(NamedTuple):
    """Who listens on this host."""

    local: tuple[tuple[str, int], ...] = ()
    """The addresses of this host, each with the number of its network."""
    sockets: tuple[Listener, ...] = ()


def printable(text: str) -> str:
    """Return a name without control characters and at most LONGEST characters long: processes choose their names."""
    return "".join(character if character.isprintable() else "?" for character in text[:LONGEST])
