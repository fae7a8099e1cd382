"""Values of feeds get the form in which the traffic has them."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.intelligence.addresses import address_of, is_private, network_of
from detection.intelligence.dates import seconds_of
from detection.intelligence.indicator import Indicator, Kind
from detection.intelligence.values import classified, domain_of, host_of_url, normal, refanged, url_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hxxp://evil[.]example[.]com/x", "http://evil.example.com/x"),
        ("hXXps[://]evil(dot)example{.}com", "https://evil.example.com"),
        ("203[.]0[.]113[.]5", "203.0.113.5"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("plain.example.com", "plain.example.com"),
    ],
)
def test_defanged_text_is_undone(text: str, expected: str) -> None:
    assert refanged(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WWW.Example.COM.", "www.example.com"),
        ("*.example.com", "example.com"),
        (".example.com", "example.com"),
        ("example.com:8443", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("203.0.113.5", ""),
        ("a b.example.com", ""),
        ("-.example.com", ""),
        ("a..example.com", ""),
        ("example.com:x", ""),
        ("a." * 200 + "com", ""),
        ("", ""),
    ],
)
def test_domains(text: str, expected: str) -> None:
    assert domain_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://Example.com", "example.com/"),
        ("http://example.com:80/a", "example.com/a"),
        ("https://example.com:443/a", "example.com/a"),
        ("https://example.com:80/a", "example.com:80/a"),
        ("http://user:secret@example.com/A?b#c", "example.com/A?b"),
        ("http://example.com?q", "example.com/?q"),
        ("http://[2001:DB8::1]:8080/x", "[2001:db8::1]:8080/x"),
        ("example.com/a@b", "example.com/a@b"),
        ("http:///x", ""),
        ("ftp://example.com/", ""),
    ],
)
def test_urls(text: str, expected: str) -> None:
    assert url_of(text) == expected


def test_the_host_of_a_url() -> None:
    assert [host_of_url(url) for url in ("a.example/x", "a.example:81/x", "[2001:db8::1]:81/x")] == [
        "a.example",
        "a.example",
        "2001:db8::1",
    ]


@pytest.mark.parametrize(
    "text", ["", "-", "word", "1", "10", "a/b", "http://", "1.2.3", "999.1.1.1", "::1::", "é", "a\x00b.com"]
)
def test_what_is_no_indicator(text: str) -> None:
    assert classified(text) is None


@settings(max_examples=60)
@given(st.ip_addresses())
def test_addresses_are_written_as_in_the_traffic(address: IPv4Address | IPv6Address) -> None:
    expected = getattr(address, "ipv4_mapped", None) or address
    written = address_of(address.exploded)
    assert (
        IPv4Address(written) == expected if "." in written and ":" not in written else IPv6Address(written) == expected
    )
    assert address_of(written) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("198.51.100.9/24", "198.51.100.0/24"),
        ("198.51.100.9/32", "198.51.100.9"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
        ("198.51.100.9/33", ""),
        ("x/24", ""),
    ],
)
def test_networks(text: str, expected: str) -> None:
    assert network_of(text) == expected


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("10.0.0.0", True), ("10.255.255.255", True), ("9.255.255.255", False), ("11.0.0.0", False),
        ("172.15.255.255", False), ("172.16.0.0", True), ("172.32.0.0", False), ("127.0.0.1", True), ("::1", True),
        ("::2", False), ("fe80::1", True), ("fec0::1", False), ("2001:db8::1", False), ("203.0.113.9", False),
        ("255.255.255.255", True), ("9.0.0.0/7", False), ("8.0.0.0/6", True), ("10.1.0.0/16", True), ("", False),
    ],
)  # fmt: skip
def test_private_addresses_and_what_contains_some(text: str, private: bool) -> None:
    assert is_private(str(ip_network(text, strict=False)) if "/" in text else text) is private


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400.0),
        ("1970-01-02 00:00:05", 86405.0),
        ("1970-01-02 00:00:05 UTC", 86405.0),
        ("1970-01-02T00:00:05.123Z", 86405.0),
        ("1970-01-02T00:00:05.1234567+01:00", 82805.0),
        ("86400", 86400.0),
        (86400, 86400.0),
        ("9" * 40, None),
        ("yesterday", None),
        (None, None),
        (True, None),
    ],
)
def test_dates(text: object, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_an_address_among_host_names_is_an_address() -> None:
    listed = normal(Indicator(Kind.DOMAIN, "203[.]0[.]113[.]5"))
    assert listed is not None
    assert (listed.kind, listed.value) == (Kind.ADDRESS, "203.0.113.5")
