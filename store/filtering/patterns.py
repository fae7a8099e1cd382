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

MEMORY: Final = 2**20
"""Maximum bytes RE2 may use for one pattern."""
LARGEST: Final = 2000
"""Maximum steps of a pattern. RE2 takes at most that many per byte of text, which is 5 ms for 1,024 characters."""
_ITEM: Final = r"(?:[^\\.^$*+?{}()|\[\]]|\.|\\\W)"
_PLAIN: Final = re.compile(rf"\^?{_ITEM}*\$?(?:\|\^?{_ITEM}*\$?)*")
_MESSAGES: Final = {
    "missing )": r"a ( is never closed: add ), write \( for the character, or quote a value that has spaces",
    "unexpected )": r"a ) closes nothing: write \) for the character",
    "missing ]": r"a [ is never closed: add ], or write \[ for the character",
    "bad repetition operator": "two repetitions in a row: one of them is too much",
    "no argument for repetition operator": "there is nothing before it that could repeat: write a \\ before it for the"
    " character, or .* for any text",
    "invalid repetition size": "a repetition goes up to 1000, all in all",
    "invalid perl operator": "groups are (...), (?:...) and (?i:...); looking ahead or behind is not possible",
    "invalid escape sequence": r"this means nothing here: \\ is a backslash, \d \w \s \b are as in Perl, \z is the end",
    "invalid character class range": "no such range of characters",
    "trailing \\": r"a \ at the end: \\ is the character",
    "invalid named capture group": "no good name of a group",
    "pattern too large - compile failed": "a pattern this large is not possible",
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
        message = "repetitions, groups and classes need a package: pip install -r requirements-filter.txt"
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
    options.max_mem = MEMORY
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
    if max(compiled.programsize, compiled.reverseprogramsize) > LARGEST:
        raise FilterError("a pattern this large is not possible: repeat less", start, start + len(pattern))
    find = compiled.search
    return lambda text: find(text.encode("utf-8", "replace"))


def _explained(pattern: str, start: int, error: Any) -> FilterError:
    """Turn RE2's message, which is `what is wrong: the wrong part`, into words that help."""
    said: bytes = error.args[0]
    name, _, part = said.decode("utf-8", "replace").partition(": ")
    message = _MESSAGES.get(name, f"no regular expression: {name}")
    place = pattern.rfind(part) if part else -1
    if place < 0:
        return FilterError(message, start, start + len(pattern))
    return FilterError(message, start + place, start + place + len(part))
