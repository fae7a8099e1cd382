"""TLS handshakes in the log, with the field names of the Elastic Common Schema."""

import json
from typing import Any

from records import handshake

from traffic.records import TlsHandshake
from view.handshake_line import handshake_line


def line(record: TlsHandshake) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(handshake_line(record))
    return found


def test_a_handshake_has_the_fields_of_the_schema() -> None:
    assert line(handshake()) == {
        "@timestamp": "1970-01-01T00:00:01.750000Z",
        "event.start": "1970-01-01T00:00:01.750000Z",
        "event.end": "1970-01-01T00:00:02.000000Z",
        "event.outcome": "success",
        "source.ip": "10.0.0.1",
        "source.port": 50000,
        "destination.ip": "10.0.0.5",
        "destination.port": 443,
        "network.protocol": "tls",
        "tls.version": "1.3",
        "tls.version_protocol": "tls",
        "tls.cipher": "TLS_AES_128_GCM_SHA256",
        "tls.established": True,
        "tls.resumed": False,
        "tls.client.server_name": "shop.example.com",
        "tls.client.ja3": "aa50c12a5dfa717d9d6ab34e97de79d5",
        "tls.server.ja3s": "15af977ce25de452b96affa2addb1036",
        "http_monitor.ja4": "t13d1516h2_8daaf6152771_e5627efa2ab1",
        "http_monitor.offered_alpn": ["h2", "http/1.1"],
        "http_monitor.handshake": "established",
        "http_monitor.handshake_time": 250_000_000,
        "http_monitor.connect_time": 125_000_000,
        "ecs.version": "8.11.0",
    }


def test_a_certificate_and_an_alert_are_told() -> None:
    failed = line(
        handshake(
            version="TLS 1.2",
            alpn="h2",
            certificate_subject="CN=shop.example.com",
            certificate_issuer="CN=A CA",
            certificate_names="shop.example.com, 10.0.0.5",
            not_before=0.0,
            not_after=86400.0,
            alert="certificate_expired",
            alert_side="client",
            starttls=True,
            outcome="failed",
            handshake_time=None,
        )
    )
    assert (failed["event.outcome"], failed["tls.established"]) == ("failure", False)
    assert (failed["http_monitor.alert"], failed["http_monitor.alert_side"]) == ("certificate_expired", "client")
    assert failed["tls.server.x509.alternative_names"] == ["shop.example.com", "10.0.0.5"]
    assert failed["tls.server.not_after"] == "1970-01-02T00:00:00.000000Z"
    assert (failed["tls.next_protocol"], failed["http_monitor.starttls"]) == ("h2", True)
    assert "http_monitor.handshake_time" not in failed


def test_what_is_not_known_is_left_out() -> None:
    unknown = line(handshake(version="", cipher="", server_name="", ja3s="", connect_time=None, outcome="incomplete"))
    assert unknown["event.outcome"] == "unknown"
    assert not {"tls.version", "tls.version_protocol", "tls.cipher", "tls.server.subject"} & unknown.keys()


def test_an_old_version_has_the_protocol_of_its_time() -> None:
    old = line(handshake(version="SSL 3.0"))
    assert (old["tls.version_protocol"], old["tls.version"]) == ("ssl", "3.0")
