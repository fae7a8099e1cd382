"""HTTP that a rule of Suricata describes; see `detection.suricata`. Rules for DNS and TLS: `suricata_names`."""

from collections.abc import Iterator, Sequence

from detection.inspector import Inspected
from detection.networks import OWN
from detection.suricata.files import read
from detection.suricata.http_rules import HttpRules
from detection.suricata.rule import Rule
from detection.suricata.thresholds import Thresholds
from traffic.finding import Finding


class Suricata:
    """Applies the rules for HTTP in `rules`, which are files and folders. `home_net` is $HOME_NET."""

    name, title = "suricata", "Suricata rules"

    def __init__(self, rules: Sequence[str] = (), home_net: Sequence[str] = OWN) -> None:
        """Read the rules.

        Raises:
            RuleError: a file cannot be read, or a rule or network is malformed.
        """
        self._rules = HttpRules(read(rules, home_net).rules)
        self._thresholds = Thresholds()

    def inspect(self, exchange: Inspected) -> Iterator[Finding]:
        """See `detection.inspector`."""
        for rule in self._rules.fitting(exchange):
            yield from self._finding(rule, exchange)

    def _finding(self, rule: Rule, exchange: Inspected) -> Iterator[Finding]:
        content = exchange.content
        if self._thresholds.reports(rule, content.time, content.client, content.server):
            yield Finding(
                content.time, f"suricata/{rule.sid}", self.name, rule.severity, content.client, content.client_port,
                content.server, content.server_port, content.host, content.path, f"{content.client}: {rule.text}", "",
                rule.technique,
            )  # fmt: skip
