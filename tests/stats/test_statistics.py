"""Each statistic with records made by hand: the keys and amounts it counts."""

from typing import Any

import pytest
from records import exchange, request

from stats.loading import load
from stats.statistic import ScapyPacket
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import CAPTURE_END, CLOSED, EVICTED, GAP, RESET, TIMEOUT

REQUEST = request(host="My.Site.com:8080", target="/pages/create?x=1")
EXCHANGE = exchange(REQUEST)
CALL = exchange(
    REQUEST._replace(target="/shop.Cart/Add", method="POST", version="2"),
    protocol="grpc", operation="shop.Cart/Add", grpc_status=0, request_messages=1, response_messages=1,
)  # fmt: skip
OWNED = EXCHANGE._replace(process="nginx", process_id=7, container="web", pod="shop/cart-7d4")
SOCKET = exchange(
    REQUEST._replace(target="/live"), time=61.0, status=101, protocol="websocket", response_time=None, total_time=60.0,
    close_code=1000,
)  # fmt: skip


def counted(name: str, *records: Any) -> dict[str, tuple[int, float]]:
    """Return count and total by key."""
    [statistic] = load([name])
    store = Store([statistic], 10, 60, 100)
    store.add(RecordBatch(records))
    assert store.failures == []
    return {row.key: (row.window.count, row.window.total(statistic.unit)) for row in store.top(name, 100).rows}


@pytest.mark.parametrize(
    ("name", "record", "key"),
    [
        ("top_clients", REQUEST, "10.0.0.1"),
        ("top_clients", REQUEST._replace(client="203.0.113.9"), "203.0.113.9"),
        ("top_proxies", REQUEST._replace(client="203.0.113.9"), "10.0.0.1"),
        ("top_referrers", REQUEST._replace(referrer="https://Search.Example.org:8443/?q=1"), "search.example.org"),
        ("top_referrers", REQUEST._replace(referrer="https://[2001:db8::1]/"), "2001:db8::1"),
        ("top_referrers", REQUEST._replace(referrer="https://[2001:db8/"), "(malformed)"),
        ("top_content_types", EXCHANGE, "text/html"),
        ("top_content_types", EXCHANGE._replace(content_type=""), "(none)"),
        ("top_http_versions", REQUEST._replace(version="1.0"), "HTTP/1.0"),
        ("top_http_versions", REQUEST._replace(version=""), "HTTP/?"),
        ("top_paths", REQUEST, "my.site.com/pages/create"),
        ("not_found_paths", EXCHANGE._replace(status=404), "my.site.com/pages/create"),
        ("not_found_paths", EXCHANGE._replace(status=410), "my.site.com/pages/create"),
        ("server_error_paths", EXCHANGE._replace(status=500), "my.site.com/pages/create"),
        ("server_error_paths", EXCHANGE._replace(status=599), "my.site.com/pages/create"),
        ("request_rate", REQUEST, "requests"),
        ("top_sections", REQUEST, "my.site.com/pages"),
        ("top_sections", REQUEST._replace(target="/"), "my.site.com/"),
        ("top_domains", REQUEST, "my.site.com"),
        ("top_domains", REQUEST._replace(host=""), "10.0.0.5"),
        ("top_user_agents", REQUEST, "curl/8.0"),
        ("top_user_agents", REQUEST._replace(user_agent=""), "(none)"),
        ("top_methods", REQUEST, "GET"),
        ("top_methods", REQUEST._replace(method="get"), "get"),
        ("top_status_codes", EXCHANGE, "200"),
        ("top_status_codes", EXCHANGE._replace(request=None, status=404), "404"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=CLOSED), "(no response)"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=RESET), "(no response)"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=TIMEOUT), "(no response)"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=GAP), "(not seen)"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=EVICTED), "(not seen)"),
        ("top_status_codes", EXCHANGE._replace(status=None, ending=CAPTURE_END), "(not seen)"),
        ("status_classes", EXCHANGE._replace(status=101), "1xx"),
        ("status_classes", EXCHANGE, "2xx"),
        ("status_classes", EXCHANGE._replace(request=None, status=599), "5xx"),
        ("status_classes", EXCHANGE._replace(status=None, ending=RESET), "(no response)"),
        ("status_classes", EXCHANGE._replace(status=None, ending=GAP), "(not seen)"),
        ("status_classes", CALL, "2xx"),
        ("status_classes", CALL._replace(grpc_status=14), "5xx"),
        ("server_error_paths", CALL._replace(grpc_status=14), "my.site.com/shop.Cart/Add"),
        ("top_protocols", EXCHANGE._replace(protocol="http/1.1"), "http/1.1"),
        ("top_protocols", EXCHANGE._replace(request=None), "(unknown)"),
        ("top_operations", CALL, "shop.Cart/Add"),
        ("top_operations", EXCHANGE._replace(operation="query Cart"), "query Cart"),
        ("top_processes", OWNED, "nginx"),
        ("top_containers", OWNED, "shop/cart-7d4/web"),
        ("top_containers", OWNED._replace(pod=""), "web"),
        ("grpc_status_codes", CALL, "0 OK"),
        ("grpc_status_codes", CALL._replace(grpc_status=16), "16 UNAUTHENTICATED"),
        ("grpc_status_codes", CALL._replace(grpc_status=4_000_000_000), "4000000000"),
        ("websocket_close_codes", SOCKET, "1000 normal"),
        ("websocket_close_codes", SOCKET._replace(close_code=4321), "4321"),
        ("websocket_close_codes", SOCKET._replace(close_code=None), "(none)"),
    ],
)
def test_hits(name: str, record: Any, key: str) -> None:
    assert counted(name, record, record) == {key: (2, 2)}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("top_referrers", REQUEST),
        ("top_referrers", REQUEST._replace(referrer="http://my.site.com/other")),
        ("top_referrers", REQUEST._replace(referrer="about:blank")),
        ("top_content_types", EXCHANGE._replace(response_bytes=0, status=304)),
        ("not_found_paths", EXCHANGE),
        ("not_found_paths", EXCHANGE._replace(status=404, request=None)),
        ("server_error_paths", EXCHANGE._replace(status=499)),
        ("server_error_paths", EXCHANGE._replace(status=None, ending=RESET)),
        ("largest_responses", EXCHANGE._replace(response_bytes=0)),
        ("largest_responses", EXCHANGE._replace(request=None)),
        ("response_time_by_path", EXCHANGE._replace(request=None)),
        ("response_time_by_section", EXCHANGE._replace(response_time=None)),
        ("response_time_by_domain", EXCHANGE._replace(response_time=None)),
        ("server_error_paths", CALL),
        ("top_operations", EXCHANGE),
        ("response_time_by_operation", EXCHANGE),
        ("response_time_by_operation", CALL._replace(response_time=None)),
        ("grpc_status_codes", EXCHANGE),
        ("top_processes", EXCHANGE),
        ("top_containers", EXCHANGE._replace(process="nginx")),
        ("container_response_time", EXCHANGE._replace(process="nginx")),
        ("container_response_time", OWNED._replace(response_time=None)),
        ("websocket_close_codes", EXCHANGE._replace(close_code=1000)),
        ("stream_duration", EXCHANGE._replace(first_message_time=0.1)),
        ("stream_duration", CALL),
        ("stream_duration", SOCKET._replace(request=None)),
        ("stream_first_message", SOCKET),
        ("stream_first_message", CALL._replace(first_message_time=0.2)),
    ],
)
def test_unrelated_records_do_not_count(name: str, record: Any) -> None:
    assert counted(name, record) == {}


def test_responses_are_timed_by_container() -> None:
    assert counted("container_response_time", OWNED, OWNED._replace(response_time=0.75)) == {
        "shop/cart-7d4/web": (2, 1.0)
    }


def test_streams_are_timed_by_path_from_the_request_to_their_end() -> None:
    events = EXCHANGE._replace(content_type="text/event-stream", ending=CLOSED, total_time=None, first_message_time=0.5)
    watch = CALL._replace(response_messages=20, first_message_time=0.25)
    assert counted("stream_duration", SOCKET, events, watch) == {
        "my.site.com/live": (1, 60.0), "my.site.com/pages/create": (1, 0.5), "my.site.com/shop.Cart/Add": (1, 0.5),
    }  # fmt: skip
    assert counted("stream_first_message", SOCKET, events, watch) == {
        "my.site.com/pages/create": (1, 0.5), "my.site.com/shop.Cart/Add": (1, 0.25),
    }  # fmt: skip


def test_volumes_of_clients_in_both_directions() -> None:
    records = [
        EXCHANGE._replace(request_bytes=100),
        EXCHANGE._replace(client="10.0.0.2", request_bytes=1),
        EXCHANGE._replace(response_bytes=0),
    ]
    assert counted("uploaded_per_client", *records) == {"10.0.0.1": (1, 100), "10.0.0.2": (1, 1)}
    assert counted("downloaded_per_client", *records) == {"10.0.0.1": (1, 5000), "10.0.0.2": (1, 5000)}


def test_largest_responses_add_up_by_path() -> None:
    records = [EXCHANGE, EXCHANGE._replace(request=REQUEST._replace(target="/v.mp4"), response_bytes=10**9), EXCHANGE]
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
        ("response_time_by_operation", "query Cart"),
    ],
)
def test_response_times_are_added_up_by_key(name: str, key: str) -> None:
    one = EXCHANGE._replace(operation="query Cart")
    records = [one, one._replace(response_time=0.75), one._replace(response_time=-0.1)]
    assert counted(name, *records) == {key: (3, 1.0)}


def test_uploaded_per_domain_counts_request_bodies() -> None:
    records = [EXCHANGE._replace(request_bytes=100), EXCHANGE._replace(request_bytes=20), EXCHANGE]
    assert counted("uploaded_per_domain", *records) == {"my.site.com": (2, 120)}


def test_downloaded_per_domain_counts_responses_without_their_requests_too() -> None:
    records = [EXCHANGE, EXCHANGE._replace(request=None, response_bytes=7), EXCHANGE._replace(response_bytes=0)]
    assert counted("downloaded_per_domain", *records) == {"my.site.com": (1, 5000), "10.0.0.5": (1, 7)}


def test_server_response_time_is_averaged_per_server_and_port() -> None:
    records = [
        EXCHANGE,
        EXCHANGE._replace(response_time=0.75),
        EXCHANGE._replace(response_time=None),
        EXCHANGE._replace(server="2001:db8::5", server_port=8080, response_time=0.1),
        EXCHANGE._replace(server="10.0.0.6", response_time=-0.1),
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
        "top_operations": 0,
        "top_findings": 0,
    }
    assert (store.totals("server_response_time").count, store.totals("server_response_time").seconds) == (1, 0.25)


def test_only_proxies_that_named_another_client_are_counted() -> None:
    asked = [REQUEST, REQUEST._replace(client="203.0.113.9"), REQUEST._replace(client="203.0.113.8")]
    assert counted("top_proxies", *asked) == {"10.0.0.1": (2, 2)}
