"""What DNS answers show of DNSSEC."""

from typing import Final

from stats.dns import DNS
from stats.statistic import HITS
from traffic.records import DnsLookup

_CODES: Final = frozenset({"1", "2", "5", "6", "7", "8", "9", "10", "11", "12", "25", "27"})
"""Extended DNS Errors about DNSSEC (RFC 8914 section 4)."""


class Dnssec:
    """DNS lookups by what can be seen of DNSSEC, the most telling first. A signature is not proof that it is valid, and
    AD is what the resolver claims.
    """

    name, title, unit, record = "dnssec", "DNSSEC", HITS, DnsLookup
    columns, only_when_seen = ("kind", "rcode", "flags", "dnssec", "ede"), True

    def key(self, kind: str, rcode: str, flags: str, dnssec: str, ede: str) -> str | None:
        """Return `validated by the resolver (AD)`, for example; None for lookups that did not ask for DNSSEC."""
        if kind != DNS or not rcode:
            return None
        if "SERVFAIL without CD" in dnssec:
            return "refused (SERVFAIL), but answered with CD"
        error = next((error for error in ede.split(", ") if error.partition(" ")[0] in _CODES), "")
        if error:
            return f"error {error}"
        return _seen(frozenset(flags.split()), dnssec)


def _seen(flags: frozenset[str], dnssec: str) -> str | None:
    if "expired signature" in dnssec:
        return "expired signature"
    if "ad" in flags:
        return "validated by the resolver (AD)"
    if "RRSIG" in dnssec:
        return "signed, not validated"
    return "asked for (DO), not signed" if "do" in flags else None
