"""Requests with any token as their method (RFC 9110 section 9.1), where the position in the stream is unknown."""

import pytest
from wire import Talk, decode, get, ok

pytestmark = pytest.mark.usefixtures("each_decoder")

METHODS = ["QUERY", "CCM_POST", "RPC_IN_DATA", "VERSION-CONTROL", "SOURCE", "brew", "M!#$%&'*+.^_`|~0", "X" * 64]


@pytest.mark.parametrize("method", METHODS)
def test_any_token_is_a_method_on_a_connection_that_was_joined(method: str) -> None:
    talk = Talk(handshake=False)
    for number in range(3):
        talk.client(get(f"/{number}", method=method, body=b"abc")).server(ok(status=200 + number))
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/0", 200), ("/1", 201), ("/2", 202)]
    assert {request.method for request in decoded.requests} == {method}


@pytest.mark.parametrize("method", METHODS)
def test_any_token_is_a_method_after_a_loss(method: str) -> None:
    talk = Talk().client(get("/1", method=method)).server(ok(status=201)).client(get("/lost"), lost=True)
    talk.server(ok(status=202)).client(get("/3", method=method)).server(ok(status=203))
    assert decode(talk.frames).pairs == [("/1", 201), (None, 202), ("/3", 203)]


@pytest.mark.parametrize("target", ["/", "*", "http://example.com/a", "ftp://example.com/a"])
def test_any_method_takes_each_form_of_a_target(target: str) -> None:
    talk = Talk(handshake=False).client(get(target, method="QUERY")).server(ok())
    assert decode(talk.frames).pairs == [(target, 200)]


@pytest.mark.parametrize(
    "text",
    [
        b"Please use HTTP/1.1\r\nHost: a\r\n",
        b"see /docs HTTP/1.1\r\nfor what it says\r\n",
        b"see /docs and HTTP/1.1\r\nHost: a\r\n",
        b"see: /docs HTTP/1.1\r\nHost: a\r\n",
        b"QUERY /docs HTTP/2.0\r\nHost: a\r\n",
        b"OST /upload HTTP/1.1\r\nHost: a\r\n",
        b"QUERY /docs",
    ],
)
def test_the_text_of_a_body_is_no_request(text: bytes) -> None:
    talk = Talk().client(get("/1", "Content-Length: 5000", method="POST") + b"x" * 500)
    talk.client(b"y" * 5000, lost=True).client(text).server(ok())
    assert [request.target for request in decode(talk.frames).requests] == ["/1"]
