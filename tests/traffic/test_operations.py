"""Operations of SOAP, GraphQL and JSON-RPC, which all requests to one path may share."""

import gzip
import json

import pytest
from wire import Talk, chunked, decode_by_core, get, ok

from traffic.records import Exchange

CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x0"}]}'
ENVELOPE = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    b"<s:Header><t:Token>a</t:Token></s:Header><s:Body><m:GetPrice><m:Item>x</m:Item></m:GetPrice></s:Body></s:Envelope>"
)
MULTIPART = (
    b'--uuid:1\r\nContent-Type: application/xop+xml; type="text/xml"\r\nContent-ID: <root>\r\n\r\n'
    + ENVELOPE
    + b"\r\n--uuid:1\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--uuid:1--"
)


def post(body: bytes, kind: str = "application/json", *fields: str) -> bytes:
    """Build a POST."""
    return get("/api", f"Content-Type: {kind}", *fields, method="POST", body=body)


def exchanges(talk: Talk) -> list[Exchange]:
    return decode_by_core(talk.frames, "operations").exchanges


def operation(request: bytes, size: int = 1460) -> str:
    """Return the operation of a request, sent in segments of `size` bytes."""
    (exchange,) = exchanges(Talk(segment_size=size).client(request).server(ok()))
    return exchange.operation


def graphql(query: str, **members: object) -> bytes:
    return json.dumps({**members, "query": query}).encode()


@pytest.mark.parametrize("size", [1, 40, 1460])
@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (post(CALL), "eth_call"),
        (post(b"[" + CALL + b", " + CALL + b"]"), "eth_call + 1 more"),
        (post(graphql("query GetUser($id: ID!) {\n  user(id: $id) { name } }", variables={"id": 1})), "query GetUser"),
        (post(graphql("{ user { name } }")), "query"),
        (post(b"[" + graphql("mutation Buy { buy }") + b"," + graphql("{ a }") + b"]"), "mutation Buy + 1 more"),
        (post(b"subscription OnPrice { price }", "application/graphql"), "subscription OnPrice"),
        (get("/graphql?query=%7Buser%7Bname%7D%7D"), "query"),
        (get("/graphql?operationName=B&query=query+A%7Ba%7D+query+B%7Bb%7D"), "query B"),
        (post(ENVELOPE, "text/xml; charset=utf-8", 'SOAPAction: "urn:shop#GetPrice"'), "urn:shop#GetPrice"),
        (post(ENVELOPE, "text/xml", 'SOAPAction: ""'), "GetPrice"),
        (post(ENVELOPE, "text/xml"), "GetPrice"),
        (post(ENVELOPE, 'application/soap+xml; charset=utf-8; action="urn:shop#Buy"'), "urn:shop#Buy"),
        (post(ENVELOPE, "application/soap+xml"), "GetPrice"),
        (post(MULTIPART, 'multipart/related; type="application/xop+xml"; boundary="uuid:1"'), "GetPrice"),
    ],
)
def test_the_operation_is_named(request_: bytes, name: str, size: int) -> None:
    assert operation(request_, size) == name


@pytest.mark.parametrize(
    "request_",
    [
        get("/"),
        get("/search?query=shoes&page=2"),
        get("/search?query=%7B%22match%22%3A%7B%7D%7D"),
        get("/", "SOAPAction: urn:a"),
        post(b'{"name":"x","tags":["query"],"method":"subtract"}'),
        post(b'{"query":{"match_all":{}}}'),
        post(b'{"query":"SELECT * FROM query"}'),
        post(b'{"query":"{job=\\"api\\"}"}'),
        post(b'{"jsonrpc":"2.0","id":1,"result":19}'),
        post(b"[]"),
        post(b"null"),
        post(CALL, "text/plain"),
        post(CALL, "application/x-www-form-urlencoded"),
        post(b"<methodCall><methodName>a</methodName></methodCall>", "text/xml"),
        post(gzip.compress(CALL), "application/json", "Content-Encoding: gzip"),
        get("/", "Content-Type: application/json", method="PUT", body=CALL),
        b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n",
    ],
)
def test_other_requests_have_none(request_: bytes) -> None:
    assert operation(request_) == ""


def test_a_chunked_body_is_read() -> None:
    head = b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [CALL[start : start + 7] for start in range(0, len(CALL), 7)]
    assert operation(head + chunked(parts), 5) == "eth_call"


def test_each_request_of_a_connection_has_its_own() -> None:
    talk = Talk().client(post(CALL) + get("/plain") + post(graphql("query A { a }")))
    found = exchanges(talk.server(ok() + ok() + ok()))
    assert [exchange.operation for exchange in found] == ["eth_call", "", "query A"]


def test_only_the_start_of_a_body_is_searched() -> None:
    late = b'{"params":"' + b"x" * 2000 + b'","jsonrpc":"2.0","method":"late"}'
    assert operation(post(late)) == ""
    early = b'{"jsonrpc":"2.0","method":"early","params":"' + b"x" * 200_000 + b'"}'
    assert operation(post(early)) == "early"


def test_an_unanswered_request_has_its_operation() -> None:
    (exchange,) = exchanges(Talk().client(post(CALL)).close())
    assert (exchange.operation, exchange.status) == ("eth_call", None)


def test_an_answer_before_the_whole_upload_waits_for_the_name() -> None:
    request = post(b'{"jsonrpc":"2.0","method":"upload","params":"' + b"x" * 5000 + b'"}')
    talk = Talk().client(request[:150]).server(ok(status=413)).client(request[150:])
    (exchange,) = exchanges(talk)
    assert (exchange.operation, exchange.status) == ("upload", 413)


def test_lost_bytes_leave_what_came_before_them() -> None:
    body = b'{"jsonrpc":"2.0","method":"found","params":"' + b"x" * 500 + b'"}'
    request = post(body)
    talk = Talk().client(request[:-400]).client(request[-400:-200], lost=True).client(request[-200:]).wait(2)
    (exchange,) = exchanges(talk.server(ok()))
    assert (exchange.operation, exchange.missing_bytes) == ("found", 200)


def test_names_are_short_and_printable() -> None:
    method = "m\x1b[2J\u202e" + "x" * 500
    name = operation(post(json.dumps({"jsonrpc": "2.0", "method": method}).encode()))
    assert name == ("m\\x1b[2J\\u202e" + "x" * 500)[:128]


def test_without_the_protocol_there_are_no_names() -> None:
    (exchange,) = decode_by_core(Talk().client(post(CALL)).server(ok()).frames, "websocket").exchanges
    assert exchange.operation == ""


def test_bombs_cost_one_kilobyte() -> None:
    for body, kind in ((b"[" * 100_000, "application/json"), (b"<a>" * 100_000, "text/xml")):
        decoded = decode_by_core(Talk().client(post(body, kind)).server(ok()).frames, "operations")
        assert (decoded.exchanges[0].operation, decoded.held) == ("", 0)
