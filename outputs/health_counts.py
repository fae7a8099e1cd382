"""The counters of what was captured and missed, as Prometheus and OTLP name them. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from view.view import HealthView


class Count(NamedTuple):
    """A counter."""

    name: str
    text: str
    field: str
    """Its field of `HealthView`."""
    unit: str
    """What is counted, in the notation of OpenTelemetry (UCUM)."""
    label: str = ""
    """Label of its parts; empty if it is one number."""


COUNTS: Final = (
    Count("packets", "Packets captured.", "frames", "{packet}"),
    Count(
        "dropped_packets", "Packets that the kernel dropped because the monitor was too slow.", "dropped", "{packet}"
    ),
    Count(
        "decoded_requests",
        "Request heads decoded, including those of unfinished requests.",
        "requests",
        "{request}",
    ),
    Count("lost_records", "Records dropped because the queue was full.", "queue_lost", "{record}"),
    Count("gaps", "Gaps in TCP streams.", "gaps", "{gap}"),
    Count("missing_bytes", "Bytes missing from TCP streams.", "missing_bytes", "By"),
    Count(
        "unpaired_responses",
        "Responses that could not be matched to a request.",
        "unpaired_responses",
        "{response}",
    ),
    Count(
        "unanswered_requests",
        "Requests that could not be matched to a response.",
        "unanswered_requests",
        "{request}",
    ),
    Count(
        "unnamed_requests",
        "HTTP/2 requests whose method, host or path could not be known.",
        "unnamed_requests",
        "{request}",
    ),
    Count(
        "unknown_owners",
        "Exchanges of this host whose process and container are unknown.",
        "unknown_owners",
        "{exchange}",
    ),
    Count(
        "unasked_owners",
        "Connections whose owners were not looked up: too many.",
        "unasked_owners",
        "{connection}",
    ),
    Count(
        "forgotten_owners",
        "Owners of connections that a limit made us forget.",
        "forgotten_owners",
        "{owner}",
    ),
    Count(
        "evicted_connections",
        "Connections dropped because a limit was reached.",
        "evicted",
        "{connection}",
    ),
    Count("inspected_exchanges", "Exchanges whose content was inspected.", "inspected", "{exchange}"),
)
"""Counters without labels."""
LABELLED: Final = (
    Count(
        "unreadable_connections",
        "Connections that are not readable HTTP, by kind.",
        "unreadable",
        "{connection}",
        "kind",
    ),
    Count(
        "secrets",
        "What became of TLS secrets and of what they are for, by name.",
        "secrets",
        "{secret}",
        "name",
    ),
    Count(
        "uninspected_exchanges",
        "Exchanges whose content should have been inspected and was not, by reason.",
        "uninspected",
        "{exchange}",
        "reason",
    ),
    Count("oddities", "Malformed or hostile input, by name.", "oddities", "{oddity}", "name"),
)
"""Counters with one label."""


def values(count: Count, health: HealthView) -> Iterator[tuple[str, int]]:
    """Yield the value of a counter, for each value of its label; the label is empty if it has none."""
    value = getattr(health, count.field)
    yield from value if count.label else (("", value),)
