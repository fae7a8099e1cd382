"""Totals of exchanges are exact, and have few labels whatever peers send."""

from records import exchange, request

from outputs.traffic_counts import BOUNDS, Amounts, Labels, TrafficCounts
from traffic.records import TIMEOUT, Exchange


def counted(*exchanges: Exchange, max_hosts: int = 10) -> TrafficCounts:
    counts = TrafficCounts(max_hosts)
    counts.add(exchanges)
    return counts


def test_requests_and_bytes_are_counted_by_host_method_and_status_class() -> None:
    totals = counted(
        exchange(response_bytes=9130),
        exchange(status=204, response_bytes=0),
        exchange(request(method="POST"), status=503, request_bytes=812, response_bytes=20),
    ).totals()
    assert totals.amounts == {
        Labels("my.site.com", "GET", "2xx"): Amounts(2, 0, 9130),
        Labels("my.site.com", "POST", "5xx"): Amounts(1, 812, 20),
    }


def test_a_request_is_counted_once_although_it_comes_as_two_records() -> None:
    asked = request()
    counts = TrafficCounts(10)
    counts.add([asked, exchange(asked)])
    assert sum(amounts.requests for amounts in counts.totals().amounts.values()) == 1


def test_a_response_without_its_request_counts_bytes_but_no_request() -> None:
    totals = counted(exchange(None, response_bytes=500, response_time=None)).totals()
    assert totals.amounts == {Labels("10.0.0.5", "unknown", "2xx"): Amounts(0, 0, 500)}


def test_a_failed_grpc_call_is_an_error_of_the_server() -> None:
    totals = counted(*(exchange(status=200, grpc_status=code) for code in (0, 14))).totals()
    assert {labels.status for labels in totals.amounts} == {"2xx", "5xx"}


def test_exchanges_and_calls_have_few_labels_whatever_servers_send() -> None:
    protocols = ("http/1.1", "grpc", "grpc", "http/7.4", "")
    codes = (None, 14, 4_000_000_000, 17, None)
    totals = counted(
        *(exchange(protocol=name, grpc_status=code) for name, code in zip(protocols, codes, strict=True))
    ).totals()
    assert totals.protocols == {"http/1.1": 1, "grpc": 2, "other": 1, "unknown": 1}
    assert totals.calls == {"14": 1, "other": 2}


def test_invalid_statuses_and_methods_have_a_label() -> None:
    totals = counted(
        exchange(status=None, ending=TIMEOUT, response_time=None, answered=None),
        exchange(request(method="BREW"), status=799),
        exchange(status=None),  # HTTP/0.9 answers without a status
    ).totals()
    assert set(totals.amounts) == {
        Labels("my.site.com", "GET", "none"),
        Labels("my.site.com", "other", "other"),
        Labels("my.site.com", "GET", "other"),
    }


def test_a_flood_of_hosts_and_methods_creates_few_labels_and_loses_no_request() -> None:
    totals = counted(*(exchange(request(method=f"M{n}", host=f"host{n}")) for n in range(1000)), max_hosts=3).totals()
    assert {labels.host for labels in totals.amounts} == {"host0", "host1", "host2", "(other)"}
    assert totals.amounts[Labels("(other)", "other", "2xx")].requests == 997


def test_known_hosts_are_still_counted_after_a_flood() -> None:
    counts = counted(*(exchange(request(host=f"host{n}")) for n in range(100)), max_hosts=1)
    counts.add([exchange(request(host="host0"))])
    assert counts.totals().amounts[Labels("host0", "GET", "2xx")].requests == 2


def test_a_response_time_falls_into_the_bin_whose_bound_it_does_not_exceed() -> None:
    totals = counted(*(exchange(response_time=seconds) for seconds in (0.0, 0.001, 0.0011, 60.0, 61.0))).totals()
    bins, seconds = totals.times["my.site.com"]
    assert (bins[0], bins[1], bins[-2], bins[-1], sum(bins)) == (2, 1, 1, 1, 5)
    assert len(bins) == len(BOUNDS) + 1
    assert abs(seconds - 121.0021) < 1e-9


def test_without_a_response_time_the_histogram_stays_empty() -> None:
    assert counted(exchange(response_time=None)).totals().times == {}


def test_totals_are_copies() -> None:
    counts = counted(exchange(response_time=0.2))
    before = counts.totals()
    counts.add([exchange(response_time=0.2)])
    assert next(iter(before.amounts.values())).requests == 1
    assert sum(before.times["my.site.com"].bins) == 1
