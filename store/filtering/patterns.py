"""Searches texts with regular expressions that cannot hang, whatever the text.

A pattern without capital letters ignores case.

Most patterns are a few characters, with at most `.`, `^`, `$` and `|` between them. Python's `re` searches for these,
because they cannot backtrack. Patterns that can repeat are left to RE2 (the package google-re2), whose time is linear
in the length of the text and whose memory is bounded. `re` may take years for `(a+)+$`, and a peer chooses the text;
the package `regex` has a time-out for the search, but none for compiling `(((a{100}){100}){100}){100}`, which takes
gigabytes.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from store.filtering.errors import FilterError

Search = Callable[[str], object]
"""Searches a text; its result is used as true or false."""

MAX_MEMORY: Final = 2**20
"""Maximum bytes RE2 may use for one pattern."""
MAX_STEPS: Final = 2000
"""Maximum steps of a pattern. RE2 takes at most that many per byte of text, which is 5 ms for 1,024 characters."""
_ITEM: Final = r"(?:[^\\.^$*+?{}()|\[\]]|\.|\\\W)"
_PLAIN: Final = re.compile(rf"\^?{_ITEM}*\$?(?:\|\^?{_ITEM}*\$?)*")
_MESSAGES: Final = {
    "missing )": r"unclosed (: add ), write \( for the character, or quote a value that has spaces",
    "unexpected )": r"unmatched ): write \) for the character",
    "missing ]": r"unclosed [: add ], or write \[ for the character",
    "bad repetition operator": "two repetitions in a row: remove one",
    "no argument for repetition operator": "nothing to repeat before it: write .* for any text, or put a \\ in front"
    " for the character",
    "invalid repetition size": "too many repetitions: at most 1000 in all",
    "invalid perl operator": "unknown group: use (...), (?:...) or (?i:...); there is no lookahead or lookbehind",
    "invalid escape sequence": r"unknown escape: use \\ for a backslash, \d \w \s \b as in Perl, \z for the end",
    "invalid character class range": "invalid character range: put the lower character first",
    "trailing \\": r"\ at the end: write \\ for the character",
    "invalid named capture group": "invalid group name: use letters, digits and _",
    "pattern too large - compile failed": "pattern too large: repeat less",
}


def search(pattern: str, start: int) -> Search:
    """Return a search for `pattern`, which starts at `start` in the filter's text.

    Raises:
        FilterError: the pattern is invalid or too large, or it needs RE2, which is not installed.
    """
    insensitive = not _has_capital(pattern)
    if _PLAIN.fullmatch(pattern):
        return _plain(pattern, insensitive)
    re2 = engine()
    # Another package has the same name.
    if not hasattr(re2, "Options"):
        message = "repetitions, groups and classes need RE2: pip install -r requirements-filter.txt"
        raise FilterError(message, start, start + len(pattern))
    return _linear(re2, pattern, start, insensitive)


def engine() -> Any:
    """Return the module of RE2; None if it is not installed. It takes 2 MiB, so it is loaded only when needed."""
    try:
        import re2
    except ImportError:
        return None
    return re2


def _has_capital(pattern: str) -> bool:
    r"""Return whether a pattern has a capital letter; escapes such as `\S` do not count."""
    return any(letter.isupper() for letter in re.sub(r"\\.", "", pattern))


def _plain(pattern: str, insensitive: bool) -> Search:
    # `$` also matches before a final newline; texts from the wire should have none, but might.
    compiled = re.compile(re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\Z", pattern), re.DOTALL).search
    return (lambda text: compiled(text.lower())) if insensitive else compiled


def _linear(re2: Any, pattern: str, start: int, insensitive: bool) -> Search:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.never_capture = True
    options.case_sensitive = not insensitive
    options.dot_nl = True
    options.log_errors = False
    try:
        compiled = re2.compile(pattern.encode("utf-8", "replace"), options)
    except re2.error as error:
        raise _explained(pattern, start, error) from None
    finally:
        # RE2 would otherwise keep 128 patterns, one for each letter typed.
        re2.purge()
    if max(compiled.programsize, compiled.reverseprogramsize) > MAX_STEPS:
        raise FilterError("pattern too large: repeat less", start, start + len(pattern))
    find = compiled.search
    return lambda text: find(text.encode("utf-8", "replace"))


def _explained(pattern: str, start: int, error: Any) -> FilterError:
    """Turn RE2's message, which is `what is wrong: the wrong part`, into words that help."""
    said: bytes = error.args[0]
    name, _, part = said.decode("utf-8", "replace").partition(": ")
    message = _MESSAGES.get(name, f"invalid regular expression: {name}")
    place = pattern.rfind(part) if part else -1
    if place < 0:
        return FilterError(message, start, start + len(pattern))
    return FilterError(message, start + place, start + place + len(part))
