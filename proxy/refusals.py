"""Turns what the proxy refused, or would have refused, into findings. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from traffic.finding import HIGH, LOW, MEDIUM, Finding
from traffic.text import printable

DETECTOR: Final = "proxy"
"""The name under which findings of the proxy are known."""
_SEVERITY: Final = {
    "verdict": HIGH, "ambiguous": HIGH, "blocked": LOW, "limit": MEDIUM, "undecided": LOW, "rule": LOW,
}  # fmt: skip
_RULE: Final = {
    "verdict": "waf", "ambiguous": "ambiguous_request", "blocked": "blocked_client", "limit": "client_limit",
    "undecided": "no_verdict", "rule": "forbidden_method",
}  # fmt: skip
_LONGEST: Final = 1000
"""Characters of a text."""


def findings(refusals: Iterable[tuple[Any, ...]]) -> Iterator[Finding]:
    """Yield a finding for each refusal of the core's proxy."""
    for time, number, client, server, (host, method, target), cause, (reason, rules, score), refused in refusals:
        path, _, query = target.partition("?")
        done = "refused" if refused else "passed on" if cause == "undecided" else "would have been refused"
        said = f"{done} (request {number}): {reason or cause}"
        if rules:
            said += f"; rules {rules}"
        if score:
            said += f", score {score}"
        shown = _shown(f"{method} {path}{'?' if query else ''}")
        yield Finding(
            time, _RULE.get(cause, cause), DETECTOR, _SEVERITY.get(cause, MEDIUM), client[0], client[1], server[0],
            server[1], _shown(host.lower()), _shown(path), _shown(said), shown,
        )  # fmt: skip


def _shown(text: str) -> str:
    return printable(text.encode("utf-8", "replace"), _LONGEST)
