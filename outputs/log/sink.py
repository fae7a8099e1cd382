"""Where lines go: a file or a syslog daemon."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from outputs.log.kinds import Kind


class Sink(Protocol):
    """A place for lines. One thread calls it."""

    def put(self, kind: Kind, records: Sequence[Any], line: Callable[[Any], str]) -> None:
        """Write or queue the line of each record. This does not wait for another host."""

    def start(self) -> None:
        """Begin to write, after the rights were dropped."""

    def hurry(self) -> None:
        """Learn that nothing more comes, and that `close` follows."""

    def close(self) -> None:
        """Write what is left, for a limited time since `hurry`. A second call does nothing."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about lines that were lost."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about lines that arrived, but not as they should."""
