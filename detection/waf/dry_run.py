"""A dry run of a rule set over traffic: what a worker process says of each exchange, packed into findings. Pure.

A worker may only answer with findings. The first of an exchange has the verdict, and one for each rule follows.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from detection.inspector import Inspected
from detection.messages import Message
from detection.waf.directives import Limits
from detection.waf.engine import Engine, Verdict
from detection.waf.findings import NAME, counted
from detection.waf.masking import evidence
from detection.waf.match import Match
from detection.waf.prefilter import Prefilter
from detection.waf.rule_files import prefilter
from traffic.content import Content
from traffic.finding import INFO, Finding

HIGHEST_LEVEL: Final = 4
MOST_RULES: Final = 45
"""Rules of an exchange that are told."""
_VERDICT: Final = "verdict"
_SESSION: Final = (b"sess", b"sid", b"auth", b"token", b"login", b"jwt")
"""Parts of the names of cookies that only visitors have who logged in, or at least stayed."""


class Hit(NamedTuple):
    """A rule that matched."""

    rule: int
    level: int
    """Paranoia level."""
    counts: bool
    """Whether it is a reason why the exchange would be blocked."""
    of_response: bool
    attack: str
    place: str
    """Variable that matched; empty if unknown."""
    message: str
    evidence: str
    """Masked."""


class Outcome(NamedTuple):
    """What the rules made of an exchange, if any of them matched."""

    client: str
    host: str
    path: str
    status: int
    """0 without a response."""
    logged_in: bool
    """Whether the request has credentials, or a cookie that is called like those of sessions."""
    blocked: bool
    levels: tuple[bool, bool, bool, bool]
    """Whether the request would be blocked at each paranoia level."""
    limit_reached: bool
    cut: bool
    hits: tuple[Hit, ...]
    score: int = 0
    """Anomaly score of the request."""


class DryRun:
    """The inspector of a dry run. Rules of all paranoia levels run, but only those of one level count."""

    name, title = NAME, "What a web application firewall would block"

    def __init__(self, rules: Sequence[str], wanted: Limits) -> None:
        """Load the rules.

        Raises:
            RulesError: they cannot be loaded.
        """
        self.engine = Engine(rules, wanted)
        self._prefilter: Prefilter | None = None

    def use_core(self, core: Any) -> None:
        """Let the core decide which exchanges no rule can match, so that the rules need not run."""
        self._prefilter = prefilter(core, self.engine.directives)

    def inspect(self, exchange: Inspected) -> Iterator[Finding]:
        """Yield the verdict and the rules, if any rule matched."""
        if self._prefilter is not None and not self._prefilter.may_match(exchange):
            return
        verdict = self.engine.judge(exchange)
        if not verdict.matches and not verdict.limit_reached:
            return
        content = exchange.content
        told = (
            _status(exchange.response),
            exchange.request is not None and logged_in(exchange.request),
            verdict.request_blocked or verdict.response_blocked,
            _levels(verdict),
            verdict.limit_reached,
            verdict.cut,
            verdict.scores.inbound,
        )
        yield _finding(content, _VERDICT, told)
        last = {match.rule: match for match in verdict.matches}
        for match in list(last.values())[:MOST_RULES]:
            yield _finding(content, str(match.rule), _packed(match, verdict), evidence(match))


def _packed(match: Match, verdict: Verdict) -> tuple[object, ...]:
    return match.level, counted(match, verdict), match.phase > 2, match.attack, match.place, match.message


def _levels(verdict: Verdict) -> tuple[bool, ...]:
    """Return whether the score of the rules up to each level reaches the threshold."""
    levels, limit = verdict.scores.levels, verdict.scores.limits.inbound
    return tuple(limit > 0 and sum(levels[: level + 1]) >= limit for level in range(HIGHEST_LEVEL))


def _status(response: Message | None) -> int:
    text = response.line.partition(b" ")[2][:3] if response is not None else b""
    return int(text) if text.isdigit() else 0


def logged_in(request: Message) -> bool:
    """Return whether a request looks like one of somebody who has logged in."""
    names = (
        part.partition(b"=")[0].lower() for cookie in request.values(b"cookie") for part in cookie.split(b";", 100)
    )
    return bool(request.values(b"authorization")) or any(part in name for name in names for part in _SESSION)


def _finding(content: Content, rule: str, told: object, proof: str = "") -> Finding:
    return Finding(
        content.time, rule, NAME, INFO, content.client, content.client_port, content.server, content.server_port,
        content.host, content.path, json.dumps(told), proof,
    )  # fmt: skip


def outcomes(findings: Iterable[Finding]) -> Iterator[Outcome]:
    """Return what workers said of exchanges, in the same order. Hostile content may have made it up."""
    outcome: Outcome | None = None
    for finding in findings:
        if finding.rule == _VERDICT:
            if outcome is not None:
                yield outcome
            outcome = _outcome(finding)
        elif outcome is not None and (hit := _hit(finding)) is not None:
            outcome = outcome._replace(hits=(*outcome.hits, hit))
    if outcome is not None:
        yield outcome


def _outcome(finding: Finding) -> Outcome | None:
    told = _list(finding.reason, 7)
    if told is None or not isinstance(told[3], list) or len(told[3]) != HIGHEST_LEVEL:
        return None
    if not isinstance(told[0], int) or not isinstance(told[6], int):
        return None
    first, second, third, fourth = map(bool, told[3])
    return Outcome(
        finding.client, finding.host, finding.path, told[0], bool(told[1]), bool(told[2]),
        (first, second, third, fourth), bool(told[4]), bool(told[5]), (), told[6],
    )  # fmt: skip


def _hit(finding: Finding) -> Hit | None:
    told = _list(finding.reason, 6)
    if told is None or not isinstance(told[0], int) or not all(isinstance(text, str) for text in told[3:]):
        return None
    if not finding.rule.isdecimal():
        return None
    level, counts, of_response, attack, place, message = told
    return Hit(int(finding.rule), level, bool(counts), bool(of_response), attack, place, message, finding.evidence)


def _list(text: str, length: int) -> list[Any] | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, list) and len(told) == length else None
