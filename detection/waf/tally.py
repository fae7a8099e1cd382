"""Counts what the rules of a dry run matched, by rule, path and variable, and by client, within bounds. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from detection.waf.dry_run import HIGHEST_LEVEL, Hit, Outcome
from traffic.content import Content

MOST_ROWS: Final = 5_000
MOST_CLIENTS: Final = 20_000
"""Rows and clients that are counted separately; of the others, only totals are known."""
ROW_CLIENTS: Final = 64
CLIENT_PATHS: Final = 64
CLIENT_RULES: Final = 64
"""Clients that are remembered of a row, and paths and rules of a client."""
_Value = TypeVar("_Value", int, str)
_VARYING: Final = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F]{8,}|[0-9a-fA-F-]{36}|[^/]*\d{4,}[^/]*)(?=/|$)")
"""Parts of paths that are different for each thing: numbers, hashes, UUIDs, names with long numbers."""


class Key(NamedTuple):
    """What a row is about."""

    rule: int
    host: str
    path: str
    """With `*` for parts that vary."""
    place: str
    """Variable that matched; empty if unknown."""


@dataclass
class Row:
    """What a rule matched at a place."""

    message: str
    attack: str
    level: int
    of_response: bool
    evidence: str
    """Of its first match that counts, or of the first."""
    hits: int = 0
    blocked: int = 0
    """Exchanges that would be blocked, with this rule as a reason."""
    answered: int = 0
    """Exchanges whose response was a success or a redirect (2xx, 3xx)."""
    logged_in: int = 0
    clients: set[str] = field(default_factory=set)


@dataclass
class Client:
    """What a client did. Requests that matched nothing count too."""

    requests: int = 0
    blocked: int = 0
    refused: int = 0
    """Those of them that were answered with 4xx or 5xx, or not at all."""
    trusted: int = 0
    """Those of them that were answered well, to somebody who seems to have logged in."""
    attacks: Counter[str] = field(default_factory=Counter)
    """Exchanges by kind of attack, of rules that count."""
    rules: set[int] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    evidence: str = ""
    """Of the first rule that counted."""


class Tally:
    """What was counted so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.matched = 0
        """Exchanges with a rule that matched."""
        self.blocked = 0
        self.levels = [0] * HIGHEST_LEVEL
        """Requests that would be blocked at each paranoia level."""
        self.limit_reached = 0
        self.cut = 0
        self.rules: Counter[int] = Counter()
        """Exchanges that would be blocked, by each rule that is a reason."""
        self.rows: dict[Key, Row] = {}
        self.clients: dict[str, Client] = {}
        self.left_out: Counter[str] = Counter()
        """Rows and clients for which there was no room, by kind: exchanges."""

    def note_requests(self, contents: Iterable[Content]) -> None:
        """Count requests, whether or not a rule matches."""
        for content in contents:
            if content.request_head:
                self.requests += 1
                if (client := self._client(content.client)) is not None:
                    client.requests += 1

    def note(self, outcome: Outcome) -> None:
        """Count what the rules made of an exchange."""
        self.matched += 1
        self.blocked += outcome.blocked
        self.limit_reached += outcome.limit_reached
        self.cut += outcome.cut
        self.levels = [count + blocks for count, blocks in zip(self.levels, outcome.levels, strict=True)]
        shape = shaped(outcome.path)
        client = self._client(outcome.client)
        if client is not None:
            self._note_client(client, outcome, shape)
        for hit in outcome.hits:
            self.rules[hit.rule] += hit.counts
            self._note_hit(hit, outcome, shape)

    def _note_client(self, client: Client, outcome: Outcome, path: str) -> None:
        client.blocked += outcome.blocked
        well = 200 <= outcome.status < 400
        client.refused += outcome.blocked and not well
        client.trusted += outcome.blocked and well and outcome.logged_in
        counting = [hit for hit in outcome.hits if hit.counts]
        client.attacks.update({hit.attack for hit in counting if hit.attack})
        for hit in counting:
            _add(client.rules, hit.rule, CLIENT_RULES)
        if counting:
            _add(client.paths, path, CLIENT_PATHS)
            client.evidence = client.evidence or counting[0].evidence

    def _note_hit(self, hit: Hit, outcome: Outcome, path: str) -> None:
        key = Key(hit.rule, outcome.host, path, hit.place)
        row = self.rows.get(key)
        if row is None:
            if len(self.rows) >= MOST_ROWS:
                self.left_out["rows"] += 1
                return
            row = self.rows[key] = Row(hit.message, hit.attack, hit.level, hit.of_response, hit.evidence)
        if hit.counts and not row.blocked:
            row.evidence = hit.evidence
        row.hits += 1
        row.blocked += hit.counts
        row.answered += 200 <= outcome.status < 400
        row.logged_in += outcome.logged_in
        _add(row.clients, outcome.client, ROW_CLIENTS)

    def _client(self, name: str) -> Client | None:
        client = self.clients.get(name)
        if client is None:
            if len(self.clients) >= MOST_CLIENTS:
                self.left_out["clients"] += 1
                return None
            client = self.clients[name] = Client()
        return client


def _add(into: set[_Value], value: _Value, most: int) -> None:
    if len(into) < most:
        into.add(value)


def shaped(path: str) -> str:
    """Return the path with `*` for the parts that vary."""
    return _VARYING.sub("*", path)
