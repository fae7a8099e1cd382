"""Blocks of header fields that were parsed before: clients and servers send the same ones again and again."""

from typing import Final

from traffic.fields import Fields

LONGEST: Final = 2048
"""Bytes of a block that is remembered."""


class Blocks:
    """Fields by the bytes they were parsed from, in two generations: what is asked for stays, the rest goes.

    A block begins with the newline that ends the start line, and ends with the empty line; no other one is in it.
    """

    __slots__ = ("_new", "_old", "_room", "_size")

    def __init__(self, size: int = 2**20) -> None:
        """`size`: bytes of the blocks of one generation."""
        self._size = size
        self._room = size
        self._new: dict[bytes, Fields] = {}
        self._old: dict[bytes, Fields] = {}

    def get(self, block: bytes) -> Fields | None:
        """What was parsed from these bytes; None where they are not remembered."""
        fields = self._new.get(block)
        if fields is None:
            fields = self._old.get(block)
            if fields is not None:
                self.add(block, fields)
        return fields

    def add(self, block: bytes, fields: Fields) -> None:
        """Remember."""
        if len(block) > LONGEST:
            return
        if self._room < len(block):
            self._old, self._new, self._room = self._new, {}, self._size
        self._room -= len(block)
        self._new[block] = fields
