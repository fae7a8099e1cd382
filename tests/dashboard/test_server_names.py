from dataclasses import replace
from datetime import timezone

from view_samples import CALM

from dashboard.console import render


def shown(*names: tuple[str, int]) -> str:
    health = replace(CALM.health, unreadable=(("TLS", 12), ("QUIC", 2)), server_names=names)
    lines = render(replace(CALM, health=health), 160, colour=False, zone=timezone.utc).splitlines()
    return next(line.partition("unreadable: ")[2] for line in lines if "unreadable" in line)


def test_tls_connections_are_named_by_their_servers() -> None:
    assert shown(("shop.example.com", 8), ("api.example.com", 4)) == (
        "12 TLS (shop.example.com 8, api.example.com 4), 2 QUIC connections"
    )
    assert shown() == "12 TLS, 2 QUIC connections"


def test_only_the_most_frequent_names_are_shown() -> None:
    assert shown(("a", 5), ("b", 3), ("c", 2), ("d", 1)) == "12 TLS (a 5, b 3, c 2, ...), 2 QUIC connections"


def test_a_name_cannot_push_the_rest_away() -> None:
    assert shown(("a" * 100 + ".example", 1)).endswith("aa.example 1), 2 QUIC connections")
