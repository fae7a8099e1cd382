"""A public name whose address changes to a private one, so that a page may talk to hosts behind the firewall."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from detection.exchanges import marked
from detection.known_names import is_below, is_local
from detection.lookups import queries
from detection.networks import within
from detection.tally import Repeats, Tally
from traffic.batch import Batch
from traffic.finding import MEDIUM, Finding
from traffic.records import DnsLookup

WINDOW: Final = 600.0
"""Seconds: the window within which a name has both kinds of addresses. Browsers forget an address within minutes."""
PAUSE: Final = 3600.0
"""Seconds until the same client and name are reported again."""
INNER: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "::1", "fc00::/7", "fe80::/10",
)  # fmt: skip
"""Networks that only hosts inside reach. Blockers of advertisements answer with 0.0.0.0 or ::, which are no network."""


class DnsRebinding:
    """Names that one client got a public and a private address for within ten minutes.

    A name that always has a private address is split-horizon DNS. `own_domains` are those that have both, such as for
    laptops that come and go.
    """

    name, title, records = "dns_rebinding", "DNS rebinding", (DnsLookup,)

    def __init__(self, own_domains: Sequence[str] = ()) -> None:
        self._own = frozenset(domain.lower().strip(".") for domain in own_domains)
        self._is_inner = within(INNER)
        self._outer, self._inner = Tally(WINDOW), Tally(WINDOW)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(DnsLookup)
        rows = queries(table) & (table.numbers("answers") > 0)
        rows &= marked(table.texts("type"), ("A", "AAAA").__contains__)
        if not rows.any():
            return
        records = table.records()  # addresses are no column
        for number in rows.nonzero()[0].tolist():
            lookup: DnsLookup = records[number]
            if (
                lookup.client
                and lookup.addresses
                and not is_local(lookup.name)
                and not is_below(lookup.name, self._own)
            ):
                yield from self._judged(lookup)

    def _judged(self, lookup: DnsLookup) -> Iterator[Finding]:
        key = f"{lookup.client} {lookup.name}"
        inner = next((text for text in lookup.addresses if self._is_inner(text)), None)
        if inner is not None:
            self._inner.add(key, lookup.time)
        if any(_is_outer(text) for text in lookup.addresses):
            self._outer.add(key, lookup.time)
        both = self._inner.total(key, lookup.time) and self._outer.total(key, lookup.time)
        if both and self._repeats.is_first(key, lookup.time):
            reason = f"{lookup.client} got public and private addresses for {lookup.name} within ten minutes"
            evidence = inner or lookup.addresses[0]
            yield Finding(
                lookup.time, self.name, self.name, MEDIUM, lookup.client, 0, lookup.server, lookup.server_port,
                lookup.name, "", reason, evidence,
            )  # fmt: skip


def _is_outer(text: str) -> bool:
    return ip_address(text).is_global
