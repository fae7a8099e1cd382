"""Makes a verdict of what the rules said, by the route. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from detection.waf.dry_run import Hit, Outcome
from detection.waf.findings import NAME, TECHNIQUES
from traffic.content import Content
from traffic.finding import HIGH, LOW, MEDIUM, Finding
from verdicts.routes import ENFORCE, OFF, Route
from verdicts.verdict import Verdict

UNDECIDED: Final = "undecided"
"""Name of the rule of findings about requests that could not be judged."""
INTELLIGENCE: Final = "intelligence"
"""Name of the rule that a client or host is listed by threat intelligence."""
MOST_RULES: Final = 20
"""Rules that an answer names."""
LONGEST_REASON: Final = 200
_NUMBERS: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class RangeError(ValueError):
    """A text is no number of a rule, and no range of them. The text is one line for the user."""


class Enforced:
    """The rules because of which a request may be refused."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Read numbers such as `942100`, ranges such as `942000-942999`, and INTELLIGENCE; without any, all hold.

        Raises:
            RangeError: a text is neither.
        """
        self._ranges = [_range(text) for text in texts if text != INTELLIGENCE]
        self._all = not texts
        self.intelligence = self._all or INTELLIGENCE in texts
        """Whether a request may be refused because of threat intelligence."""

    def __contains__(self, rule: int) -> bool:
        return self._all or any(rule in numbers for numbers in self._ranges)


def _range(text: str) -> range:
    found = _NUMBERS.fullmatch(text.strip())
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise RangeError(f"{text!r} is no number of a rule, such as 942100, and no range, such as 942000-942999")
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def passed(route: Route, name: str) -> Verdict:
    """Return the verdict on a request that no rule can match, or that nobody wants judged."""
    return Verdict(inspected=route.mode != OFF, id=name)


def undecided(route: Route, why: str, name: str) -> Verdict:
    """Return the verdict on a request that could not be judged."""
    blocked = route.closed and route.mode == ENFORCE
    return Verdict(blocked, inspected=False, reason=f"{UNDECIDED}: {why}", id=name)


def ruled(outcome: Outcome | None, route: Route, enforced: Enforced, name: str) -> Verdict:
    """Return the verdict on a request that the rules have judged; None if none of them matched."""
    if outcome is None:
        return passed(route, name)
    reasons = reasons_of(outcome)
    refused = outcome.blocked and route.mode == ENFORCE and any(hit.rule in enforced for hit in reasons)
    return Verdict(
        blocked=refused,
        would_block=outcome.blocked and not refused,
        score=outcome.score,
        rules=tuple(str(hit.rule) for hit in reasons[:MOST_RULES]),
        reason=_reason(reasons),
        id=name,
    )


def with_listed(verdict: Verdict, why: str, route: Route, enforced: Enforced) -> Verdict:
    """Return the verdict with what threat intelligence says, if that is not empty."""
    if not why or route.mode == OFF:
        return verdict
    blocked = verdict.blocked or (route.mode == ENFORCE and enforced.intelligence)
    rules = (INTELLIGENCE, *verdict.rules)
    return verdict._replace(blocked=blocked, would_block=not blocked, rules=rules, reason=verdict.reason or why)


def reasons_of(outcome: Outcome) -> list[Hit]:
    """Return the rules that count, if the request is to be refused, otherwise all that matched."""
    hits = [hit for hit in outcome.hits if not hit.of_response]
    return [hit for hit in hits if hit.counts] if outcome.blocked else hits


def _reason(reasons: Sequence[Hit]) -> str:
    """Return the message of the first rule, with the variable that it matched: safe in a header field."""
    if not reasons:
        return ""
    first = reasons[0]
    text = f"{first.message} in {first.place}" if first.place else first.message
    return text.encode("ascii", "replace").decode("ascii")[:LONGEST_REASON]


def finding_of(content: Content, verdict: Verdict, route: Route, outcome: Outcome | None) -> Finding:
    """Return what the log says of a verdict."""
    first = next(iter(reasons_of(outcome)), None) if outcome is not None else None
    word = "blocked" if verdict.blocked else "would be blocked" if verdict.would_block else "passed"
    how = [f"request {verdict.id}", f"route {route.place} {route.mode}"]
    if outcome is not None or INTELLIGENCE in verdict.rules:
        how += [f"score {verdict.score}", f"rules {','.join(verdict.rules)}"]
    return Finding(
        content.time,
        verdict.rules[0] if verdict.rules else NAME if verdict.inspected else UNDECIDED,
        NAME,
        HIGH if verdict.blocked and verdict.inspected else MEDIUM if verdict.would_block else LOW,
        content.client,
        content.client_port,
        content.server,
        content.server_port,
        content.host,
        content.path,
        f"{word}: {verdict.reason or 'the rules refuse it'} ({', '.join(how)})",
        first.evidence if first is not None else "",
        TECHNIQUES.get(first.attack, "") if first is not None else "",
    )
