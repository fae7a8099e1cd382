r"""Texts are searched with regular expressions that cannot hang, whatever they are searched in.

A pattern without a capital letter does not tell capitals from small letters.

Most patterns are a few characters, at most with `.`, `^`, `$` and `|` between them: Python's `re` searches for these,
in one way only. What can repeat is left to RE2 (the package google-re2), whose time is in proportion to the text
whatever the pattern is, and whose memory is bounded. `re` may take years for `(a+)+$`, and a peer chooses the text; the
package `regex` has a time-out for the search, but none for the gigabytes that compiling `(((a{100}){100}){100}){100}`
takes.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from store.filtering.errors import FilterError

Search = Callable[[str], object]
"""What it returns is true when the text has what is looked for."""

MEMORY: Final = 2**20
"""Bytes that RE2 may take for one pattern."""
LARGEST: Final = 2000
"""Steps of a pattern. RE2 takes at most as many per byte of the text, and 5 ms for 1,024 characters."""
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
    """A search for `pattern`, which begins at `start` in the filter's text.

    Raises:
        FilterError: it is no regular expression, is too large, or needs RE2, which is not installed.
    """
    insensitive = not _has_capital(pattern)
    if _PLAIN.fullmatch(pattern):
        return _plain(pattern, insensitive)
    re2 = engine()
    if not hasattr(re2, "Options"):  # another package has the same name
        message = "repetitions, groups and classes need a package: pip install -r requirements-filter.txt"
        raise FilterError(message, start, start + len(pattern))
    return _linear(re2, pattern, start, insensitive)


def engine() -> Any:
    """The module of RE2; None where it is not installed. It takes 2 MiB, so it is loaded when something asks for it."""
    try:
        import re2
    except ImportError:
        return None
    return re2


def _has_capital(pattern: str) -> bool:
    r"""Whether it has a capital letter; `\S` is none."""
    return any(letter.isupper() for letter in re.sub(r"\\.", "", pattern))


def _plain(pattern: str, insensitive: bool) -> Search:
    # `$` would also be the place before a line's end; there is none in texts from the wire, but who knows.
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
        re2.purge()  # else 128 of them are kept, one for each letter that was typed
    if max(compiled.programsize, compiled.reverseprogramsize) > LARGEST:
        raise FilterError("a pattern this large is not possible: repeat less", start, start + len(pattern))
    find = compiled.search
    return lambda text: find(text.encode("utf-8", "replace"))


def _explained(pattern: str, start: int, error: Any) -> FilterError:
    """What RE2 says, which is `what is wrong: the part that is`, in words that help."""
    said: bytes = error.args[0]
    name, _, part = said.decode("utf-8", "replace").partition(": ")
    message = _MESSAGES.get(name, f"no regular expression: {name}")
    place = pattern.rfind(part) if part else -1
    if place < 0:
        return FilterError(message, start, start + len(pattern))
    return FilterError(message, start + place, start + place + len(part))
