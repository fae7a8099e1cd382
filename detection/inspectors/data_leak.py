"""Secrets, payment card numbers and account numbers in bodies and URLs (data loss prevention)."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from detection.inspector import Inspected
from detection.leaks.finder import Finder, Secret
from detection.leaks.judging import Flow, flow_of, severity_of_number, severity_of_secret
from detection.leaks.parts import RESPONSE, Part, parts_of
from detection.leaks.rule_files import built_in, own
from detection.leaks.rules import CARD, IBAN, TEST_CARD
from detection.tally import Repeats
from traffic.content import Content
from traffic.finding import INFO, LOW, Finding

PAUSE: Final = 3600.0
"""Seconds until the same leak is reported again."""
SHORTEST: Final = 12
"""Characters of a secret of which the last four may be told."""
_NUMBERS: Final = {CARD: "payment card number", TEST_CARD: "payment card number for tests", IBAN: "IBAN"}
_TAIL: Final = re.compile(rb"[!-\[\]-~]{4}\Z")
"""The last four characters. Blocks of lines end in a line break, which says nothing."""


class DataLeak:
    """Finds what should not be sent. The secret itself is never told: its kind, its place, and the last four characters
    of a long one.
    """

    name, title = "data_leak", "Secrets and account numbers"

    def __init__(self, patterns: str = "") -> None:
        """`patterns` names a file with rules of the user's own.

        Raises:
            RuleError: the file cannot be used, or the core is missing.
        """
        self._rules = {rule.name: rule for rule in (*built_in(), *own(patterns))}
        self._finder = Finder([*self._rules.values()])
        self._repeats = Repeats(PAUSE)

    def inspect(self, exchange: Inspected) -> Iterator[Finding]:
        """See `detection.inspector`."""
        for part in parts_of(exchange.request, exchange.response):
            secrets = self._finder.find(part.text)
            for name, found in groupby(sorted(secrets, key=attrgetter("rule")), attrgetter("rule")):
                yield from self._told(name, [*found], part, exchange.content)

    def _told(self, name: str, secrets: list[Secret], part: Part, content: Content) -> Iterator[Finding]:
        """Report the secrets of a rule, unless they were reported before."""
        flow, field = flow_of(part, content), part.field_at(secrets[0].place)
        count = len({secret.text for secret in secrets})
        severity = self._severity(name, count, field, flow)
        where = content.path if severity not in (INFO, LOW) else ""
        if self._repeats.is_first(f"{name} {part.name} {content.host or content.server} {where}", content.time):
            what = _NUMBERS[name] if name in _NUMBERS else self._rules[name].title
            to = f"{part.name} to {content.client if part.side == RESPONSE else content.host or content.server}"
            reason = f"{what} in {to}" if count == 1 else f"{count} different {what}s in {to}"
            technique = "T1567" if flow.is_outward and flow.way == "upload" else ""
            evidence = self._evidence(secrets[0], part, field)
            yield Finding(
                content.time, name, self.name, severity, content.client, content.client_port, content.server,
                content.server_port, content.host, content.path, reason, evidence, technique,
            )  # fmt: skip

    def _severity(self, name: str, count: int, field: str, flow: Flow) -> str:
        if name in _NUMBERS:
            return severity_of_number(name, count, flow)
        rule = self._rules[name]
        return severity_of_secret(rule.severity, rule.in_requests, count, field, flow)

    @staticmethod
    def _evidence(secret: Secret, part: Part, field: str) -> str:
        """Say where a secret is, and how it ends."""
        places = ", ".join(_places(part, field, secret.place))
        tail = _TAIL.search(secret.text) if len(secret.text) >= SHORTEST else None
        return f"{places}, ends in {tail[0].decode()}" if tail else places


def _places(part: Part, field: str, place: int) -> Iterable[str]:
    yield part.name
    if field:
        yield f"{'parameter' if part.is_form else 'field'} {field}"
    if not part.is_form:
        yield f"byte {place:,}"
