"""Records of every kind that the log has lines for, with ordinary texts and with any."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final

from hypothesis import strategies as st
from notice_samples import CALM, DISMISSED, FLAPPING, RAISED, START
from records import exchange, file_transfer, finding, handshake, lookup, quic, request, unanswered_lookup

from blocking.block import Block, Blocked, Lifted, Why
from outputs.log.formats import FORMATS, Terms
from outputs.log.kinds import Origin
from view.exchange_line import Discretion

ORIGIN: Final = Origin("http-monitor", "HTTP monitor", "0.2.0", "web-1")
TERMS: Final = Terms(ORIGIN)
OPEN: Final = Terms(ORIGIN, Discretion(queries=True, credentials=True))
ASKED: Final = request(
    target="/cart/add?item=7&token=a=b|c", referrer="https://example.com/?q=x", request_headers="x-cache: HIT"
)
OF_A_SERVICE: Final = exchange(
    ASKED,
    protocol="grpc",
    operation="shop.Cart/Add",
    grpc_status=0,
    tls_version="TLS 1.3",
    server_name="shop.example.com",
    process="nginx",
    process_id=4711,
    user="www-data",
    container="web",
    container_id="9f2c41d7",
    pod="shop/cart-7d4",
    oddities=("bad chunk size", "multiple Host fields"),
    missing_bytes=10,
    response_headers="x-cache: MISS\ncontent-encoding: gzip",
)
BLOCK: Final = Block(
    "203.0.113.7", START, START + 600, "path_scan", "medium", "asked for 30 paths that do not exist", "203.0.113.7"
)
SAMPLES: Final[Mapping[str, tuple[Any, ...]]] = {
    "exchanges": (
        exchange(ASKED),
        OF_A_SERVICE,
        exchange(None),
        exchange(None, answered=None, status=None, response_time=None),
        exchange(request(method="PATCH", client="2001:db8::1", source="10.9.9.9"), server="2001:db8::2"),
        exchange(request(method="CONNECT", target="shop.example.com:443"), status=502),
        exchange(request(target="*", method="OPTIONS")),
        exchange(ASKED, status=None, answered=None, ending="timeout", total_time=None),
    ),
    "handshakes": (
        handshake(),
        handshake(version="", cipher="", ja3s="", alert="unknown_ca", alert_side="client", outcome="failed"),
        handshake(certificate_subject="CN=a", certificate_issuer="CN=b", certificate_names="a, b", not_after=9.0),
    ),
    "lookups": (
        lookup(),
        unanswered_lookup(),
        lookup(name="", rcode="SERVFAIL", addresses=(), ede="6 DNSSEC Bogus"),
        lookup(type="AAAA", addresses=("2001:db8::1",), transport="tcp", operation="update"),
    ),
    "quic": (quic(), quic(server_name="", alpn="", ja4="")),
    "files": (
        file_transfer(),
        file_transfer(direction="upload", path="", host="", media_type="", client_port=0),
    ),
    "findings": (
        finding(evidence="/backup.zip"),
        finding(client="", host="", technique="", severity="critical"),
        finding(path="/login", technique="T1110", server="", server_port=0, severity="info"),
    ),
    "alerts": (RAISED, DISMISSED, FLAPPING, CALM),
    "blocks": (
        Blocked(START, BLOCK),
        Lifted(START + 60, replace(BLOCK, client="2001:db8::7", network="2001:db8::/64", dry_run=True), Why.LIFTED),
    ),
}
"""Ordinary records by the names in `log_records`."""
EACH: Final = [(name, record) for name, records in SAMPLES.items() for record in records]
_MEANING: Final = ("severity", "signal")
"""Texts that come from the program, and never from the wire."""
texts: Final = st.text() | st.text(alphabet="|=\\\n\r\t^\0\x7f\x85\u2028 a", max_size=20)


@st.composite
def hostile(draw: Any, name: str) -> Any:
    """Return a record of a kind whose texts are anything."""
    return _with_texts(draw, draw(st.sampled_from(SAMPLES[name])))


def _with_texts(draw: Any, value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return draw(texts)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        record: Any = value
        changed = {key: _with_texts(draw, getattr(value, key)) for key in record._fields if key not in _MEANING}
        return record._replace(**changed)
    if isinstance(value, tuple):
        return tuple(_with_texts(draw, each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in fields(value) if each.name not in _MEANING]
        return replace(value, **{name: _with_texts(draw, getattr(value, name)) for name in names})
    return value


def line(form: str, name: str, record: Any, terms: Terms = TERMS) -> str:
    """Return the line of a record in a format."""
    return FORMATS[form](terms)[name](record)
