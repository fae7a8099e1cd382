"""What the store counts for the signals, and how windows use it."""

from collections.abc import Sequence

import pytest
from alerting_records import requests, window_of
from hypothesis import given, strategies
from records import ended, request

from alerting.contributors import (
    contributors,
    excess_contributors,
    failure_contributors,
    largest,
    main_contributors,
    missing_contributors,
)
from alerting.signal_statistics import (
    ASKED,
    CLIENT_ERROR,
    FAULTS,
    NEW_CONNECTIONS,
    OUTCOMES,
    REQUESTS,
    SENT,
    SERVER_ERROR,
    TIMES,
    TIMES_BY,
    UNANSWERED,
)
from alerting.signals.response_time import ResponseTime
from alerting.window import Window
from alerting.window_sum import MAX_NAMES
from exercise_config import Config
from run.signals import SIGNALS, rules
from traffic.batch import INTEGERS, TEXTS
from traffic.records import CAPTURE_END, CLOSED, EVICTED, GAP, RESET, TIMEOUT, Exchange

ENDED = (OUTCOMES, *FAULTS, *ASKED)
TIMED = (TIMES, *TIMES_BY)
SERVER = "10.0.0.5:80"
AGENT = "curl/8.0"


def test_a_late_flood_is_found_among_thousands_of_names() -> None:
    many = [request(0, client=f"client {number}") for number in range(5000)]
    clients = window_of(REQUESTS, [*many, *requests(50, 500, "flood")]).of(REQUESTS[0])
    assert largest(clients.names(), 1) == [("flood", 500)]
    assert len(clients.names()) <= 2 * MAX_NAMES
    assert clients.total == 5500


def test_a_flood_is_found_in_the_same_bucket_as_thousands_of_names() -> None:
    many = [request(0, client=f"client {number}") for number in range(1500)]
    clients = window_of(REQUESTS, [*many, *requests(0, 500, "flood")]).of(REQUESTS[0])
    assert largest(clients.names(), 1) == [("flood", 500)]
    assert clients.total == 2000


def test_ties_are_in_alphabetical_order() -> None:
    assert largest({"b": 1, "c": 2, "a": 1}, 3) == [("c", 2), ("a", 1), ("b", 1)]


def test_contributors_below_a_tenth_are_left_out() -> None:
    assert [one.name for one in contributors(100, {"client": {"proxy": 91, "b": 9}})] == ["proxy"]
    assert [one.name for one in contributors(100, {"client": {"proxy": 81, "a": 10, "b": 9}})] == ["proxy", "a"]
    assert contributors(0, {"client": {}}) == ()


def test_whoever_has_the_usual_share_is_not_named() -> None:
    usual = window_of(REQUESTS, [*requests(0, 60, "a"), *requests(0, 40, "b")])
    more = window_of(REQUESTS, [*requests(0, 120, "a"), *requests(0, 80, "b")])
    less = window_of(REQUESTS, [*requests(0, 60, "a")])
    assert excess_contributors(REQUESTS, more, usual) == ()
    assert excess_contributors(REQUESTS, window_of(REQUESTS, requests(0, 200, "a")), usual)[0].name == "a"
    assert [(one.name, one.share) for one in missing_contributors(REQUESTS, less, usual)] == [("b", 1.0)]
    assert missing_contributors(REQUESTS, window_of(REQUESTS, []), usual) == ()


def test_errors_are_compared_with_the_share_of_all_requests() -> None:
    """One client that sends everything also gets every error; one of many that gets them all is the culprit."""
    asked = [request(0, client="only") for _ in range(20)]
    failed = [ended(one, 500) for one in asked[:4]]
    kinds = [one.kind for one in failure_contributors(window_of(ENDED, [*asked, *failed]), SERVER_ERROR)]
    assert kinds == ["status"]
    others = [request(0, client=f"other {number}") for number in range(80)]
    named = failure_contributors(window_of(ENDED, [*asked, *others, *failed]), SERVER_ERROR)
    names = [(one.kind, one.name) for one in named]
    assert names == [("status", "500"), ("client", "only"), ("network", "only")]


def test_failed_grpc_calls_are_server_errors_with_a_status_of_their_own() -> None:
    calls = [ended(request(0, target="/shop.Cart/Add"), 200, grpc_status=code) for code in (0, 0, 14)]
    window = window_of(ENDED, calls)
    assert (window.of(OUTCOMES).amount(SERVER_ERROR), window.of(OUTCOMES).total) == (1, 3)
    assert {(one.kind, one.name) for one in failure_contributors(window, SERVER_ERROR)} == {
        ("status", "gRPC 14 UNAVAILABLE"),
        ("section", "my.site.com/shop.Cart"),
        ("client", "10.0.0.1"),
        ("network", "10.0.0.0/24"),
        ("server", SERVER),
        ("user agent", AGENT),
    }


def test_the_excess_is_scaled_to_windows_of_any_length() -> None:
    usual = window_of(REQUESTS, [*requests(0, 95, "proxy"), *requests(0, 5, "b")], seconds=50)
    now = window_of(REQUESTS, [*requests(0, 180, "proxy"), *requests(0, 10, "b"), *requests(0, 110, "flood")])
    assert [one.name for one in main_contributors(REQUESTS[:1], now, None)] == ["proxy", "flood"]
    (flood,) = excess_contributors(REQUESTS[:1], now, usual)
    assert (flood.kind, flood.name, flood.count, flood.share) == ("client", "flood", 110, 1.0)
    assert excess_contributors(REQUESTS, usual, now) == ()
    assert excess_contributors(REQUESTS, now, None) == main_contributors(REQUESTS, now, None)


def test_errors_are_counted_by_class_without_404_and_410() -> None:
    statuses = [200] * 5 + [404, 404, 410, 403, 401, 500, 503]
    window = window_of(ENDED, [ended(request(0, target="/cart"), status) for status in statuses])
    outcomes = window.of(OUTCOMES)
    assert [outcomes.amount(kind) for kind in (CLIENT_ERROR, SERVER_ERROR, UNANSWERED)] == [2, 2, 0]
    assert outcomes.total == 12
    assert {(one.kind, one.name) for one in failure_contributors(window, SERVER_ERROR)} == {
        ("status", "500"),
        ("status", "503"),
        ("section", "my.site.com/cart"),
        ("client", "10.0.0.1"),
        ("network", "10.0.0.0/24"),
        ("server", SERVER),
        ("user agent", AGENT),
    }


@pytest.mark.parametrize("ending", [CLOSED, RESET, TIMEOUT])
def test_a_request_that_will_get_no_response_is_unanswered(ending: str) -> None:
    window = window_of(ENDED, [ended(request(0), None, ending=ending), ended(request(0))])
    assert (window.of(OUTCOMES).amount(UNANSWERED), window.of(OUTCOMES).total) == (1, 2)
    kinds = {one.kind: one.name for one in failure_contributors(window, UNANSWERED, "ending")}
    own = {"section": "my.site.com/", "client": "10.0.0.1", "network": "10.0.0.0/24", "server": SERVER}
    assert kinds == {"ending": ending, **own, "user agent": AGENT}


@pytest.mark.parametrize("ending", [GAP, EVICTED, CAPTURE_END])
def test_exchanges_lost_by_the_capture_do_not_count(ending: str) -> None:
    assert window_of(ENDED, [ended(request(0), None, ending=ending)]).is_empty


def test_a_response_without_its_request_has_a_status_but_no_section() -> None:
    window = window_of(ENDED, [ended(request(0), 500)._replace(request=None)])
    assert window.of(OUTCOMES).amount(SERVER_ERROR) == window.of(OUTCOMES).total == 1
    assert [one.kind for one in failure_contributors(window, SERVER_ERROR)] == ["status", "client", "server", "network"]


def p95(window: Window) -> float:
    return ResponseTime(200, 1, 0.1).measure(window)[SERVER].value


@given(strategies.lists(strategies.floats(1e-4, 80), min_size=1, max_size=200))
def test_the_p95_is_accurate_to_a_percent(times: list[float]) -> None:
    """It does not matter which buckets they are in."""
    exact = sorted(times)[-(-19 * len(times) // 20) - 1]
    window = window_of(TIMED, [ended(request(0), seconds=time) for time in times])
    assert p95(window) == pytest.approx(exact, rel=0.011)


def slowest(answers: Sequence[Exchange]) -> set[tuple[str, float]]:
    window = window_of(TIMED, answers)
    return {(one.name, one.share) for one in ResponseTime(200, 1, 0.1).contributors(window, SERVER, None)}


def test_the_contributors_are_those_of_the_slowest_responses() -> None:
    fast = [ended(request(0, target="/fast"), seconds=0.01) for _ in range(90)]
    slow = [ended(request(0, client="10.0.0.9", target="/slow"), seconds=2) for _ in range(10)]
    other = [ended(request(0, target="/other")._replace(server="2001:db8::1"), seconds=9)]
    assert slowest([*fast, *other, *slow]) == {("my.site.com/slow", 1.0), ("10.0.0.9", 1.0)}
    assert set(window_of(TIMED, [*fast, *other]).of(TIMES).names()) == {SERVER, "[2001:db8::1]:80"}


def test_the_slowest_responses_of_the_whole_window_count() -> None:
    early = [ended(request(0, target="/early"), seconds=0.1 * (1 + number % 5)) for number in range(90)]
    late = [ended(request(50, client="10.0.0.9", target="/late"), seconds=3) for _ in range(10)]
    assert slowest([*early, *late]) == {("my.site.com/late", 1.0), ("10.0.0.9", 1.0)}


def test_a_removed_name_takes_its_times_with_it() -> None:
    small = [ended(request(0)._replace(server_port=port), seconds=9) for port in range(1, 2 * MAX_NAMES + 2)]
    large = [ended(request(50)._replace(server_port=5000 + port % 2), seconds=1) for port in range(2000)]
    later = [ended(request(70)._replace(server_port=port), seconds=3) for port in range(9000, 9000 + MAX_NAMES)]
    times = window_of(TIMED, [*small, *large, *later]).of(TIMES)
    for name, count in times.names().items():
        assert times.times(name).times == count
    assert times.times("10.0.0.5:5000").quantile(1) == pytest.approx(1, rel=0.011)
    assert times.times("10.0.0.5:9000").quantile(1) == pytest.approx(3, rel=0.011)


def test_the_number_of_servers_is_bounded() -> None:
    window = window_of(TIMED, [ended(request(0)._replace(server_port=port)) for port in range(2000)])
    assert len(window.of(TIMES).names()) <= 2 * MAX_NAMES


def test_impossible_response_times_do_no_harm() -> None:
    odd = [ended(request(0))._replace(response_time=seconds) for seconds in (-1.0, float("inf"))]
    assert window_of(TIMED, odd).of(TIMES).times(SERVER).times == 2


def test_volume_counts_response_bodies() -> None:
    film, empty = ended(request(0, target="/film"), response_bytes=900), ended(request(0), response_bytes=0)
    window = window_of(SENT, [film, empty, ended(request(0), response_bytes=100)._replace(request=None)])
    assert window.of(SENT[0]).total == 1000
    assert window.of(SENT[1]).names() == {"my.site.com/film": 900}


def test_a_connection_counts_as_new_with_its_first_request() -> None:
    asked = [request(0)._replace(ordinal=ordinal) for ordinal in (1, 2, 3, 1)]
    window = window_of(NEW_CONNECTIONS, asked)
    assert [window.of(each).total for each in NEW_CONNECTIONS] == [2, 2]
    assert {(one.kind, one.name) for one in main_contributors(NEW_CONNECTIONS, window, None)} == {
        ("client", "10.0.0.1"),
        ("server", SERVER),
    }


def test_signal_statistics_use_existing_columns_and_unique_names() -> None:
    sums = {each for rule in rules(Config(signals=SIGNALS)) for each in rule.statistics}
    assert len({each.name for each in sums}) == len(sums) == 31
    for each in sums:
        assert set(each.columns) <= TEXTS[each.record] | INTEGERS[each.record]
