"""What a regular expression cannot tell: whether a text is what it looks like. Pure."""

import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

_LONGEST_HEADER: Final = 4000
"""Characters of the header of a JSON Web Token that is read."""
_LINE_END: Final = re.compile(rb"\\[nr]|\s")
_SEQUENCE: Final = b"\x30"
"""How DER begins."""
_OPENSSH: Final = b"openssh-key-v1\0"


def is_token(text: bytes) -> bool:
    """Return whether the first part of a JSON Web Token is JSON with an algorithm (RFC 7519 section 5)."""
    header = text[:_LONGEST_HEADER].partition(b".")[0]
    try:
        content = json.loads(_decoded(header.translate(_URL_SAFE)))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("alg"), str)


def is_private_key(text: bytes) -> bool:
    """Return whether the lines between BEGIN and END are a key (RFC 7468), and not a text about keys.

    A key encrypted in the old way has two lines of header fields before it (RFC 1421).
    """
    if text.lstrip(b"\\nr \r\n").startswith(b"Proc-Type:"):
        return True
    begin = _LINE_END.sub(b"", text[:120])[:64]
    try:
        return _decoded(begin).startswith((_SEQUENCE, _OPENSSH))
    except ValueError:
        return False


def has_luhn_digit(text: bytes) -> bool:
    """Return whether the last digit is the check digit of the others (ISO/IEC 7812-1 annex B)."""
    digits = [byte - 48 for byte in reversed(text) if 48 <= byte <= 57]
    return (
        len(digits) > 1
        and sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits)) % 10 == 0
    )


_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def _decoded(text: bytes) -> bytes:
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


CHECKS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "jwt": is_token,
    "luhn": has_luhn_digit,
    "private_key": is_private_key,
}
"""Checks that a rule may name."""
