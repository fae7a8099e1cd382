"""The interface of every source of keys: the secrets of TLS connections, in the NSS key log format."""

from typing import Final, NamedTuple, Protocol


class KeySource(Protocol):
    """A source of keys. It never blocks, and never names a key in an error or a warning."""

    @property
    def warning(self) -> str:
        """A sentence for the dashboard while something is wrong ("waiting for keys.log"), otherwise empty."""

    def read(self) -> bytes:
        """Return the whole lines that arrived since the last call, at most a piece of them; empty if there are none."""

    def close(self) -> None:
        """Close the source. Closing it twice is harmless."""


class NamedSource(NamedTuple):
    """A source, and how users call it."""

    name: str
    source: KeySource


class KeysRead(NamedTuple):
    """How much was read, for the screen."""

    number: int
    """Keys: lines of a key log that are no comments. A connection has one to five."""
    sources: tuple[str, ...]
    """Where they come from."""


NO_KEYS: Final = KeysRead(0, ())
