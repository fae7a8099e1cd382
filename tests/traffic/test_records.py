"""Values derived from a request: domain, section and path; and the conversion of text from the wire."""

import pytest
from records import request

from traffic.text import printable


@pytest.mark.parametrize(
    ("target", "host", "domain", "path", "section"),
    [
        ("/", "my.site.com", "my.site.com", "/", "my.site.com/"),
        ("/pages/create?x=1", "my.site.com", "my.site.com", "/pages/create", "my.site.com/pages"),
        ("/pages", "my.site.com:8080", "my.site.com", "/pages", "my.site.com/pages"),
        ("/a#b", "My.Site.COM.", "my.site.com", "/a", "my.site.com/a"),
        ("//a/b", "h", "h", "//a/b", "h/a"),
        ("/?a/b", "h", "h", "/", "h/"),
        ("http://other.com/a/b?c", "h", "other.com", "/a/b", "other.com/a"),
        ("http://user:word@other.com:81/a", "h", "other.com", "/a", "other.com/a"),
        ("http://other.com", "h", "other.com", "/", "other.com/"),
        ("http://other.com?a=/b", "h", "other.com", "/", "other.com/"),
        ("/a", "", "10.0.0.5", "/a", "10.0.0.5/a"),
        ("/a", "[::1]:80", "::1", "/a", "::1/a"),
        ("/a", "http://shop.example.com", "shop.example.com", "/a", "shop.example.com/a"),
        ("/a", "HTTPS://me:word@Shop.example.com:8443/x?y", "shop.example.com", "/a", "shop.example.com/a"),
        ("/a", "http://[::1]:80", "::1", "/a", "::1/a"),
        ("/a", "http://", "10.0.0.5", "/a", "10.0.0.5/a"),
        ("http://other.com/a", "http://h", "other.com", "/a", "other.com/a"),
    ],
)
def test_domain_path_and_section(target: str, host: str, domain: str, path: str, section: str) -> None:
    made = request(target=target, host=host)
    assert (made.domain, made.path, made.section) == (domain, path, section)


def test_the_domain_of_connect_is_in_its_target() -> None:
    assert request(method="CONNECT", host="h", target="other.com:443").domain == "other.com"


def test_the_asterisk_is_a_path_of_its_own() -> None:
    assert request(method="OPTIONS", host="h", target="*").path == "*"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        ("größe".encode(), "größe"),
        (b"gr\xf6\xdfe", "größe"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        (b"a\r\nb\0c\x7f", "a\\r\\nb\\x00c\\x7f"),
        ("\u202eevil".encode(), "\\u202eevil"),
        ("zero\u200bwidth".encode(), "zero\\u200bwidth"),
    ],
)
def test_unprintable_characters_are_escaped(raw: bytes, text: str) -> None:
    assert printable(raw, 100) == text


@pytest.mark.parametrize("limit", [1, 10, 100])
@pytest.mark.parametrize("raw", [b"x" * 1000, b"\x00" * 1000, "é".encode() * 1000, "\U0001f600".encode() * 1000])
def test_text_is_cut_at_the_limit(raw: bytes, limit: int) -> None:
    text = printable(raw, limit)
    assert len(text) == limit
    assert text.isprintable()
