"""Makes findings of a verdict. Pure."""

from collections.abc import Iterator
from typing import Final

from detection.waf.engine import Verdict
from detection.waf.masking import evidence
from detection.waf.match import Match
from traffic.content import Content
from traffic.finding import HIGH, INFO, LOW, MEDIUM, Finding

NAME: Final = "waf"
LIMIT_RULE: Final = "match_limit"
_SEVERITIES: Final = {0: HIGH, 1: HIGH, 2: HIGH, 3: MEDIUM, 4: MEDIUM, 5: LOW}
"""Of rules that block; rules without a severity say deny themselves."""
TECHNIQUES: Final = {
    "sqli": "T1190", "rce": "T1190", "lfi": "T1190", "rfi": "T1190", "ssrf": "T1190", "ssti": "T1190",
    "injection-php": "T1190", "injection-java": "T1190", "injection-generic": "T1190", "multipart-header": "T1190",
    "xss": "T1059.007", "fixation": "T1539", "reputation-scanner": "T1595.002", "dos": "T1499",
}  # fmt: skip
"""Techniques by the kind of attack that a rule names: exploits of a public application, scripts, scans."""
_POLICY: Final = (range(911_000, 912_000), range(920_000, 921_000))
"""Rules of the Core Rule Set about methods, types and form: what a site allows, not that somebody attacks it."""
_WEB_SHELLS: Final = range(955_000, 956_000)
_REQUEST: Final = 2


def findings(content: Content, verdict: Verdict) -> Iterator[Finding]:
    """Yield a finding for each rule that matched; its severity is at most low if the exchange would not be blocked."""
    for match in {match.rule: match for match in verdict.matches}.values():
        counts = counted(match, verdict)
        yield _finding(
            content,
            str(match.rule),
            severity(match, counts),
            f"{_judged(match, verdict, counts)}: {match.message}{_in(match)}{_cut(verdict)}",
            evidence(match),
            _technique(match),
        )
    if verdict.limit_reached:
        reason = f"not fully inspected: an expression reached the match limit{_cut(verdict)}"
        yield _finding(content, LIMIT_RULE, LOW, reason, "", "")


def counted(match: Match, verdict: Verdict) -> bool:
    """Return whether the exchange would be blocked, and the rule counts for it."""
    blocked = verdict.request_blocked or (match.phase > _REQUEST and verdict.response_blocked)
    return blocked and match.level <= (verdict.scores.limits.paranoia or match.level)


def severity(match: Match, counts: bool) -> str:
    """Return the severity of a finding; no more than low if nothing would be blocked, or for policy alone."""
    full = _SEVERITIES.get(match.severity, INFO)
    if counts and not any(match.rule in rules for rules in _POLICY):
        return full
    return LOW if counts or full == HIGH else INFO


def _finding(content: Content, rule: str, severity: str, reason: str, proof: str, technique: str) -> Finding:
    return Finding(
        content.time, rule, NAME, severity, content.client, content.client_port, content.server, content.server_port,
        content.host, content.path, reason, proof, technique,
    )  # fmt: skip


def _judged(match: Match, verdict: Verdict, counts: bool) -> str:
    """Return what the rule set would do, with the score and the limit."""
    scores = verdict.scores
    of_request = match.phase <= _REQUEST
    score, limit = (scores.inbound, scores.limits.inbound) if of_request else (scores.outbound, scores.limits.outbound)
    if match.level > (scores.limits.paranoia or match.level):
        return f"paranoia level {match.level}, not counted"
    if counts:
        return f"would be blocked, score {score} of {limit}" if limit else "would be blocked"
    return f"score {score} of {limit}" if limit else "not blocked"


def _in(match: Match) -> str:
    return f" in {match.place}" if match.place else ""


def _cut(verdict: Verdict) -> str:
    return "; body cut" if verdict.cut else ""


def _technique(match: Match) -> str:
    return "T1505.003" if match.rule in _WEB_SHELLS else TECHNIQUES.get(match.attack, "")
