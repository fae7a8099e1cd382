"""Requests and responses that rules of ModSecurity, such as the OWASP Core Rule Set, would block."""

from collections.abc import Callable, Iterable, Sequence

from detection.inspector import Inspected
from detection.waf.directives import Limits
from detection.waf.engine import Engine
from detection.waf.findings import findings
from traffic.content import Content
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
        harmless: Callable[[Content], bool] | None = None,
    ) -> None:
        """Load the rules; 0 leaves a limit to them. What is `harmless`, no rule can match, so none is asked."""
        self._engine = Engine(rules, Limits(paranoia, 0, threshold, outbound_threshold))
        self._harmless = harmless

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Return what the rules find in an exchange."""
        if self._harmless is not None and self._harmless(exchange.content):
            return ()
        return findings(exchange.content, self._engine.judge(exchange))
