"""The registered domain of a name: `www.example.co.uk` is in `example.co.uk`.

The package publicsuffixlist, which is optional, contains the list of publicsuffix.org. Without it there is a guess.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

CACHED: Final = 8192
"""Number of names whose result is cached."""
_SECOND_LEVELS: Final = frozenset({"ac", "co", "com", "edu", "gob", "gov", "govt", "gv", "ne", "net", "or", "org"})
"""Below the domain of a country these are not registered, but others below them are."""
_COUNTRY: Final = 2
"""Letters of the domain of a country."""


def registered_domains() -> Callable[[str], str] | None:
    """Return a function for names in lower case; None if the package is missing.

    A name that is itself a public suffix, such as `com`, is returned as it is.
    """
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return None
    suffixes = PublicSuffixList()

    @lru_cache(maxsize=CACHED)
    def registered(name: str) -> str:
        # A dot within a label is escaped (RFC 4343), which the list does not know.
        return name if "\\" in name else suffixes.privatesuffix(name) or name

    return registered


def guessed_domain(name: str) -> str:
    """Return the last two labels of a name in lower case, or three as in `example.co.uk`."""
    labels = name.split(".")
    is_three = len(labels) > 2 and len(labels[-1]) == _COUNTRY and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:] if is_three else labels[-2:])
