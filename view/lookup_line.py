"""Writes a DNS lookup as one line of JSON, with the field names of the Elastic Common Schema, like exchanges. Pure;
`docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any

from traffic.records import TIMEOUT, DnsLookup
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment, nanoseconds


def lookup_line(lookup: DnsLookup) -> str:
    """Write the lookup as one JSON object without a line end."""
    return encoded({name: value for name, value in lookup_fields(lookup) if value not in (None, "", [])})


def lookup_fields(lookup: DnsLookup) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    end = microseconds(lookup.time)
    start = end if lookup.started is None else microseconds(lookup.started)
    yield "@timestamp", moment(start)
    yield "event.start", moment(start)
    yield "event.end", moment(end)
    yield "event.duration", nanoseconds(lookup.response_time)
    yield "event.outcome", _outcome(lookup)
    yield "source.ip", lookup.client
    yield "source.port", lookup.client_port if lookup.client else None
    yield "destination.ip", lookup.server
    yield "destination.port", lookup.server_port
    yield "network.protocol", lookup.kind
    yield "network.transport", lookup.transport
    yield from _question(lookup)
    yield from _answer(lookup)
    yield "ecs.version", ECS_VERSION


def _outcome(lookup: DnsLookup) -> str:
    if lookup.rcode:
        return "success" if lookup.rcode == "NOERROR" else "failure"
    return "failure" if lookup.ending == TIMEOUT else "unknown"


def _question(lookup: DnsLookup) -> Iterator[tuple[str, Any]]:
    yield "dns.type", "answer" if lookup.rcode else "query"
    yield "dns.op_code", lookup.operation.upper()
    yield "dns.question.name", lookup.name
    yield "dns.question.type", lookup.type
    yield "dns.header_flags", lookup.flags.upper().split()
    yield "http_monitor.retries", lookup.retries or None
    yield "http_monitor.ending", lookup.ending


def _answer(lookup: DnsLookup) -> Iterator[tuple[str, Any]]:
    yield "dns.response_code", lookup.rcode
    yield "dns.resolved_ip", list(lookup.addresses)
    if lookup.rcode:
        yield "http_monitor.answers", lookup.answers
        yield "destination.bytes", lookup.size
    yield "http_monitor.truncated", lookup.truncated or None
    yield "http_monitor.dnssec", lookup.dnssec.split(", ") if lookup.dnssec else []
    yield "http_monitor.extended_dns_errors", lookup.ede.split(", ") if lookup.ede else []
