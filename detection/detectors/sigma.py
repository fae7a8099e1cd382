"""Traffic that a Sigma rule describes; see `detection.sigma`."""

from collections.abc import Iterator
from typing import Final

from detection.exchanges import chosen
from detection.sigma.conditions import Columns
from detection.sigma.rules import Rule, RuleSet
from detection.tally import Repeats
from traffic.batch import Batch, Table
from traffic.finding import Finding
from traffic.records import DnsLookup, Exchange

PAUSE: Final = 600.0
"""Seconds until the same client and rule are reported again."""
_WHERE: Final = {Exchange: ("domain", "path"), DnsLookup: ("name",)}


class Sigma:
    """Applies Sigma rules, which `use` gives it."""

    name, title, records = "sigma", "Sigma rules", (Exchange, DnsLookup)

    def __init__(self) -> None:
        self._rules = RuleSet()
        self._repeats = Repeats(PAUSE)

    def use(self, rules: RuleSet) -> None:
        """Apply these rules from now on. Another thread may call this."""
        self._rules = rules

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        rules = self._rules
        for kind in self.records:
            table = batch.table(kind)
            if len(table) and rules.of(kind):
                columns = Columns(table, rules.searches(kind))
                for rule in rules.of(kind):
                    yield from self._findings(rule, table, columns)

    def _findings(self, rule: Rule, table: Table, columns: Columns) -> Iterator[Finding]:
        marks = rule.condition(columns)
        if not marks.any():
            return
        for row in chosen(table, marks, "client", *_WHERE[rule.kind]):
            client, host, *path = row.texts
            if self._repeats.is_first(f"{rule.name} {client}", row.time):
                did = "asked for" if rule.kind is Exchange else "looked up"
                reason = f"{client or 'somebody'} {did} {host or row.server}{(path or [''])[0] or ''}: {rule.title}"
                yield Finding(
                    row.time, f"{self.name}/{rule.name}", self.name, rule.severity, client or "", 0, row.server,
                    row.server_port, host or "", (path or [""])[0] or "", reason, "", rule.technique,
                )  # fmt: skip
