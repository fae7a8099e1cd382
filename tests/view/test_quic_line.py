"""QUIC connections in the log, with the field names of the Elastic Common Schema."""

import json
from typing import Any

from records import quic

from traffic.records import QuicConnection
from view.quic_line import quic_line


def line(record: QuicConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(quic_line(record))
    return found


def test_a_connection_has_the_fields_of_the_schema() -> None:
    assert line(quic()) == {
        "@timestamp": "1970-01-01T00:00:01.750000Z",
        "event.start": "1970-01-01T00:00:01.750000Z",
        "event.end": "1970-01-01T00:00:02.250000Z",
        "event.duration": 500_000_000,
        "source.ip": "10.0.0.1",
        "source.port": 50000,
        "source.packets": 9,
        "source.bytes": 2400,
        "destination.ip": "10.0.0.5",
        "destination.port": 443,
        "destination.packets": 30,
        "destination.bytes": 36_000,
        "network.transport": "udp",
        "network.protocol": "quic",
        "tls.client.server_name": "shop.example.com",
        "http_monitor.quic_version": "1",
        "http_monitor.offered_alpn": ["h3", "h3-29"],
        "http_monitor.ja4": "q13d0312h3_55b375c5d22e_06cda9e17597",
        "ecs.version": "8.11.0",
    }


def test_what_is_unknown_is_left_out_and_what_is_unusual_is_told() -> None:
    unnamed = line(quic(server_name="", alpn="", ja4="", version=""))
    assert [name for name in line(quic()) if name not in unnamed] == [
        "tls.client.server_name",
        "http_monitor.quic_version",
        "http_monitor.offered_alpn",
        "http_monitor.ja4",
    ]
    odd = line(quic(zero_rtt=3, ech=True, retry=True, migrated=True, user_agent="Chrome/77"))
    assert {name: value for name, value in odd.items() if name not in line(quic())} == {
        "http_monitor.zero_rtt_packets": 3,
        "http_monitor.ech": True,
        "http_monitor.retry": True,
        "http_monitor.migrated": True,
        "user_agent.original": "Chrome/77",
    }
