"""Filters of DNS lookups, which have fields of their own."""

import pytest
from records import exchange, handshake, lookup, unanswered_lookup

from store.filtering.filter import parse
from store.matching import matching
from traffic.batch import RecordBatch
from traffic.records import DnsLookup

FOUND = lookup(name="shop.example.com")
UNKNOWN = lookup(name="no.example.net", rcode="NXDOMAIN", type="TXT", client="10.0.0.9")
SILENT = unanswered_lookup(server="10.0.0.54")
ANNOUNCED = lookup(kind="mdns", client="", name="printer.local", type="PTR")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rcode:NXDOMAIN", [UNKNOWN]),
        ("rcode=NOERROR", [FOUND, ANNOUNCED]),
        ("not rcode:NOERROR", [UNKNOWN, SILENT]),
        ("dns_type:^TXT$ or dns_name:printer", [UNKNOWN, ANNOUNCED]),
        ("client:10.0.0.9", [UNKNOWN]),
        ("server:10.0.0.54", [SILENT]),
        ("shop", [FOUND]),
        ("status:200", []),
        ("sni:shop", []),
    ],
)
def test_lookups_are_selected_by_their_own_fields(text: str, expected: list[DnsLookup]) -> None:
    assert matching(parse(text), RecordBatch([FOUND, UNKNOWN, SILENT, ANNOUNCED])).records() == expected


def test_a_field_of_lookups_matches_nothing_else() -> None:
    assert not parse("rcode:NOERROR")(exchange())
    assert not parse("rcode:NOERROR").passes(handshake())
