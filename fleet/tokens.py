"""The tokens of sensors: a line `SENSOR TOKEN` for each, where SENSOR is a name or a pattern such as `web-*`.

Only hashes of the tokens are kept in memory, and all of them are compared, so how long it takes says nothing.
"""

import hmac
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Final, NamedTuple

SHORTEST: Final = 16
"""Characters of a token; `openssl rand -hex 32` prints 64."""
LONGEST: Final = 512
MOST: Final = 1000
"""Maximum tokens."""
_PATTERN: Final = re.compile(r"[A-Za-z0-9._*?-]{1,64}")
_TOKEN: Final = re.compile(rf"[!-~]{{{SHORTEST},{LONGEST}}}")


class TokenError(ValueError):
    """The file of tokens is wrong. The text is one line for the user, and contains no token."""


class _Token(NamedTuple):
    pattern: str
    hashed: bytes


class Tokens:
    """Who may write as which sensor."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens

    @classmethod
    def parsed(cls, text: str) -> "Tokens":
        """Parse the lines of a file. Empty lines, and those that begin with #, are comments.

        Raises:
            TokenError: a line is wrong, or there is none.
        """
        lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)]
        found = [_token(number, words) for number, words in lines if words and not words[0].startswith("#")]
        if not 0 < len(found) <= MOST:
            raise TokenError(f"needs 1 to {MOST:,} lines `SENSOR TOKEN`, and has {len(found):,}")
        return cls(found)

    def patterns(self, token: str) -> list[str]:
        """Return the patterns of the sensors as which the owner of a token may write; empty if nobody has it."""
        hashed = _hashed(token)
        matches = [(hmac.compare_digest(hashed, known.hashed), known.pattern) for known in self._tokens]
        return [pattern for same, pattern in matches if same]


def may_write(patterns: Sequence[str], sensor: str) -> bool:
    """Return whether one of the patterns matches the name of a sensor."""
    return any(fnmatchcase(sensor, pattern) for pattern in patterns)


def _token(number: int, words: Sequence[str]) -> _Token:
    if len(words) != 2:
        raise TokenError(f"line {number} is not `SENSOR TOKEN`")
    pattern, token = words
    if _PATTERN.fullmatch(pattern) is None:
        raise TokenError(f"line {number}: a sensor's name has 1 to 64 of A-Z a-z 0-9 . _ - and * ? in patterns")
    if _TOKEN.fullmatch(token) is None:
        raise TokenError(f"line {number}: a token has {SHORTEST} to {LONGEST} printable ASCII characters")
    return _Token(pattern, _hashed(token))


def _hashed(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
