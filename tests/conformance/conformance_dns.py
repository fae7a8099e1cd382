"""DNS lookups according to the decoder, and their comparison with messages as other programs list them.

Those list a row for each query, with its answer, and for each answer without a query. A lookup is one record however
often the client asked, so its repeated queries are rows that only its `retries` account for.
"""

import contextlib
from collections import Counter
from typing import Final, NamedTuple

from conformance_corpus import Row

from capture.core import CORE
from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.records import DnsLookup
from traffic.text import host_port

CODES: Final = (
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
    "NOTZONE", "DSOTYPENI", "RCODE12", "RCODE13", "RCODE14", "RCODE15", "BADVERS", "BADKEY", "BADTIME", "BADMODE",
    "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
)  # fmt: skip
TYPES: Final = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 43: "DS",
                48: "DNSKEY", 65: "HTTPS", 255: "ANY", 257: "CAA"}  # fmt: skip
SECOND: Final = "second DNS answer"
MALFORMED: Final = ("malformed DNS message", "DNS compression loop")
MICROSECOND: Final = 1.0e-6 + 1e-9

built = CORE is not None
"""Whether the core is there, which alone decodes DNS."""


class Decoded(NamedTuple):
    """What the decoder found in a capture."""

    lookups: list[DnsLookup]
    oddities: Counter[str]


class Comparison(NamedTuple):
    """Rows that no lookup accounts for, lookups that no row accounts for, and differences between both."""

    missing: list[Row]
    extra: list[DnsLookup]
    wrong: list[str]
    apart: list[Row]
    """Answered rows of repeated queries: the lookup has the answer to the first one."""

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, if any."""
        return {name: len(found) for name, found in self._asdict().items() if found}


def decoded(path: str) -> Decoded:
    """Decode a capture as the command does with `-p any --protocols dns`."""
    decoder = decoder_for(parse_ports("any"), limits(Config()), frozenset({DnsLookup}), frozenset({"dns"}))
    intake = Intake(open_file(path), decoder)
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
    intake.close()
    intake.finish()
    lookups = [record for record in decoder.take().records() if type(record) is DnsLookup]
    return Decoded(lookups, Counter(decoder.health.oddities))


def compare(rows: list[Row], found: Decoded) -> Comparison:
    """Compare the rows of the corpus with DNS lookups; multicast DNS and LLMNR have no rows."""
    left = [lookup for lookup in found.lookups if lookup.kind == "dns"]
    comparison, used = Comparison([], left, [], []), []
    for row in rows:
        lookup = next((lookup for lookup in left if _same(row, lookup)), None)
        if lookup is None:
            comparison.missing.append(row)
        else:
            left.remove(lookup)
            used.append(lookup)
            comparison.wrong.extend(_differences(row, lookup))
    _account_for_retries(comparison, used)
    _account_for_oddities(comparison, found.oddities)
    return comparison


def _same(row: Row, lookup: DnsLookup) -> bool:
    ends = (host_port(lookup.client, lookup.client_port), host_port(lookup.server, lookup.server_port))
    at = lookup.time if row.get("orphan_response") else lookup.started
    return (
        at is not None
        and abs(at - row["ts"]) < MICROSECOND
        and (lookup.started is None) == bool(row.get("orphan_response"))
        and ends == (row["client"], row["server"])
        and lookup.transport == row["transport"]
        and _name(row) == lookup.name
    )


def _name(row: Row) -> str:
    name = row["query"] or ("(unknown)" if row.get("orphan_response") else "")
    return "." if name == "<Root>" else name.lower()


def _differences(row: Row, lookup: DnsLookup) -> list[str]:
    expected = (row.get("rcode"), row.get("answers"), row["qtype"])
    # The corpus has the lower four bits of the response code.
    rcode = CODES.index(lookup.rcode) & 15 if lookup.rcode else None
    answers = lookup.answers if lookup.rcode and row.get("answers") is not None else row.get("answers")
    kind = row["qtype"] if lookup.type in (TYPES.get(row["qtype"], lookup.type), f"TYPE{row['qtype']}") else lookup.type
    wrong = [] if expected == (rcode, answers, kind) else [f"{row}: {lookup}"]
    taken = None if lookup.response_time is None else round(lookup.response_time * 1e6)
    rtt = row.get("rtt_us")
    if (rtt is None) != (taken is None) or (rtt is not None and taken is not None and abs(rtt - taken) > 1):
        wrong.append(f"{row}: {taken} us")
    return wrong


def _account_for_retries(comparison: Comparison, lookups: list[DnsLookup]) -> None:
    """Take away rows of queries that a lookup counts as repeated."""
    for lookup in lookups:
        for _ in range(lookup.retries):
            row = next((row for row in comparison.missing if _repeats(row, lookup)), None)
            if row is None:
                comparison.wrong.append(f"no row for a retry of {lookup}")
                break
            comparison.missing.remove(row)
            if "rtt_us" in row:
                comparison.apart.append(row)


def _repeats(row: Row, lookup: DnsLookup) -> bool:
    ends = (host_port(lookup.client, lookup.client_port), host_port(lookup.server, lookup.server_port))
    asked = lookup.started or 0.0
    return ends == (row["client"], row["server"]) and _name(row) == lookup.name and asked < row["ts"] <= lookup.time


def _account_for_oddities(comparison: Comparison, oddities: Counter[str]) -> None:
    """Take away rows that an oddity counts: second answers, and messages without a readable question."""
    seconds, malformed = oddities[SECOND], sum(oddities[name] for name in MALFORMED)
    for row in list(comparison.missing):
        unreadable = row["query"] is None or row["query"].startswith("<Name")
        if unreadable and malformed:
            malformed -= 1
            comparison.missing.remove(row)
        elif row.get("orphan_response") and not unreadable and seconds:
            seconds -= 1
            comparison.missing.remove(row)


def zeek_differences(rows: list[Row], found: Decoded) -> list[str]:
    """Return rows of Zeek's log without a lookup that agrees in everything they say."""
    return [str(row) for row in rows if not any(_agrees(row, lookup) for lookup in found.lookups)]


def _agrees(row: Row, lookup: DnsLookup) -> bool:
    says = {
        "client": host_port(lookup.client, lookup.client_port),
        "server": host_port(lookup.server, lookup.server_port),
        "proto": lookup.transport,
        "query": lookup.name,
        "qtype_name": lookup.type,
        "rcode_name": lookup.rcode,
    }
    same = all(row[name].lower() == value.lower() for name, value in says.items() if name in row)
    rtt = float(row["rtt"]) if "rtt" in row else None
    return same and (rtt is None or (lookup.response_time is not None and abs(lookup.response_time - rtt) < 2e-6))
