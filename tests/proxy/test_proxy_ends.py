"""Where the proxy listens, and to whom it passes requests, as texts of the command line say."""

import socket
from typing import Any

import pytest

from proxy.ends import EndError, Listening, Upstream, listening, upstream


@pytest.mark.parametrize(
    ("text", "has_certificates", "expected"),
    [
        (":8080", False, Listening("[::]:8080", 8080, None, False)),
        (":443", True, Listening("[::]:443", 443, None, True)),
        ("http://:80", True, Listening("[::]:80", 80, None, False)),
        ("http://", True, Listening("[::]:80", 80, None, False)),
        ("https://", True, Listening("[::]:443", 443, None, True)),
        ("192.0.2.1", False, Listening("192.0.2.1:80", 80, None, False)),
        ("192.0.2.1:8443", True, Listening("192.0.2.1:8443", 8443, None, True)),
        ("[2001:db8::1]:8443", True, Listening("[2001:db8::1]:8443", 8443, None, True)),
        ("https://[2001:DB8::1]", True, Listening("[2001:db8::1]:443", 443, None, True)),
        ("127.0.0.1:0", False, Listening("127.0.0.1:0", 0, None, False)),
        ("fd:0", False, Listening("fd:0", 0, 0, False)),
        ("https://fd:12", True, Listening("https://fd:12", 0, 12, True)),
    ],
)
def test_addresses_to_listen_at(text: str, has_certificates: bool, expected: Listening) -> None:
    assert listening(text, has_certificates) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("https://:443", "TLS needs --cert and --key"),
        ("ftp://:21", "ftp:// is unknown"),
        (":99999", "not a number from 0 to 65535"),
        (":http", "not a number from 0 to 65535"),
        (":-1", "not a number from 0 to 65535"),
        ("localhost:80", "localhost is not an address"),
        ("[::1:80", "not an address and port"),
        ("fd:", "a socket follows fd:"),
        ("fd:x", "a socket follows fd:"),
        ("fd:\N{SUPERSCRIPT TWO}", "a socket follows fd:"),
        ("127.0.0.1:80/path", "without a path"),
        ("user@127.0.0.1:80", "without a user"),
        ("127.0.0.1:80?x", "without a path"),
    ],
)
def test_what_is_no_address_to_listen_at(text: str, message: str) -> None:
    with pytest.raises(EndError, match=message) as caught:
        listening(text, False)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "server_name", "http2"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080", None, False),
        ("127.0.0.1", "127.0.0.1:80", None, False),
        ("http://127.0.0.1:3000/", "127.0.0.1:3000", None, False),
        ("https://127.0.0.1", "127.0.0.1:443", "127.0.0.1", False),
        ("h2c://127.0.0.1:50051", "127.0.0.1:50051", None, True),
        ("h2://[2001:db8::1]", "[2001:db8::1]:443", "2001:db8::1", True),
        ("unix:/run/app.sock", "unix:/run/app.sock", None, False),
        ("unix:///run/app.sock", "unix:/run/app.sock", None, False),
    ],
)
def test_upstreams(text: str, place: str, server_name: str | None, http2: bool) -> None:
    assert upstream(text) == Upstream(text, place, server_name, http2)


def test_the_name_of_an_upstream_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(host: str, port: int, **_: Any) -> list[Any]:
        assert (host, port) == ("app.example", 443)
        return [(socket.AF_INET6, 1, 6, "", ("2001:db8::7", port, 0, 0)), (socket.AF_INET, 1, 6, "", ("1.2.3.4", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert upstream("https://App.example") == Upstream("https://App.example", "[2001:db8::7]:443", "app.example", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://127.0.0.1", "ftp:// is unknown; use http, https, h2c, h2 or unix:"),
        ("unix:app.sock", "an absolute path follows unix:"),
        ("http://", "a host and port are needed"),
        ("127.0.0.1:8080/app", "without a path"),
        ("127.0.0.1:8080?x=1", "without a path"),
        ("user:password@127.0.0.1", "without a user"),
        ("127.0.0.1:0", "the port is not 0"),
        ("127.0.0.1:port", "not a number"),
        ("http://[::1", "not an address and port"),
    ],
)
def test_what_is_no_upstream(text: str, message: str) -> None:
    with pytest.raises(EndError, match=message):
        upstream(text)


def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", missing)
    with pytest.raises(EndError, match=r"app\.example is not found \(Name or service not known\)"):
        upstream("http://app.example")
