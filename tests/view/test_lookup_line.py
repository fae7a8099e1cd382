"""DNS lookups in the log, with the field names of the Elastic Common Schema."""

import json
from typing import Any

import pytest
from records import lookup, unanswered_lookup

from traffic.records import DnsLookup
from view.lookup_line import lookup_line


def line(record: DnsLookup) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lookup_line(record))
    return found


def test_a_lookup_has_the_fields_of_the_schema() -> None:
    assert line(lookup()) == {
        "@timestamp": "1970-01-01T00:00:01.000000Z",
        "event.start": "1970-01-01T00:00:01.000000Z",
        "event.end": "1970-01-01T00:00:01.250000Z",
        "event.duration": 250_000_000,
        "event.outcome": "success",
        "source.ip": "10.0.0.7",
        "source.port": 40000,
        "destination.ip": "10.0.0.53",
        "destination.port": 53,
        "destination.bytes": 60,
        "network.protocol": "dns",
        "network.transport": "udp",
        "dns.type": "answer",
        "dns.op_code": "QUERY",
        "dns.question.name": "www.example.com",
        "dns.question.type": "A",
        "dns.header_flags": ["RD", "RA"],
        "dns.response_code": "NOERROR",
        "dns.resolved_ip": ["192.0.2.1"],
        "http_monitor.answers": 1,
        "http_monitor.ending": "complete",
        "ecs.version": "8.11.0",
    }


def test_dnssec_errors_and_retries_are_told() -> None:
    signed = line(
        lookup(dnssec="RRSIG, NSEC3", ede="6 DNSSEC Bogus, 22 No Reachable Authority", retries=2, truncated=True)
    )
    assert signed["http_monitor.dnssec"] == ["RRSIG", "NSEC3"]
    assert signed["http_monitor.extended_dns_errors"] == ["6 DNSSEC Bogus", "22 No Reachable Authority"]
    assert (signed["http_monitor.retries"], signed["http_monitor.truncated"]) == (2, True)


@pytest.mark.parametrize(
    ("record", "outcome", "kind"),
    [
        (lookup(rcode="NXDOMAIN"), "failure", "answer"),
        (unanswered_lookup(), "failure", "query"),
        (unanswered_lookup(ending="capture_end"), "unknown", "query"),
        (unanswered_lookup(kind="mdns", ending="complete"), "unknown", "query"),
    ],
)
def test_the_outcome_is_that_of_the_lookup(record: DnsLookup, outcome: str, kind: str) -> None:
    told = line(record)
    assert (told["event.outcome"], told["dns.type"], told.get("dns.response_code", "")) == (outcome, kind, record.rcode)


def test_what_is_announced_to_all_has_no_source() -> None:
    told = line(lookup(kind="mdns", client="", client_port=5353, started=None, response_time=None))
    assert not {"source.ip", "source.port", "event.duration"} & told.keys()
    assert told["event.start"] == told["event.end"]
