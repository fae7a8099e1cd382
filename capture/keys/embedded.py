"""The keys in a pcapng file: its Decryption Secrets Blocks (draft-ietf-opsawg-pcapng section 4.7).

They may follow the packets that they decrypt, so a plain file is searched for them first. What comes through a pipe, is
compressed, or is too large to be read twice, is taken in order of appearance.
"""

import os
import struct
from collections import deque
from itertools import islice
from typing import Final

import numpy as np

from capture.keys.followed import PIECE
from capture.keys.whole_lines import WholeLines
from capture.pcapng_blocks import SECRETS, TLS_KEYS, blocks

MOST_BLOCKS: Final = 2**16
"""Maximum blocks of keys that are read from a file."""
LARGEST: Final = 2**32
"""Maximum size of a file that is searched, in bytes."""
MOST_WAITING: Final = 2**24
"""Maximum bytes of keys from a pipe that wait for the next packets."""
_HEAD: Final = 16
"""Bytes of a block before the keys: kind, length, type of secrets, length of the secrets."""


class EmbeddedKeys:
    """The keys in one capture file."""

    def __init__(self, file: int | None = None) -> None:
        """`file` is a descriptor of a plain file, which is searched at once; None if only `add` brings keys."""
        if file is not None and not _is_searchable(file):
            file = None
        self.warning = ""
        self._file = -1 if file is None else os.dup(file)
        self._is_searched = file is not None
        self._spans: deque[tuple[int, int]] = deque()
        self._lines = WholeLines()
        self._waiting = bytearray()
        if file is not None and _has_keys(file):
            self._find(file)

    @property
    def may_come(self) -> bool:
        """Whether there are keys to read, or may be some later."""
        return bool(self._spans) or not self._is_searched

    def add(self, body: bytes, order: str) -> None:
        """Take the body of a block that was met while reading, unless the file was searched."""
        if self._is_searched or len(body) < 8:
            return
        kind, length = struct.unpack_from(order + "II", body)
        if kind != TLS_KEYS:
            return
        if len(self._waiting) + length > MOST_WAITING:
            self.warning = "the capture has more keys than packets; some were dropped"
        else:
            lines = WholeLines()
            self._waiting += lines.add(body[8 : 8 + length]) + lines.end()

    def read(self) -> bytes:
        """Return the next lines."""
        if self._waiting:
            lines, self._waiting = bytes(self._waiting), bytearray()
            return lines
        while self._spans:
            if lines := self._piece(*self._spans.popleft()):
                return lines
        return b""

    def close(self) -> None:
        """Close the file. Closing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _find(self, file: int) -> None:
        found = islice((block for block in blocks(file) if block.kind == SECRETS), MOST_BLOCKS + 1)
        for start, size, order in ((block.start, block.length, block.order) for block in found):
            if len(self._spans) == MOST_BLOCKS:
                self.warning = f"the capture has more than {MOST_BLOCKS:,} blocks of keys; the others were not read"
                return
            head = os.pread(file, _HEAD, start)
            kind, length = struct.unpack_from(order + "8xII", head) if len(head) == _HEAD else (0, 0)
            if kind == TLS_KEYS and _HEAD + length <= size:
                self._spans.append((start + _HEAD, start + _HEAD + length))

    def _piece(self, start: int, end: int) -> bytes:
        """Return the lines of a piece; what is left of the block is read next."""
        piece = os.pread(self._file, min(PIECE, end - start), start) if self._file >= 0 else b""
        lines = self._lines.add(piece)
        if piece and start + len(piece) < end:
            self._spans.appendleft((start + len(piece), end))
            return lines
        return lines + self._lines.end()


def _is_searchable(file: int) -> bool:
    return hasattr(os, "preadv") and os.fstat(file).st_size <= LARGEST


def _has_keys(file: int) -> bool:
    """Return whether the word that begins keys is anywhere in the file, where a block could have it.

    Most files have none, and this is ten times as fast as going from block to block.
    """
    words = np.empty(2**18 // 4, "<u4")
    swapped = TLS_KEYS.to_bytes(4, "big")
    position = 0
    while got := os.preadv(file, [words.data], position):
        part = words[: got // 4]
        if (part == TLS_KEYS).any() or (part == int.from_bytes(swapped, "little")).any():
            return True
        position += got
    return False
