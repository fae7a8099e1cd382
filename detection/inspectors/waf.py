"""Requests and responses that rules of ModSecurity, such as the OWASP Core Rule Set, would block."""

from collections.abc import Iterable, Sequence
from typing import Any

from detection.inspector import Inspected
from detection.waf.directives import Limits
from detection.waf.engine import Engine
from detection.waf.findings import findings
from detection.waf.prefilter import Prefilter
from detection.waf.rule_files import prefilter
from traffic.finding import Finding


class Waf:
    """A finding for each rule that matches; severe only if the exchange would be blocked."""

    name, title = "waf", "What a web application firewall would block"

    def __init__(
        self,
        rules: Sequence[str] = (),
        paranoia: int = 0,
        threshold: int = 0,
        outbound_threshold: int = 0,
    ) -> None:
        """Load the rules; 0 leaves a limit to them."""
        self._engine = Engine(rules, Limits(paranoia, 0, threshold, outbound_threshold))
        self._prefilter: Prefilter | None = None

    def use_core(self, core: Any) -> None:
        """Let the core decide which exchanges no rule can match, so that the rules need not run."""
        self._prefilter = prefilter(core, self._engine.directives)

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Return what the rules find in an exchange."""
        if self._prefilter is not None and not self._prefilter.may_match(exchange):
            return ()
        return findings(exchange.content, self._engine.judge(exchange))
