"""Filters of QUIC connections, whose server name and fingerprint are fields that TLS handshakes have too."""

import pytest
from records import exchange, handshake, quic

from store.filtering.filter import parse
from store.matching import matching
from traffic.batch import RecordBatch
from traffic.records import QuicConnection

SHOP = quic(server_name="shop.example.com", version="1", client="10.0.0.7")
DRAFT = quic(server_name="blog.example.com", version="draft-29", ja4="q13d0310h3_55b375c5d22e_cd85d2d88918")
JOINED = quic(server_name="", version="", ja4="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [SHOP, DRAFT, JOINED]),
        ("sni:shop", [SHOP]),
        ("quic_version=1", [SHOP]),
        ("quic_version:^draft", [DRAFT]),
        ("not quic_version=1", [DRAFT, JOINED]),
        ("ja4:^q13d0310 or client:10.0.0.7", [SHOP, DRAFT]),
        ("blog", [DRAFT]),
        ("port:443 example", [SHOP, DRAFT]),
        ("tls_version:1", []),
        ("status:200", []),
    ],
)
def test_connections_are_selected_by_their_own_fields(text: str, expected: list[QuicConnection]) -> None:
    assert matching(parse(text), RecordBatch([SHOP, DRAFT, JOINED])).records() == expected


def test_a_server_name_selects_handshakes_and_connections_alike() -> None:
    over_tcp, other = handshake(server_name="shop.example.com"), exchange()
    assert matching(parse("sni:shop"), RecordBatch([over_tcp, other, SHOP])).records() == [over_tcp, SHOP]
