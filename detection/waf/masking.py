"""Makes evidence of what matched: short, and without secrets. Pure."""

import re
from typing import Final

from detection.waf.match import Match

LONGEST: Final = 60
"""Characters of the value that are shown."""
_SECRET: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|key|auth(?:orization)?|session(?:id)?|sid|"
    r"jwt|csrf|xsrf|otp|pin|cvv|card(?:number)?|iban|signature|credential)"
)
_SECRET_PLACE: Final = re.compile(rf"COOKIE|authorization|{_SECRET}s?\d*\]?$", re.IGNORECASE)
"""Variables whose values are not shown: cookies, credentials, and parameters that are called like them."""
_PAIR: Final = re.compile(
    rf"({_SECRET}\w{{0,20}}[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?)(?:(?:bearer|basic|digest)\s+)?[^\s&\"',;]+",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"\b(bearer|basic)\s+[^\s&\"',;]+", re.IGNORECASE)
_LONG: Final = re.compile(r"[A-Za-z0-9+/_=.-]{24,}")
"""What may be a token or a key: the last four characters stay."""
_DIGITS: Final = re.compile(r"\d(?:[ -]?\d){11,}")
"""What may be the number of a card or an account."""
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@(?=[\w-])")
_HIDDEN: Final = "***"


def evidence(match: Match) -> str:
    """Return the variable and what matched in it, masked; only the variable if its name says that it is secret."""
    if not match.value:
        return match.place
    if _SECRET_PLACE.search(match.place):
        return f"{match.place}: {_HIDDEN}"
    shown = masked(match.value)
    return f"{match.place}: {shown}" if match.place else shown


def masked(text: str) -> str:
    """Replace what looks like a credential, and cut the text."""
    text = _DIGITS.sub(_HIDDEN, text)
    text = _PAIR.sub(rf"\1{_HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {_HIDDEN}", text)
    text = _MAIL.sub(f"{_HIDDEN}@", text)
    text = _LONG.sub(lambda found: _token(found[0]), text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"


def _token(text: str) -> str:
    """Mask a long run of characters unless it is a path or a word, which have no digits among their letters."""
    mixed = any(character.isdigit() for character in text) and any(character.isalpha() for character in text)
    return f"{_HIDDEN}{text[-4:]}" if mixed and text.count("/") < 3 else text
