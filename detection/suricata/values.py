"""Values of options: expressions, sizes, thresholds. Pure."""

import re
import warnings
from typing import Final

from detection.suricata.matching import Expression, Size
from detection.suricata.names import LETTERS
from detection.suricata.rule import Threshold
from detection.suricata.text import RuleError, UnsupportedError, as_bytes, number, unquoted

_FLAGS: Final = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}
_OTHER_IN_PYTHON: Final = re.compile(r"\[:\^?\w+:\]|\\Z|\\v")
"""What Python understands otherwise than PCRE, without an error."""
_KINDS: Final = ("limit", "threshold", "both", "filter")
_TRACKS: Final = ("by_src", "by_dst", "by_both", "by_rule")


def expression(value: str) -> tuple[Expression, str]:
    """Return an expression, and the name of the buffer that its letters say; empty if they say none.

    Raises:
        RuleError: it is malformed.
        UnsupportedError: Python's expressions have no such thing.
    """
    negated, text = unquoted(value)
    begin, _, rest = text.partition("/")
    pattern, slash, letters = rest.rpartition("/")
    if begin or not slash:
        raise RuleError(f"the expression {text[:60]!r} is not between slashes")
    buffers = [LETTERS[letter] for letter in letters if letter in LETTERS]
    if len(buffers) > 1:
        raise RuleError("the flags of pcre say more than one buffer")
    if unknown := {*letters} - {*LETTERS, *_FLAGS, "R", "A", "O"}:
        raise UnsupportedError(f"the flag {min(unknown)} of pcre is not supported")
    flags = sum(_FLAGS[letter] for letter in {*letters} if letter in _FLAGS)
    return Expression(_compiled(pattern, flags, "A" in letters), negated, "R" in letters), "".join(buffers)


def _compiled(pattern: str, flags: int, anchored: bool) -> re.Pattern[bytes]:
    if found := _OTHER_IN_PYTHON.search(pattern):
        raise UnsupportedError(f"{found[0]} in pcre is not supported")
    pattern = pattern.replace(r"\z", r"\Z")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sets in sets, which are none here
        try:
            return re.compile(as_bytes(rf"\A(?:{pattern})" if anchored else pattern), flags)
        except (re.error, OverflowError, RecursionError, ValueError) as error:
            raise UnsupportedError(f"an expression is not supported: {error}") from error


def size(text: str) -> Size:
    """Return a size, as of `bsize`: `10`, `<10`, `>=10`, `!10`, or `10<>20`, which is without its ends.

    Raises:
        RuleError: it is none.
    """
    found = re.fullmatch(r"\s*(<=|>=|<|>|!|=)?\s*([0-9]{1,9})\s*(?:<>\s*([0-9]{1,9}))?\s*", text)
    if found is None or (found[1] and found[3]):
        raise RuleError(f"{text[:60]!r} is no size")
    sign, first, last = found[1] or "=", int(found[2]), found[3]
    if last is not None:
        return Size(first + 1, int(last) - 1)
    least = {"<": 0, "<=": 0, ">": first + 1}.get(sign, first)
    most = {"<": first - 1, ">": None, ">=": None}.get(sign, first)
    return Size(least, most, negated=sign == "!")


def threshold(value: str, kind: str = "") -> Threshold:
    """Return a threshold of a kind, or the one that it names itself.

    Raises:
        RuleError: it has no count or seconds.
        UnsupportedError: it counts otherwise.
    """
    facts = dict(part.split(None, 1) for part in value.split(",") if len(part.split(None, 1)) > 1)
    facts = {name: fact.strip() for name, fact in facts.items()}
    kind = kind or facts.get("type", "threshold")
    track = facts.get("track", "")
    if kind not in _KINDS or track not in _TRACKS or {*facts} - {"type", "track", "count", "seconds"}:
        raise UnsupportedError(f"a threshold of type {kind} and track {track or 'nothing'} is not supported")
    return Threshold(kind, track, number(facts.get("count", "")), number(facts.get("seconds", "")))
