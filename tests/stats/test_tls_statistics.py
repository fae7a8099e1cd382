"""Statistics of TLS handshakes."""

from datetime import datetime, timezone
from typing import Any

import pytest
from records import handshake

from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch

NOW = datetime(2026, 11, 1, tzinfo=timezone.utc).timestamp()
DAY = 86400
HANDSHAKE = handshake(
    time=NOW,
    version="TLS 1.2",
    cipher="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ja4="t12d1516h2_8daaf6152771_e5627efa2ab1",
    certificate_subject="C=DE, O=Shop, CN=*.example.com",
    certificate_names="shop.example.com, *.example.com",
    not_before=NOW - 60 * DAY,
    not_after=NOW + 10 * DAY,
)
FAILED = HANDSHAKE._replace(outcome="failed", version="", cipher="", handshake_time=None)


def counted(name: str, *records: Any, **settings: object) -> dict[str, tuple[int, float]]:
    """Return count and total by key."""
    [statistic] = load([name], settings)
    store = Store([statistic], 10, 60, 100)
    store.add(RecordBatch(records))
    assert store.failures == []
    return {row.key: (row.window.count, row.window.total(statistic.unit)) for row in store.top(name, 100).rows}


@pytest.mark.parametrize(
    ("name", "record", "key"),
    [
        ("tls_versions", HANDSHAKE, "TLS 1.2"),
        ("tls_ciphers", HANDSHAKE, "ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("tls_ciphers", HANDSHAKE._replace(cipher="0xFEFE"), "0xFEFE"),
        ("tls_clients", HANDSHAKE, "t12d1516h2_8daaf6152771_e5627efa2ab1"),
        ("tls_failures", FAILED, "closed without a readable alert"),
        (
            "tls_failures",
            FAILED._replace(alert="certificate_expired", alert_side="client"),
            "certificate_expired from the client",
        ),
        ("tls_certificates_expiring", HANDSHAKE, "*.example.com until 2026-11-11"),
        ("tls_certificates_expiring", HANDSHAKE._replace(not_after=NOW - DAY), "*.example.com until 2026-10-31"),
        (
            "tls_certificates_expiring",
            HANDSHAKE._replace(certificate_subject="O=Shop"),
            "shop.example.com until 2026-11-11",
        ),
        (
            "tls_certificates_expiring",
            HANDSHAKE._replace(certificate_subject="", certificate_names=""),
            "(no name) until 2026-11-11",
        ),
    ],
)
def test_handshakes_are_counted(name: str, record: Any, key: str) -> None:
    assert counted(name, record, record) == {key: (2, 2)}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("tls_versions", FAILED),
        ("tls_ciphers", FAILED),
        ("tls_clients", HANDSHAKE._replace(ja4="")),
        ("tls_failures", HANDSHAKE._replace(alert="unrecognized_name", alert_side="server")),
        ("tls_handshake_time", FAILED),
        ("tls_certificates_expiring", HANDSHAKE._replace(not_after=NOW + 30 * DAY)),
        ("tls_certificates_expiring", HANDSHAKE._replace(not_after=None)),
    ],
)
def test_other_handshakes_do_not_count(name: str, record: Any) -> None:
    assert counted(name, record) == {}


def test_handshakes_are_timed_by_server() -> None:
    unnamed = HANDSHAKE._replace(server_name="", handshake_time=0.5)
    assert counted("tls_handshake_time", HANDSHAKE, unnamed) == {
        "shop.example.com": (1, 0.25),
        "10.0.0.5:443": (1, 0.5),
    }


def test_how_early_an_expiry_is_told_is_a_setting() -> None:
    late = HANDSHAKE._replace(not_after=NOW + 50 * DAY)
    assert counted("tls_certificates_expiring", late, tls_expiry_days=60) == {"*.example.com until 2026-12-21": (1, 1)}
