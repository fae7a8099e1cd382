"""Filters made of what a user points at: a value of a field, a row of a top list, an exchange.

Each is the text of a term, which `narrowed` adds to a filter. It can be edited like one that was typed.
"""

import re
from collections.abc import Sequence
from typing import Final

from stats.statistic import Statistic
from store.filtering.words import WordKind, words
from traffic.records import Exchange, Request
from traffic.text import host_port

_BARE: Final = re.compile(r"[\w./-]*\w[\w./-]*", re.ASCII)
"""Values that need no quotes."""

_FIELDS: Final = {
    "top_clients": "client", "top_domains": "host", "top_methods": "method", "top_status_codes": "status",
    "top_protocols": "protocol", "top_operations": "operation", "tls_versions": "tls_version", "tls_clients": "ja4",
}  # fmt: skip
"""Statistics whose keys are the values of a field, which has a shorter name. Other keys are in parentheses."""


def term(field: str, value: str) -> str:
    """Return a term that matches the whole value of a field."""
    bare = _BARE.fullmatch(value) and value.lower() not in ("and", "or", "not")
    return f"{field}={value}" if bare else f"{field}={quoted(value)}"


def containing(field: str, text: str) -> str:
    """Return a term that searches a field for a text as it is."""
    pattern = re.escape(text).replace('"', '\\"')
    return f'{field}:"{pattern}"'


def quoted(value: str) -> str:
    """Put a value in quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def of_row(statistic: Statistic, key: str) -> str:
    """Return a term for a row of a top list; empty if the statistic does not count exchanges."""
    if statistic.name == "grpc_status_codes":
        return term("grpc_status", key.partition(" ")[0])  # without its name
    field = _FIELDS.get(statistic.name)
    if field is not None and not key.startswith("("):
        return term(field, key)
    return f"{statistic.name}={quoted(key)}" if statistic.record in (Request, Exchange) else ""


def of_exchange(exchange: Exchange) -> str:
    """Return a term for the exchanges with the same host and path, or the same server if they are unknown."""
    request = exchange.request
    if request is None:
        return term("server", host_port(exchange.server, exchange.server_port))
    return f"{term('host', request.domain)} {term('path', request.path)}"


def opposite(wanted: str) -> str:
    """Return a term that matches what another one does not."""
    return f"not ({wanted})" if " " in wanted else f"not {wanted}"


def narrowed(text: str, terms: Sequence[str]) -> str:
    """Add terms to a filter in canonical form, unless it has them already."""
    new = [each for each in terms if f" {each} " not in f" {text} "]
    if new and _has_alternatives(text):
        text = f"({text})"
    return " ".join([text, *new] if text else new)


def _has_alternatives(text: str) -> bool:
    """Return whether an `or` joins the text, outside of all parentheses."""
    depth = 0
    for word in words(text):
        depth += (word.kind is WordKind.OPEN) - (word.kind is WordKind.CLOSE)
        if word.kind is WordKind.OR and not depth:
            return True
    return False
