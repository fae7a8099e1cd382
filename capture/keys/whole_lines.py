"""Cuts what arrives of a key log into whole lines; a line that is cut waits for its rest."""

from typing import Final

LONGEST: Final = 2**13
"""Longest line that waits for its rest, in bytes. The lines of a key log have some 200."""


class WholeLines:
    """The lines of one file, which arrive in pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_skipping = False

    def add(self, piece: bytes) -> bytes:
        """Return the lines that the piece completes.

        Null bytes are left out: a file that is truncated while its writer goes on at the old position starts with them.
        Of a line that is too long, the start is returned as a line, which the decoder counts as malformed.
        """
        if b"\0" in piece:
            piece = piece.replace(b"\0", b"")
        if self._is_skipping:
            _, newline, piece = piece.partition(b"\n")
            self._is_skipping = not newline
        whole, newline, rest = piece.rpartition(b"\n")
        if newline:
            whole, self._rest = self._rest + whole + newline, rest
        else:
            self._rest += rest
        return whole + self._too_long()

    def skip(self) -> None:
        """Leave out what comes before the end of the current line."""
        self._rest, self._is_skipping = b"", True

    def end(self) -> bytes:
        """Return what waits as a line, because nothing follows it any more."""
        rest, self._rest, self._is_skipping = self._rest, b"", False
        return rest + b"\n" if rest else b""

    def _too_long(self) -> bytes:
        if len(self._rest) <= LONGEST:
            return b""
        line, self._rest, self._is_skipping = self._rest[:LONGEST] + b"\n", b"", True
        return line


def count_keys(lines: bytes) -> int:
    """Return the number of lines that are neither empty nor comments."""
    framed = b"\n" + lines
    return max(0, lines.count(b"\n") - framed.count(b"\n#") - framed.count(b"\n\n"))
