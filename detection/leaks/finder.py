"""Finds secrets in a text: by rules, payment card numbers and IBANs. The core searches, in linear time. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from detection.leaks.checks import CHECKS
from detection.leaks.rules import CARD, IBAN, TEST_CARD, LeakRule, RuleError

try:
    from http_monitor_core import Patterns, card_numbers, ibans
except ImportError as error:
    raise ImportError("it needs the Rust core, built anew: make fast, or pip install ./core") from error

MOST: Final = 200
"""Secrets of a rule that are looked at in a text."""
LISTED: Final = 5
"""Different numbers that are a list of cards, also where no word says so."""
_SURE: Final = 0.8
"""Share of the numbers like a card's that have the right check digit, in a list of cards. By chance, it is a tenth."""
_NEAR: Final = 64
"""Bytes before and after a number in which a word says that it is a card's."""
_ABOUT_CARDS: Final = re.compile(
    rb"card.{0,2}n(?:um|o\b|r\b)|(?:credit|debit|payment|bank).{0,2}card|\bcc.{0,2}(?:num|no\b)|[?&](?:card|cc)=|\bpan\b|"
    rb"primary.?account|\bvisa\b|master.?card|\bamex\b|american.?express|kreditkarte|kartennummer|carte.{0,2}(?:bancaire|bleue)|"
    rb"tarjeta|\bcvv2?\b|\bcvc2?\b|exp.?(?:month|year)",
    re.IGNORECASE | re.DOTALL,
)
_TEST_CARDS: Final = frozenset(
    b"""4111111111111111 4242424242424242 4012888888881881 4000056655665556 4222222222222 4012000033330026
    5555555555554444 5105105105105100 5200828282828210 5454545454545454 2223003122003222 2223000048400011
    378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424 6011981111111113
    30569309025904 38520000023237 36227206271667 3056930009020004 3566002020360505 3530111333300000
    5019717010103742 6331101999990016 4988438843884305 4166676667666746 5424180279791732""".split()
)
"""Numbers that payment providers publish for tests. Others have many zeros."""
_MANY_ZEROS: Final = b"00000000"


class Secret(NamedTuple):
    """What was found, and where. It is never stored."""

    rule: str
    text: bytes
    place: int
    """Index in the text."""


class Finder:
    """Rules, ready to search."""

    def __init__(self, rules: Sequence[LeakRule]) -> None:
        """Compile rules.

        Raises:
            RuleError: a regular expression is wrong.
        """
        self._rules = tuple(rules)
        try:
            self._patterns = Patterns([(each.regex, each.keywords, each.entropy, each.allow) for each in rules])
        except ValueError as error:
            reason, number = error.args
            raise RuleError(f"{rules[number].place}: regex or allow of {rules[number].name!r}: {reason}") from None

    def find(self, text: bytes) -> Iterator[Secret]:
        """Yield what was found, by rule and then by place."""
        for number, begin, end in self._patterns.find(text, MOST):
            rule, secret = self._rules[number], text[begin:end]
            if not rule.check or CHECKS[rule.check](secret):
                yield Secret(rule.name, secret, begin)
        accounts = ibans(text, MOST)
        for begin, end in accounts:
            yield Secret(IBAN, text[begin:end], begin)
        yield from self._cards(text, accounts)

    def _cards(self, text: bytes, accounts: Sequence[tuple[int, int]]) -> Iterator[Secret]:
        """Yield card numbers that a word, or their company, proves to be some. Groups of an IBAN may look like one."""
        places, alike = card_numbers(text, MOST)
        within = (
            {begin for begin, _ in places if any(first <= begin < last for first, last in accounts)} if accounts else ()
        )
        found = [(begin, end, _digits(text[begin:end])) for begin, end in places if begin not in within]
        are_listed = len({digits for _, _, digits in found}) >= LISTED and len(places) >= _SURE * alike
        for begin, end, digits in found:
            if are_listed or _ABOUT_CARDS.search(text, max(0, begin - _NEAR), end + _NEAR):
                is_test = digits in _TEST_CARDS or _MANY_ZEROS in digits
                yield Secret(TEST_CARD if is_test else CARD, digits, begin)


def _digits(text: bytes) -> bytes:
    return text.translate(None, b" -")
