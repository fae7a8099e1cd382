"""How bad a leak is: by what leaks, how much of it, and whether it goes to somebody else. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from detection.intelligence.addresses import is_private
from detection.leaks.parts import RESPONSE, Part
from detection.leaks.rules import CARD, IBAN, TEST_CARD
from traffic.content import Content
from traffic.finding import HIGH, INFO, LOW, MEDIUM, SEVERITIES

MANY_TOKENS: Final = 5
"""Tokens for signing in that one client does not need."""
_SIGN_IN: Final = frozenset({"access_token", "refresh_token", "id_token", "accesstoken", "refreshtoken", "idtoken"})
"""Fields of an answer to somebody who signs in (RFC 6749 section 5.1, and as programs write them)."""
_Steps = tuple[tuple[int, str], ...]
"""Severities, with the number of different secrets from which they are given; most first."""
_CARDS: Final[Mapping[str, _Steps]] = {
    "response": ((3, HIGH), (1, MEDIUM)),
    "upload": ((10, HIGH), (1, INFO)),
    "request": ((1, INFO),),  # a shop gets them
    "URL": ((1, MEDIUM),),  # which logs and histories keep
}
_ACCOUNTS: Final[Mapping[str, _Steps]] = {
    "response": ((100, HIGH), (20, MEDIUM), (5, LOW), (1, INFO)),  # invoices and imprints have some
    "upload": ((100, HIGH), (20, MEDIUM), (1, INFO)),
    "request": ((1, INFO),),
    "URL": ((1, LOW),),
}
_TESTS: Final[Mapping[str, _Steps]] = {
    "response": ((1, LOW),),
    "upload": ((1, INFO),),
    "request": ((1, INFO),),
    "URL": ((1, INFO),),
}
_NUMBERS: Final = {CARD: _CARDS, TEST_CARD: _TESTS, IBAN: _ACCOUNTS}
_MILDER: Final = {word: SEVERITIES[max(0, place - 1)] for place, word in enumerate(SEVERITIES)}


class Flow(NamedTuple):
    """Where a part goes to."""

    way: str
    """`response`, `request`, `upload` (a request to somebody else's server), or `URL`."""
    is_outward: bool
    """Whether it leaves the network."""


def flow_of(part: Part, content: Content) -> Flow:
    """Return where a part of an exchange goes to. Only addresses that nobody routes are known to be inside."""
    if part.side == RESPONSE:
        return Flow("response", not is_private(content.client))
    is_upload = is_private(content.client) and not is_private(content.server)
    return Flow("URL" if part.is_form and part.name == "URL" else "upload" if is_upload else "request", is_upload)


def severity_of_number(kind: str, count: int, flow: Flow) -> str:
    """Return the severity of so many different card numbers or IBANs."""
    severity = next(word for least, word in _NUMBERS[kind][flow.way] if count >= least)
    return severity if flow.is_outward or flow.way != "response" else _MILDER[severity]


def severity_of_secret(severity: str, in_requests: str, count: int, field: str, flow: Flow) -> str:
    """Return the severity of so many different secrets of a rule with these severities."""
    if flow.way != "response":
        return in_requests
    if field.lower().replace("-", "_") in _SIGN_IN and count < MANY_TOKENS:
        return INFO
    return severity if flow.is_outward else _MILDER[severity]
