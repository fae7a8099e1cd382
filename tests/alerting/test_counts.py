"""What is counted of records: whole columns at a time, and the same as one by one."""

from collections import Counter

import pytest
from alerting_records import exchange, request, requests
from hypothesis import given, strategies

from alerting.counts.connections import MAX_CONNECTIONS, Connections
from alerting.counts.requests import Requests
from alerting.counts.response_times import MAX_SERVERS, ResponseTimes
from alerting.counts.responses import Responses
from alerting.counts.sections import sections
from alerting.counts.volume import Volume
from alerting.part import Part
from alerting.shares import Shares
from traffic.records import CAPTURE_END, CLOSED, EVICTED, GAP, RESET, TIMEOUT, Exchange, Request

TARGETS = strategies.one_of(
    strategies.text(alphabet="/ab@:?#.*h", max_size=12),
    strategies.sampled_from(
        ["/", "/cart/1", "/cart?x=/1", "//cart/1", "*", "http://a.example/cart/2", "a.example:443"]
    ),
)


@given(strategies.lists(strategies.tuples(TARGETS, strategies.sampled_from(["GET", "CONNECT"])), max_size=30))
def test_sections_are_those_of_each_request(asked: list[tuple[str, str]]) -> None:
    all_ = [request(0, target=target)._replace(method=method) for target, method in asked]
    assert sections(all_) == Counter(one.section for one in all_)


@given(
    amounts=strategies.lists(strategies.tuples(strategies.integers(0, 40), strategies.integers(1, 9)), max_size=300),
    most=strategies.integers(1, 6),
)
def test_no_share_is_short_by_more_than_it_may_be(amounts: list[tuple[int, int]], most: int) -> None:
    shares, exact = Shares(most), Counter[str]()
    for name, amount in amounts:
        shares.add({str(name): amount})
        exact[str(name)] += amount
    held = dict(shares.largest(100))
    assert len(held) <= 2 * most
    for key, whole in exact.items():
        assert exact.total() / (most + 1) >= whole - held.get(key, 0) >= 0


def test_a_late_flood_is_found_among_thousands_of_names() -> None:
    shares = Shares()
    for number in range(5000):
        shares.add({f"client {number}": 1})
    shares.add({"flood": 500})
    assert shares.largest(1) == [("flood", 500)]


def test_equal_amounts_are_in_the_order_of_their_names() -> None:
    shares = Shares()
    shares.add({"b": 1, "c": 2, "a": 1})
    assert shares.largest(3) == [("c", 2), ("a", 1), ("b", 1)]


def test_who_has_less_than_a_tenth_is_not_named_and_the_excess_may_be_looked_at_alone() -> None:
    usual, now = Part("client"), Part("client")
    usual.add(100, client={"proxy": 95, "b": 5})
    now.add(300, client={"proxy": 180, "b": 10, "flood": 110})
    assert [one.name for one in now.contributors()] == ["proxy", "flood"]
    flood = now.above(usual, 2).contributors()[0]
    assert (flood.name, flood.count, flood.share) == ("flood", 110, 1.0)
    assert Part("client").contributors() == ()


def test_errors_are_told_apart_and_what_is_not_there_is_none() -> None:
    count = Responses()
    statuses = [200] * 5 + [404, 404, 410, 403, 401, 500, 503]
    count.add([], [exchange(request(0, target="/cart"), status) for status in statuses])
    assert (count.answered, count.ended) == (12, 12)
    assert (count.client_errors.total, count.server_errors.total, count.unanswered.total) == (2, 2, 0)
    assert {(one.kind, one.name) for one in count.server_errors.contributors()} == {
        ("status", "500"),
        ("status", "503"),
        ("section", "example.com/cart"),
        ("client", "198.51.100.7"),
        ("server", "192.0.2.1:80"),
    }


@pytest.mark.parametrize("ending", [CLOSED, RESET, TIMEOUT])
def test_a_request_that_will_get_no_response_is_unanswered(ending: str) -> None:
    count = Responses()
    count.add([], [exchange(request(0), None, ending=ending), exchange(request(0))])
    assert (count.unanswered.total, count.answered, count.ended) == (1, 1, 2)
    assert count.unanswered.contributors()[0].kind in {"ending", "section", "client", "server"}


@pytest.mark.parametrize("ending", [GAP, EVICTED, CAPTURE_END])
def test_what_the_capture_lost_says_nothing_about_the_server(ending: str) -> None:
    count = Responses()
    count.add([], [exchange(request(0), None, ending=ending)])
    assert (count.unanswered.total, count.ended) == (0, 0)


def test_a_response_whose_request_was_not_seen_has_a_status_and_no_section() -> None:
    count = Responses()
    count.add([], [exchange(request(0), 500)._replace(request=None)])
    assert count.server_errors.total == count.answered == 1
    assert "section" not in {one.kind for one in count.server_errors.contributors()}


@given(strategies.lists(strategies.floats(1e-4, 100), min_size=1, max_size=200), strategies.integers(1, 50))
def test_the_p95_is_that_of_the_sorted_times_to_a_percent(times: list[float], batch: int) -> None:
    count = ResponseTimes()
    answered = [exchange(request(0), seconds=time) for time in times]
    for start in range(0, len(answered), batch):
        count.add([], answered[start : start + batch])
    exact = sorted(times)[-(-19 * len(times) // 20) - 1]
    assert count.servers["192.0.2.1:80"].p95 == pytest.approx(exact, rel=0.011)


def test_the_slowest_of_a_server_tell_whose_they_are() -> None:
    count = ResponseTimes()
    fast = [exchange(request(0, target="/fast"), seconds=0.01) for _ in range(90)]
    slow = [exchange(request(0, "10.0.0.9", "/slow"), seconds=2) for _ in range(10)]
    other = [exchange(request(0, target="/other")._replace(server="2001:db8::1"), seconds=9)]
    count.add([], [*fast, *other, *slow])
    assert set(count.servers) == {"192.0.2.1:80", "[2001:db8::1]:80"}
    named = {(one.name, one.share) for one in count.servers["192.0.2.1:80"].slow.contributors()}
    assert named == {("example.com/slow", 1.0), ("10.0.0.9", 1.0)}


def test_servers_are_bounded() -> None:
    count = ResponseTimes()
    count.add([], [exchange(request(0)._replace(server_port=port)) for port in range(MAX_SERVERS + 50)])
    assert len(count.servers) == MAX_SERVERS


def test_a_response_time_that_a_clock_made_negative_stops_nothing() -> None:
    count = ResponseTimes()
    count.add([], [exchange(request(0), seconds=-1.0), exchange(request(0), seconds=float("inf"))])
    assert count.servers["192.0.2.1:80"].count == 2


def test_volume_is_that_of_the_responses() -> None:
    count = Volume()
    count.add([], [exchange(request(0, target="/film"), size=900), exchange(request(0), size=0), _without_request(100)])
    assert count.sent.total == 1000
    assert count.sent.shares["section"].largest(9) == [("example.com/film", 900)]


def _without_request(size: int) -> Exchange:
    return exchange(request(0), size=size)._replace(request=None)


def test_a_connection_is_new_once_in_two_buckets() -> None:
    first = Connections()
    first.add([request(0, port=1), request(0, port=1), request(0, port=2)], [])
    first.add([request(1, port=2), request(1, port=3)], [])
    assert first.new.total == 3
    second = first.successor()
    second.add([request(2, port=3), request(2, port=4)], [])
    assert second.new.total == 1
    third = second.successor()
    third.add([request(3, port=1)], [])
    assert third.new.total == 1


def test_what_is_remembered_of_connections_is_bounded() -> None:
    count = Connections()
    many = [request(0, client=f"client {number}", port=1) for number in range(MAX_CONNECTIONS + 10)]
    count.add(many, [])
    count.add(many[-5:], [])
    assert len(count._seen) == MAX_CONNECTIONS
    assert count.new.total >= MAX_CONNECTIONS + 10


def test_each_count_begins_empty_again() -> None:
    asked = requests(0, 5)
    for kind in (Requests, Responses, ResponseTimes, Volume, Connections):
        count = kind()
        count.add(asked, [exchange(one) for one in asked])
        assert type(count.successor()) is kind
    empty: list[Request] = []
    assert Requests().successor().all.total == len(empty)
