"""The fields of Sigma's web server, proxy and DNS logs in our records. Pure.

Names are those of Sigma's taxonomy, the W3C extended log format, and Zeek's http.log and dns.log.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from detection.exchanges import marked, text_at
from traffic.batch import ABSENT, Table, Texts
from traffic.records import DnsLookup, Exchange


class Field(NamedTuple):
    """A field of a log as a column of a table."""

    column: str
    number: bool = False


_EXCHANGE: Final[Mapping[str, Field]] = MappingProxyType(
    {
        **dict.fromkeys(("cs-method", "method", "http_method"), Field("method")),
        # Rules look for paths in the query, because many servers log them together.
        **dict.fromkeys(("cs-uri", "cs-uri-query", "c-uri-query", "uri", "cs-uri-path"), Field("target")),
        **dict.fromkeys(("cs-uri-stem", "c-uri-stem", "c-uri-path"), Field("path")),
        **dict.fromkeys(("c-uri", "url"), Field("url")),
        "c-uri-extension": Field("extension"),
        **dict.fromkeys(("cs-host", "r-dns", "c-uri-host", "host", "cs(host)"), Field("domain")),
        **dict.fromkeys(("c-useragent", "cs-user-agent", "user_agent", "cs(user-agent)"), Field("user_agent")),
        **dict.fromkeys(("cs-referer", "cs-referrer", "referrer", "cs(referer)"), Field("referrer")),
        **dict.fromkeys(("sc-content-type", "rs-content-type", "resp_mime_types"), Field("content_type")),
        **dict.fromkeys(("c-ip", "src_ip", "id.orig_h"), Field("client")),
        **dict.fromkeys(("s-ip", "r-ip", "dst_ip", "id.resp_h"), Field("server")),
        **dict.fromkeys(("s-port", "r-port", "dst_port", "id.resp_p"), Field("server_port", number=True)),
        **dict.fromkeys(("sc-status", "status_code"), Field("status", number=True)),
        **dict.fromkeys(("cs-bytes", "request_body_len"), Field("request_bytes", number=True)),
        **dict.fromkeys(("sc-bytes", "response_body_len"), Field("response_bytes", number=True)),
    }
)
_LOOKUP: Final[Mapping[str, Field]] = MappingProxyType(
    {
        **dict.fromkeys(("query", "queryname", "dns.question.name"), Field("name")),
        **dict.fromkeys(("record_type", "querytype", "qtype_name", "query_type"), Field("type")),
        **dict.fromkeys(("rcode", "rcode_name", "response_code"), Field("rcode")),
        **dict.fromkeys(("src_ip", "c-ip", "id.orig_h"), Field("client")),
        **dict.fromkeys(("dst_ip", "s-ip", "id.resp_h"), Field("server")),
        **dict.fromkeys(("dst_port", "id.resp_p"), Field("server_port", number=True)),
    }
)
FIELDS: Final[Mapping[type, Mapping[str, Field]]] = MappingProxyType({Exchange: _EXCHANGE, DnsLookup: _LOOKUP})
"""Fields by their names in lower case."""

KEYWORDS: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {Exchange: ("target", "domain", "user_agent", "referrer"), DnsLookup: ("name",)}
)
"""Columns in which a value without a field is looked for: what a line of a log consists of."""


def column_of(table: Table, column: str) -> Texts:
    """Return a column of texts, or make one from others."""
    return _MADE[column](table) if column in _MADE else table.texts(column)


def _urls(table: Table) -> Texts:
    """Return the whole URL of each exchange, as a proxy logs it."""
    authorities, targets = table.texts("authority"), table.texts("target")
    encrypted = marked(table.texts("tls_version"), bool)
    codes: dict[tuple[int, int, bool], int] = {}
    values: list[str] = []
    found = np.full(len(table), ABSENT, np.int32)
    keys = zip(authorities.codes.tolist(), targets.codes.tolist(), encrypted.tolist(), strict=True)
    for row, (authority, target, is_https) in enumerate(keys):
        if target < 0:
            continue
        code = codes.setdefault((authority, target, is_https), len(values))
        if code == len(values):
            text, host = targets.values[target], text_at(authorities, row) or ""
            values.append(f"http{'s' if is_https else ''}://{host}{text}" if text.startswith("/") else text)
        found[row] = code
    return Texts(found, values)


def _extensions(table: Table) -> Texts:
    """Return what follows the last dot of the last part of each path; empty if there is none."""
    paths = table.texts("path")
    return Texts(paths.codes, [path.rpartition("/")[2].partition(".")[2].rpartition(".")[2] for path in paths.values])


_MADE: Final[Mapping[str, Callable[[Table], Texts]]] = MappingProxyType({"url": _urls, "extension": _extensions})
