"""All sources of keys of a run, and what was read from them."""

from collections.abc import Iterator, Sequence
from typing import Final

from capture.keys.dumps import forbid_dumps
from capture.keys.source import KeysRead, NamedSource
from capture.keys.whole_lines import count_keys

MOST_PIECES: Final = 2**16
"""Maximum pieces that are read of a source at a time, so that a FIFO that is filled endlessly does not hold us up."""


class Keyring:
    """Reads each source in turn. Of a file that is not live, everything is read before the first packet."""

    def __init__(
        self,
        named: Sequence[NamedSource] = (),
        embedded: NamedSource | None = None,
        *,
        live: bool = True,
        remark: str = "",
    ) -> None:
        """`named` are those that the user chose; `embedded` are the keys in the capture file, if it has any.

        `remark` is a warning that stays.
        """
        self._remark = remark
        self._sources = [*named, *([embedded] if embedded is not None else [])]
        self._names = [name for name, _ in named]
        self._reads_all = not live
        self._count = 0

    def read(self) -> Iterator[bytes]:
        """Yield the lines that arrived since the last call, a piece of each source, which must be handed on at once."""
        for name, source in self._sources:
            for _ in range(MOST_PIECES if self._reads_all else 1):
                if not (lines := source.read()):
                    break
                self._note(name, lines)
                yield lines
        self._reads_all = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user."""
        return tuple(filter(None, (self._remark, *(source.warning for _, source in self._sources))))

    @property
    def so_far(self) -> KeysRead:
        """How much was read."""
        return KeysRead(self._count, tuple(self._names))

    @property
    def expects_keys(self) -> bool:
        """Whether connections are worth keeping until their keys come."""
        return bool(self._sources)

    def protect(self) -> None:
        """Keep keys out of core dumps from now on, if any may come."""
        if self.expects_keys:
            forbid_dumps()

    def close(self) -> None:
        """Close all sources."""
        for _, source in self._sources:
            source.close()

    def _note(self, name: str, lines: bytes) -> None:
        self._count += count_keys(lines)
        if name not in self._names:
            self._names.append(name)
