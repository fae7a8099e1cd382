"""Reads the DNS lookups that detectors are interested in. Pure."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import marked, text_at
from traffic.batch import Table
from traffic.registered_domain import guessed_domain, registered_domains

_ASKED_BY_PROGRAMS: Final = frozenset({"A", "AAAA", "HTTPS"})


class Asked(NamedTuple):
    """A lookup of a name at a DNS server."""

    number: int
    """Its row."""
    time: float
    client: str
    server: str
    server_port: int
    name: str
    type: str


@cache
def domains() -> Callable[[str], str]:
    """Return a function from names to registered domains, which guesses if the package for it is missing."""
    return registered_domains() or guessed_domain


def queries(table: Table) -> NDArray[np.bool_]:
    """Mark the ordinary queries: not multicast DNS, and no updates."""
    dns = marked(table.texts("kind"), lambda kind: kind == "dns")
    return dns & marked(table.texts("operation"), lambda operation: operation == "query")


def of_addresses(table: Table) -> NDArray[np.bool_]:
    """Mark the lookups for an address, which programs make to connect."""
    return marked(table.texts("type"), _ASKED_BY_PROGRAMS.__contains__)


def lookups(table: Table, rows: NDArray[np.bool_]) -> Iterator[Asked]:
    """Iterate over the chosen rows that have a client and a name."""
    (numbers,) = rows.nonzero()
    if not len(numbers):
        return
    times, ports = table.numbers("time"), table.numbers("server_port")
    clients, servers, names, types = map(table.texts, ("client", "server", "name", "type"))
    for number in numbers.tolist():
        client, name = text_at(clients, number), text_at(names, number)
        if client and name:
            server, kind = text_at(servers, number) or "", text_at(types, number) or ""
            yield Asked(number, float(times[number]), client, server, int(ports[number]), name, kind)
