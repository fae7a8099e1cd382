"""HTTP that a rule of Suricata describes; see `detection.suricata`. Rules for DNS and TLS: `suricata_names`."""

from collections.abc import Iterator, Sequence

from detection.inspector import Inspected
from detection.networks import OWN, within
from detection.suricata.buffers import Side
from detection.suricata.files import read
from detection.suricata.rule import HTTP, Rule
from detection.suricata.rule_set import RuleSet, applies
from detection.suricata.thresholds import Thresholds
from traffic.finding import Finding


class Suricata:
    """Applies the rules for HTTP in `rules`, which are files and folders. `home_net` is $HOME_NET."""

    name, title = "suricata", "Suricata rules"

    def __init__(self, rules: Sequence[str] = (), home_net: Sequence[str] = OWN) -> None:
        """Read the rules.

        Raises:
            RuleError: a file cannot be read, or a rule is malformed.
        """
        found = [rule for rule in read(rules, within(home_net)).rules if rule.protocol == HTTP]
        self._to_server = RuleSet([rule for rule in found if rule.to_server is not False])
        self._to_client = RuleSet([rule for rule in found if rule.to_server is not True])
        self._thresholds = Thresholds()

    def inspect(self, exchange: Inspected) -> Iterator[Finding]:
        """See `detection.inspector`."""
        told = set[int]()
        sides = Side(exchange, to_server=True), Side(exchange, to_server=False)
        for side, rules in zip(sides, (self._to_server, self._to_client), strict=True):
            if side.message is None:
                continue
            for rule in rules.candidates(side.everything()):
                if rule.sid not in told and self._fits(rule, exchange) and applies(rule, side.get):
                    told.add(rule.sid)
                    yield from self._finding(rule, exchange)

    def _fits(self, rule: Rule, exchange: Inspected) -> bool:
        content = exchange.content
        return rule.fits(content.client, content.client_port, content.server, content.server_port)

    def _finding(self, rule: Rule, exchange: Inspected) -> Iterator[Finding]:
        content = exchange.content
        if self._thresholds.reports(rule, content.time, content.client, content.server):
            yield Finding(
                content.time, f"suricata/{rule.sid}", self.name, rule.severity, content.client, content.client_port,
                content.server, content.server_port, content.host, content.path, f"{content.client}: {rule.text}", "",
                rule.technique,
            )  # fmt: skip
