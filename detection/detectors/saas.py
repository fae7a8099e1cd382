"""SaaS applications that people use against the policy, for the first time, or with an account of somebody else."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from detection.exchanges import chosen, marked
from detection.saas_policy import ALLOW, DENY, WATCH, Policy
from detection.tally import MAX_KEYS, Repeats
from detection.tenants import PERSONAL, tenant
from stats.saas_catalogue import OTHER, Catalogue
from traffic.batch import Batch, Table
from traffic.finding import LOW, MEDIUM, Finding
from traffic.records import Exchange, QuicConnection, TlsHandshake

PAUSE: Final = 3600.0
"""Seconds until the same client, application and action are reported again."""
NEW: Final = 3600.0
"""Seconds of watching before an application is new."""
_RULES: Final = {DENY: ("denied", MEDIUM, "denies"), WATCH: ("watched", LOW, "watches")}
"""Rule and severity of a finding for each verdict, and what the policy does."""
_SENT: Final = frozenset({"upload", "share"})
"""Actions that take files out."""


class Use(NamedTuple):
    """What a client did in an application."""

    time: float
    client: str
    server: str
    server_port: int
    host: str
    application: str
    action: str | None
    """None if nobody can see it, as in TLS."""
    tenant: str

    @property
    def text(self) -> str:
        """The application with the action, if it is known."""
        return self.application if self.action is None else f"{self.application}: {self.action}"


class Saas:
    """Judges the use of SaaS applications by `policy`. With `tenants`, accounts of others are findings, too.

    Over TLS, it sees the application and often the tenant; actions only in what is decrypted or plain.
    """

    name, title = "saas", "SaaS applications against the policy"
    records = (Exchange, TlsHandshake, QuicConnection)

    def __init__(self, policy: Sequence[str] = (), tenants: Sequence[str] = (), catalogue: str = "") -> None:
        """`policy` has rules as in `detection.saas_policy`, `tenants` the own ones, `catalogue` the user's file.

        Raises:
            PolicyError: a rule is wrong.
            StatisticError: the catalogue is.
        """
        self._catalogue = Catalogue(catalogue)
        self._policy = Policy(policy, self._catalogue.applications, self._catalogue.actions)
        self._tenants = frozenset(name.lower() for name in tenants)
        self._began: float | None = None
        self._known: set[str] = set()
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        for kind in self.records:
            table = batch.table(kind)
            if len(table):
                for use in self._uses(kind, table):
                    yield from self._judged(use)

    def _uses(self, kind: type, table: Table) -> Iterator[Use]:
        """Iterate over what clients did in known applications."""
        column = "domain" if kind is Exchange else "server_name"
        if self._began is None:
            self._began = float(table.numbers("time")[0])
        known = marked(table.texts(column), lambda host: self._catalogue.application(host) is not None)
        plain = ("method", "target") if kind is Exchange else ()
        for row in chosen(table, known, "client", column, *plain):
            client, host, *asked = row.texts
            application = self._catalogue.application(host or "")
            if client is None or host is None or application is None:
                continue
            action = self._action(application, *asked) if plain else None
            own = tenant(host, asked[1] or "" if plain else "")
            yield Use(row.time, client, row.server, row.server_port, host, application, action, own)

    def _action(self, application: str, method: str | None, target: str | None) -> str | None:
        return None if method is None or target is None else self._catalogue.action(application, method, target)

    def _judged(self, use: Use) -> Iterator[Finding]:
        verdict = self._policy.verdict(use.application, use.action)
        if verdict in _RULES:
            rule, severity, does = _RULES[verdict]
            did = f"{use.client} used {use.text}, which the policy {does}"
            yield from self._finding(use, rule, severity, did, use.text)
        if self._is_new(use) and not verdict:
            did = f"{use.client} used {use.application}, which nobody used before and no rule of the policy names"
            yield from self._finding(use, "new", LOW, did, use.application)
        if self._tenants and use.tenant and use.tenant not in self._tenants and verdict != ALLOW:
            whose = f"the tenant {use.tenant}" if use.tenant != PERSONAL else "a personal account"
            did = f"{use.client} used {use.application} with {whose}"
            yield from self._finding(use, "tenant", MEDIUM, did, f"{use.application} {use.tenant}")

    def _is_new(self, use: Use) -> bool:
        """Return whether an application is used for the first time, after an hour of watching."""
        if use.application in self._known or len(self._known) >= MAX_KEYS:
            return False
        self._known.add(use.application)
        return self._began is not None and use.time >= self._began + NEW

    def _finding(self, use: Use, rule: str, severity: str, did: str, what: str) -> Iterator[Finding]:
        if not self._repeats.is_first(f"{rule} {use.client} {what}", use.time):
            return
        technique = "T1567.002" if rule == "denied" and use.action in _SENT else ""
        yield Finding(
            use.time, f"{self.name}/{rule}", self.name, severity, use.client, 0, use.server, use.server_port, use.host,
            "", did, "" if use.action == OTHER else use.action or "", technique,
        )  # fmt: skip
