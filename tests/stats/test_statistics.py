"""Each statistic with records made by hand: the keys and amounts it counts."""

from typing import Any

import pytest

from stats.loading import load
from stats.statistic import ScapyPacket
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import CAPTURE_END, CLOSED, EVICTED, GAP, RESET, TIMEOUT, Exchange, Request

REQUEST = Request(
    time=1.0,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=80,
    method="GET",
    host="My.Site.com:8080",
    target="/pages/create?x=1",
    version="1.1",
    user_agent="curl/8.0",
    referrer="",
)
EXCHANGE = Exchange(
    time=2.0,
    client="10.0.0.1",
    client_port=50000,
    server="10.0.0.5",
    server_port=80,
    request=REQUEST,
    status=200,
    request_bytes=0,
    response_bytes=5000,
    response_time=0.25,
    total_time=0.5,
    content_type="text/html",
    missing_bytes=0,
    ending="complete",
)


def counted(name: str, *records: Any) -> dict[str, tuple[int, float]]:
    """Return count and total by key."""
    [statistic] = load([name])
    store = Store([statistic], 10, 60, 100)
    store.add(RecordBatch(records))
    assert store.failures == []
    return {row.key: (row.window.count, row.window.total(statistic.unit)) for row in store.top(name, 100).rows}


def request(**fields: Any) -> Request:
    return REQUEST._replace(**fields)


def exchange(**fields: Any) -> Exchange:
    return EXCHANGE._replace(**fields)


@pytest.mark.parametrize(
    ("name", "record", "key"),
    [
        ("top_clients", REQUEST, "10.0.0.1"),
        ("top_referrers", request(referrer="https://Search.Example.org:8443/?q=1"), "search.example.org"),
        ("top_referrers", request(referrer="https://[2001:db8::1]/"), "2001:db8::1"),
        ("top_referrers", request(referrer="https://[2001:db8/"), "(malformed)"),
        ("top_content_types", EXCHANGE, "text/html"),
        ("top_content_types", exchange(content_type=""), "(none)"),
        ("top_http_versions", request(version="1.0"), "HTTP/1.0"),
        ("top_paths", REQUEST, "my.site.com/pages/create"),
        ("not_found_paths", exchange(status=404), "my.site.com/pages/create"),
        ("not_found_paths", exchange(status=410), "my.site.com/pages/create"),
        ("server_error_paths", exchange(status=500), "my.site.com/pages/create"),
        ("server_error_paths", exchange(status=599), "my.site.com/pages/create"),
        ("request_rate", REQUEST, "requests"),
        ("top_sections", REQUEST, "my.site.com/pages"),
        ("top_sections", request(target="/"), "my.site.com/"),
        ("top_domains", REQUEST, "my.site.com"),
        ("top_domains", request(host=""), "10.0.0.5"),
        ("top_user_agents", REQUEST, "curl/8.0"),
        ("top_user_agents", request(user_agent=""), "(none)"),
        ("top_methods", REQUEST, "GET"),
        ("top_methods", request(method="get"), "get"),
        ("top_status_codes", EXCHANGE, "200"),
        ("top_status_codes", exchange(request=None, status=404), "404"),
        ("top_status_codes", exchange(status=None, ending=CLOSED), "(no response)"),
        ("top_status_codes", exchange(status=None, ending=RESET), "(no response)"),
        ("top_status_codes", exchange(status=None, ending=TIMEOUT), "(no response)"),
        ("top_status_codes", exchange(status=None, ending=GAP), "(not seen)"),
        ("top_status_codes", exchange(status=None, ending=EVICTED), "(not seen)"),
        ("top_status_codes", exchange(status=None, ending=CAPTURE_END), "(not seen)"),
        ("status_classes", exchange(status=101), "1xx"),
        ("status_classes", EXCHANGE, "2xx"),
        ("status_classes", exchange(request=None, status=599), "5xx"),
        ("status_classes", exchange(status=None, ending=RESET), "(no response)"),
        ("status_classes", exchange(status=None, ending=GAP), "(not seen)"),
    ],
)
def test_hits(name: str, record: Any, key: str) -> None:
    assert counted(name, record, record) == {key: (2, 2)}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("top_referrers", REQUEST),
        ("top_referrers", request(referrer="http://my.site.com/other")),
        ("top_referrers", request(referrer="about:blank")),
        ("top_content_types", exchange(response_bytes=0, status=304)),
        ("not_found_paths", EXCHANGE),
        ("not_found_paths", exchange(status=404, request=None)),
        ("server_error_paths", exchange(status=499)),
        ("server_error_paths", exchange(status=None, ending=RESET)),
        ("largest_responses", exchange(response_bytes=0)),
        ("largest_responses", exchange(request=None)),
        ("response_time_by_path", exchange(request=None)),
        ("response_time_by_section", exchange(response_time=None)),
        ("response_time_by_domain", exchange(response_time=None)),
    ],
)
def test_unrelated_records_do_not_count(name: str, record: Any) -> None:
    assert counted(name, record) == {}


def test_volumes_of_clients_in_both_directions() -> None:
    records = [exchange(request_bytes=100), exchange(client="10.0.0.2", request_bytes=1), exchange(response_bytes=0)]
    assert counted("uploaded_per_client", *records) == {"10.0.0.1": (1, 100), "10.0.0.2": (1, 1)}
    assert counted("downloaded_per_client", *records) == {"10.0.0.1": (1, 5000), "10.0.0.2": (1, 5000)}


def test_largest_responses_add_up_by_path() -> None:
    records = [EXCHANGE, exchange(request=request(target="/v.mp4"), response_bytes=10**9), EXCHANGE]
    assert counted("largest_responses", *records) == {
        "my.site.com/v.mp4": (1, 10**9),
        "my.site.com/pages/create": (2, 10_000),
    }


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("response_time_by_path", "my.site.com/pages/create"),
        ("response_time_by_section", "my.site.com/pages"),
        ("response_time_by_domain", "my.site.com"),
    ],
)
def test_response_times_are_added_up_by_key(name: str, key: str) -> None:
    records = [EXCHANGE, exchange(response_time=0.75), exchange(response_time=-0.1)]
    assert counted(name, *records) == {key: (3, 1.0)}


def test_uploaded_per_domain_counts_request_bodies() -> None:
    records = [exchange(request_bytes=100), exchange(request_bytes=20), EXCHANGE]
    assert counted("uploaded_per_domain", *records) == {"my.site.com": (2, 120)}


def test_downloaded_per_domain_counts_responses_without_their_requests_too() -> None:
    records = [EXCHANGE, exchange(request=None, response_bytes=7), exchange(response_bytes=0)]
    assert counted("downloaded_per_domain", *records) == {"my.site.com": (1, 5000), "10.0.0.5": (1, 7)}


def test_server_response_time_is_averaged_per_server_and_port() -> None:
    records = [
        EXCHANGE,
        exchange(response_time=0.75),
        exchange(response_time=None),
        exchange(server="2001:db8::5", server_port=8080, response_time=0.1),
        exchange(server="10.0.0.6", response_time=-0.1),
    ]
    assert counted("server_response_time", *records) == {
        "10.0.0.5:80": (2, 1.0),
        "[2001:db8::5]:8080": (1, 0.1),
        "10.0.0.6:80": (1, 0.0),
    }


def test_packet_protocols_counts_the_highest_layer_of_whole_packets() -> None:
    inet = pytest.importorskip("scapy.layers.inet")
    dns, ether, raw = (pytest.importorskip(f"scapy.{module}") for module in ("layers.dns", "layers.l2", "packet"))
    frame = ether.Ether() / inet.IP(dst="10.0.0.1")
    packets = [
        frame / inet.UDP() / dns.DNS(),
        frame / inet.TCP() / raw.Raw(b"hello"),
        frame / inet.TCP(),
        ether.Ether() / ether.ARP(),
        raw.Raw(b"hello"),
    ]
    records = [ScapyPacket(1.0, packet) for packet in packets]
    assert counted("packet_protocols", *records) == {"TCP": (2, 2), "ARP": (1, 1), "DNS": (1, 1)}


def test_an_exchange_passes_through_all_default_statistics() -> None:
    from exercise_config import Config

    store = Store(load(Config.statistics), 10, 60, 100)
    store.add(RecordBatch([REQUEST, EXCHANGE]))
    assert store.failures == []
    assert {name: store.totals(name).count for name in Config.statistics} == {
        **dict.fromkeys(Config.statistics, 1),
        "uploaded_per_domain": 0,
        "server_error_paths": 0,
    }
    assert (store.totals("server_response_time").count, store.totals("server_response_time").seconds) == (1, 0.25)
