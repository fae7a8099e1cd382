"""Statistics of packets, connections, TLS and DNS with records made by hand: the keys and amounts they count."""

from typing import Any

import pytest
from records import connection, dns_answer, hello, packet, quic

from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch

PACKET, CONNECTION, HELLO, ANSWER = packet(), connection(), hello(), dns_answer()


def counted(name: str, *records: Any) -> dict[str, tuple[int, float]]:
    [statistic] = load([name])
    store = Store([statistic], 10, 60, 100)
    store.add(RecordBatch(records))
    assert not store.failures
    return {row.key: (row.window.count, row.window.total(statistic.unit)) for row in store.top(name, 100).rows}


def test_protocols_by_source() -> None:
    icmp, other = packet(protocol=1, source_port=0, destination_port=0, length=98), packet(protocol=253, length=50)
    assert counted("protocols_by_client", PACKET, PACKET, icmp, other) == {
        "10.0.0.7 UDP": (2, 160),
        "10.0.0.7 ICMP": (1, 98),
        "10.0.0.7 protocol 253": (1, 50),
    }


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, "UDP 53 domain"),
        ({"source_port": 53, "destination_port": 40000}, "UDP 53 domain"),
        ({"protocol": 6, "destination_port": 443}, "TCP 443 https"),
        ({"protocol": 6, "source_port": 5432, "destination_port": 443}, "TCP 443 https"),
        ({"protocol": 6, "destination_port": 12345}, "TCP 12345"),
        ({"protocol": 1, "source_port": 0, "destination_port": 0}, "ICMP"),
    ],
)
def test_ports_by_source_are_service_ports(fields: dict[str, int], key: str) -> None:
    assert counted("ports_by_client", packet(**fields)) == {f"10.0.0.7 {key}": (1, 80)}


def test_connections_and_resets_by_server() -> None:
    six = {"server": "2001:db8::5", "connect_time": None, "resent_bytes": 0}
    records = [CONNECTION, connection(ending="reset", connect_time=0.75, resent_bytes=50), connection(**six)]
    assert counted("connections_per_server", *records) == {"10.0.0.5:80": (2, 2), "[2001:db8::5]:80": (1, 1)}
    assert counted("resets_per_server", *records) == {"10.0.0.5:80": (1, 1)}
    assert counted("resent_per_server", *records) == {"10.0.0.5:80": (2, 150)}
    assert counted("connect_time_per_server", *records) == {"10.0.0.5:80": (2, 1.0)}


def test_connections_by_number_of_requests() -> None:
    records = [connection(requests=number) for number in (0, 1, 1, 2, 9, 10, 99, 100, 5000)]
    assert {key: count for key, (count, _) in counted("connections_by_use", *records).items()} == {
        "no request read": 1,
        "1 request": 2,
        "2 to 9 requests": 2,
        "10 to 99 requests": 2,
        "100 requests and more": 2,
    }


def test_tls_connections_by_server_and_by_application() -> None:
    other = HELLO._replace(server_name="my.shop", client="10.0.0.8")
    assert counted("top_tls_servers", HELLO, HELLO, other) == {"dl.dropbox.com": (2, 2), "my.shop": (1, 1)}
    assert counted("saas_connections", HELLO, HELLO, other) == {"Dropbox 10.0.0.7": (2, 2)}


def test_dns_lookups_by_application() -> None:
    records = [ANSWER, ANSWER._replace(addresses=(), code=3), ANSWER._replace(name="my.shop")]
    assert counted("saas_lookups", *records) == {"Dropbox 10.0.0.7": (1, 1)}


def test_quic_connections_and_their_volume_by_server() -> None:
    records = [quic(), quic(server_bytes=4000, client_bytes=0), quic(server_name="", version="")]
    assert counted("quic_servers", *records) == {"shop.example.com": (2, 2), "10.0.0.5": (1, 1)}
    assert counted("quic_downloaded_per_server", *records) == {
        "shop.example.com": (2, 40_000),
        "10.0.0.5": (1, 36_000),
    }
    assert counted("quic_uploaded_per_server", *records) == {"shop.example.com": (1, 2400), "10.0.0.5": (1, 2400)}
    assert counted("quic_versions", *records) == {"1": (2, 2), "(unknown)": (1, 1)}
