"""The proxy in the head of the console, on the page of health, and in the summary."""

from dataclasses import replace

from view_samples import CALM

from dashboard.proxy_lines import proxy_facts, proxy_items, proxy_summary
from dashboard.summary import summary
from view.proxied import ProxyView, proxy_view

COUNTS = {"connections": 12, "open connections": 3, "requests": 40, "refused requests": 2, "retries": 1}
UPSTREAMS = [("127.0.0.1:8080", True, 1, 39, 0), ("10.0.0.2", False, 0, 1, 4)]
PROXY = proxy_view(COUNTS, UPSTREAMS)


def said(proxy: ProxyView) -> list[str]:
    return ["".join(piece.text for piece in item) for item in proxy_items(replace(CALM, proxy=proxy))]


def test_the_head_says_what_counts_most() -> None:
    assert said(PROXY) == ["open 3", "refused 2", "proxy troubles 1", "upstreams 1 of 2 up"]
    calm = proxy_view({**COUNTS, "refused requests": 0, "retries": 0}, UPSTREAMS[:1])
    assert said(calm) == ["open 3", "refused 0", "upstreams 1 of 1 up"]
    assert proxy_items(CALM) == []


def test_what_would_be_refused_is_no_trouble() -> None:
    shadow = proxy_view({"requests that would be refused": 7}, UPSTREAMS[:1])
    assert said(shadow) == ["open 0", "refused 0", "would refuse 7", "upstreams 1 of 1 up"]


def test_the_page_of_health_lists_all_that_happened() -> None:
    assert list(proxy_facts(PROXY)) == [
        ("Proxy", "connections  12"),
        ("", "open connections  3"),
        ("", "requests  40"),
        ("", "refused requests  2"),
        ("", "retries  1"),
        ("Upstreams", "127.0.0.1:8080  up, 39 requests, 1 under way"),
        ("", "10.0.0.2  down, 1 request, 0 under way, 4 errors"),
    ]


def test_the_summary_has_a_line() -> None:
    assert proxy_summary(PROXY) == "12 connections, 2 refused requests, 1 retries"
    assert "Proxy     12 connections, 2 refused" in summary(replace(CALM, proxy=PROXY), 80)
    assert "Proxy" not in summary(CALM, 80)
