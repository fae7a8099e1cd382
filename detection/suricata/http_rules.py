"""The rules for HTTP. Pure."""

from collections.abc import Iterable, Iterator
from functools import partial

from detection.inspector import Inspected
from detection.suricata.buffers import Side
from detection.suricata.rule import HTTP, Rule
from detection.suricata.rule_set import RuleSet


class HttpRules:
    """Those of rules that are for HTTP."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        found = [rule for rule in rules if rule.protocol == HTTP]
        self._to_server = RuleSet([rule for rule in found if rule.to_server is not False])
        self._to_client = RuleSet([rule for rule in found if rule.to_server is not True])

    def fitting(self, exchange: Inspected) -> Iterator[Rule]:
        """Iterate over the rules that fit an exchange, each once."""
        told = set[int]()
        for to_server, rules in ((True, self._to_server), (False, self._to_client)):
            side = Side(exchange, to_server)
            if side.message is None:
                continue
            for rule in rules.fitting(side.get, partial(_is_about, side, exchange)):
                if rule.sid not in told:
                    told.add(rule.sid)
                    yield rule


def _is_about(side: Side, exchange: Inspected, rule: Rule) -> bool:
    content = exchange.content
    if rule.version and not any(each.text.startswith(rule.version) for each in side.get(("http.protocol", ()))):
        return False
    client, server = (content.client, content.client_port), (content.server, content.server_port)
    return rule.fits(*client, *server) if side.to_server else rule.fits(*server, *client)
