"""Recognises indicators that match harmless traffic: private addresses, and much of the Internet at once. Pure."""

from collections.abc import Callable
from typing import Final

from detection.intelligence.addresses import is_broad, is_private
from detection.intelligence.indicator import PRIVATE, TOO_BROAD, Kind

IsSuffix = Callable[[str], bool]
"""Returns whether domains of different owners are registered below a name."""

_LOCAL: Final = ("localhost", "localdomain", "local", "internal", "lan", "home.arpa", "in-addr.arpa", "ip6.arpa")
_BELOW_LOCAL: Final = tuple(f".{name}" for name in _LOCAL)
_SECOND: Final = frozenset(("ac", "co", "com", "edu", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org"))
_OTHERS: Final = frozenset(
    (
        "amazonaws.com", "appspot.com", "azureedge.net", "azurewebsites.net", "blogspot.com", "cloudfront.net",
        "duckdns.org", "firebaseapp.com", "github.io", "gitlab.io", "herokuapp.com", "netlify.app", "ngrok.io",
        "pages.dev", "vercel.app", "web.app", "windows.net", "wordpress.com", "workers.dev",
    )
)  # fmt: skip


def is_common_suffix(name: str) -> bool:
    """Return whether a name is a well-known public suffix; publicsuffix.org has all of them."""
    first, dot, rest = name.partition(".")
    return not dot or name in _OTHERS or (first in _SECOND and len(rest) == 2)


def too_broad(kind: Kind, value: str, is_suffix: IsSuffix = is_common_suffix) -> str:
    """Return why an indicator in the form of the traffic is left out: PRIVATE or TOO_BROAD; empty if it is not."""
    if kind is Kind.NETWORK and is_broad(value):
        return TOO_BROAD
    if kind in (Kind.ADDRESS, Kind.NETWORK):
        return PRIVATE if is_private(value) else ""
    if kind is not Kind.DOMAIN:
        return ""
    if value in _LOCAL or value.endswith(_BELOW_LOCAL):
        return PRIVATE
    return TOO_BROAD if is_suffix(value) else ""
