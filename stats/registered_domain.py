"""The registered domain of a name, with the package publicsuffixlist, which contains the list of publicsuffix.org."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from stats.loading import StatisticError

CACHED: Final = 8192
"""Number of names whose result is cached."""


def registered_domains() -> Callable[[str], str]:
    """Return a function for names in lower case: `www.example.co.uk` is in `example.co.uk`.

    A name that is itself a public suffix, such as `com`, is returned as it is.

    Raises:
        StatisticError: the package is missing.
    """
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        raise StatisticError(
            "registered domains need the package publicsuffixlist: pip install -r requirements-domains.txt"
        ) from None
    suffixes = PublicSuffixList()

    @lru_cache(maxsize=CACHED)
    def registered(name: str) -> str:
        # A dot within a label is escaped (RFC 4343), which the list does not know.
        return name if "\\" in name else suffixes.privatesuffix(name) or name

    return registered
