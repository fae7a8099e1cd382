"""Filters of TLS handshakes, which have fields of their own."""

from typing import Any

import pytest
from records import exchange, handshake

from stats.loading import load
from store.filtering.filter import parse
from store.lens import Lens
from store.matching import matching
from store.recent import MOST_OTHERS, Recent
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import TlsHandshake, TlsHello

SHOP = handshake(server_name="shop.example.com", version="TLS 1.2", client="10.0.0.7")
BLOG = handshake(server_name="blog.example.com", ja4="t12d1516h2_8daaf6152771_e5627efa2ab1")
LATE = handshake(server_name="", version="", ja4="")
HELLO = TlsHello(1.0, "10.0.0.1", 1000, "10.0.0.2", 443, "shop.example.com")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [SHOP, BLOG, LATE]),
        ("sni:shop", [SHOP]),
        ("sni=shop.example.com", [SHOP]),
        ("not sni:shop", [BLOG, LATE]),
        ("tls_version:1.2", [SHOP]),
        ("tls_version!=1.2", [SHOP, BLOG, LATE]),
        ("ja4:^t12 or client:10.0.0.7", [SHOP, BLOG]),
        ("blog", [BLOG]),
        ("port:443 example", [SHOP, BLOG]),
        ("status:200", []),
        ("not status:200", [SHOP, BLOG, LATE]),
        ("top_domains=shop.example.com", []),
    ],
)
def test_handshakes_are_selected_by_their_own_fields(text: str, expected: list[TlsHandshake]) -> None:
    wanted = parse(text, load(["top_domains"]))
    assert matching(wanted, RecordBatch([SHOP, BLOG, LATE])).records() == expected


def test_a_field_of_handshakes_matches_no_exchange_in_the_clear() -> None:
    assert not parse("sni:example")(exchange())
    assert parse("not sni:example")(exchange())


def test_decrypted_exchanges_are_selected_by_their_connection() -> None:
    inside = exchange(tls_version="TLS 1.3", server_name="shop.example.com")
    assert parse("sni:example tls_version:1.3")(inside)
    assert not parse("tls_version:1.2 or ja4:t13")(inside)


def test_both_parts_of_a_combined_filter_must_match() -> None:
    both = parse("sni:example") & parse("tls_version:1.2")
    assert (both.passes(SHOP), both.passes(BLOG)) == (True, False)


def test_records_without_fields_pass() -> None:
    assert matching(parse("status:200"), RecordBatch([HELLO, SHOP])).records() == [HELLO]


def counted(lens: Lens) -> dict[str, int]:
    return {row.key: row.window.count for row in lens.store.top("tls_versions", 9).rows}


def test_a_lens_counts_recent_handshakes_and_later_ones() -> None:
    recent, store = Recent(10, 1000), Store(load(["tls_versions"]), 10, 60, 100)
    recent.take(batch(SHOP, BLOG, SHOP))
    lens = Lens(parse("sni:shop"), recent, store)
    assert counted(lens) == {"TLS 1.2": 2}
    lens.take(batch(BLOG, SHOP))
    assert counted(lens) == {"TLS 1.2": 3}


def test_only_the_latest_handshakes_are_kept() -> None:
    recent = Recent(10, 1000)
    for _ in range(3):
        recent.take(batch(*[SHOP] * (MOST_OTHERS // 2)))
    assert len(recent.others) == MOST_OTHERS


def batch(*records: Any) -> RecordBatch:
    return RecordBatch(records)
