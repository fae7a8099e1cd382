"""DNS answers: which addresses a name has (RFC 1035). Compressed names are followed up to a limit."""

from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, NamedTuple

PORT: Final = 53
_RESPONSE: Final = 0x8000
_POINTER: Final = 0xC0
_MOST_LABELS: Final = 128
"""Maximum labels and pointers of one name; a name has at most 127 labels."""
_MOST_ANSWERS: Final = 64
_FAMILIES: Final = {(1, 4): AF_INET, (28, 16): AF_INET6}
"""A (RFC 1035) and AAAA (RFC 3596) records, by type and size."""


class Answer(NamedTuple):
    """The answer to a question about a name."""

    name: bytes
    """The name that was asked for, without the final dot."""
    code: int
    """RCODE: 0 is no error, 3 is no such name."""
    addresses: tuple[str, ...]


def answer(data: bytes, start: int, end: int) -> Answer | None:
    """Return the answer in a UDP payload; None for queries and malformed messages."""
    message = data[start:end]
    try:
        flags = _number(message, 2)
        if not flags & _RESPONSE or _number(message, 4) != 1:
            return None
        name, place = _name(message, 12)
        return Answer(name, flags & 15, _addresses(message, place + 4, min(_number(message, 6), _MOST_ANSWERS)))
    except IndexError:
        return None


def _addresses(message: bytes, place: int, answers: int) -> tuple[str, ...]:
    found = []
    for _ in range(answers):
        _, place = _name(message, place)
        kind, size = _number(message, place), _number(message, place + 8)
        place += 10 + size
        if place > len(message):
            raise IndexError
        family = _FAMILIES.get((kind, size))
        if family is not None:
            found.append(inet_ntop(family, message[place - size : place]))
    return tuple(found)


def _name(message: bytes, place: int) -> tuple[bytes, int]:
    """Read a name; return it and the index after it.

    Raises:
        IndexError: The name does not end within the message, or its pointers form a loop.
    """
    labels: list[bytes] = []
    after = -1
    for _ in range(_MOST_LABELS):
        size = message[place]
        if size & _POINTER == _POINTER:
            after = place + 2 if after < 0 else after
            place = _number(message, place) & 0x3FFF
        elif size & _POINTER:
            raise IndexError
        elif size == 0:
            return b".".join(labels), place + 1 if after < 0 else after
        else:
            labels.append(message[place + 1 : place + 1 + size])
            place += 1 + size
    raise IndexError


def _number(message: bytes, place: int) -> int:
    return message[place] << 8 | message[place + 1]
