"""Signals by key: sections, hosts, servers and networks are judged for themselves."""

from typing import Any

import pytest
from alerting_records import window_of
from records import ended, request

from alerting.keys import asked, failed
from alerting.networks import network
from alerting.signals.key_drop import KeyDrop
from alerting.signals.key_errors import KeyErrors
from alerting.signals.key_requests import KeyRequests
from alerting.signals.key_response_time import KeyResponseTime


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("proxy", "proxy"),
        ("a:b:c", "a:b:c"),
    ],
)
def test_networks(client: str, expected: str) -> None:
    assert network(client) == expected


def exchange(
    client: str, target: str, status: int | None = 200, seconds: float = 0.05, agent: str = "curl"
) -> list[Any]:
    one = request(0, client=client, target=target, host="shop.example", user_agent=agent)
    return [one, ended(one, status, seconds)]


def of(rule: Any, records: list[Any]) -> Any:
    return window_of(rule.statistics, records)


def test_hosts_are_the_sums_of_their_sections() -> None:
    records = [*exchange("198.51.100.7", "/cart") * 3, *exchange("198.51.100.8", "/pay", 500) * 2]
    rule = KeyErrors(10, 1)
    window = of(rule, records)
    assert asked(window) == {
        "shop.example": 5, "shop.example/cart": 3, "shop.example/pay": 2, "10.0.0.5:80": 5, "198.51.100.0/24": 5
    }  # fmt: skip
    assert failed(window)["shop.example"] == 2
    measured = rule.measure(window)
    assert (measured["shop.example"].value, measured["shop.example/pay"].value) == (40, 100)


def test_rates_and_times_by_key() -> None:
    records = [*exchange("198.51.100.7", "/cart") * 30, *exchange("198.51.100.8", "/pay", seconds=2) * 20]
    assert KeyRequests(100, 10).measure(of(KeyRequests(100, 10), records))["shop.example/cart"].value == 0.3
    assert "198.51.100.0/24" not in KeyDrop(70, 0.5).measure(of(KeyDrop(70, 0.5), records))
    times = KeyResponseTime(100, 10, 0.1).measure(of(KeyResponseTime(100, 10, 0.1), records))
    assert times["shop.example/pay"].value == pytest.approx(2, rel=0.02)
    assert times["shop.example"].traffic == 50


def test_contributors_are_what_came_to_the_usual_ones() -> None:
    rule = KeyErrors(10, 1)
    usual = [*exchange("198.51.100.7", "/cart") * 90, *exchange("198.51.100.7", "/pay", 500) * 10]
    more = [*usual, *exchange("203.0.113.9", "/cart", 503, agent="NewBot") * 50]
    found = rule.contributors(of(rule, more), "shop.example/cart", of(rule, usual))
    named = {(one.kind, one.name): (one.share, one.new) for one in found}
    assert named[("status", "503")][0] == 1
    assert named[("user agent", "NewBot")] == (1, True)
    assert ("section", "shop.example/pay") not in named


def test_slow_responses_with_a_new_user_agent() -> None:
    rule = KeyResponseTime(100, 10, 0.1)
    usual = exchange("198.51.100.7", "/cart") * 100
    slow = [*usual, *exchange("203.0.113.9", "/cart", seconds=3, agent="NewBot") * 60]
    found = rule.contributors(of(rule, slow), "shop.example/cart", of(rule, usual))
    assert ("user agent", "NewBot", True) in [(one.kind, one.name, one.new) for one in found]
