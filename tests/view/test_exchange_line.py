import json
import re
from pathlib import Path
from typing import Any

import pytest
from records import exchange, request

from traffic.records import Exchange
from traffic.text import printable
from view.exchange_line import Discretion, exchange_line

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "output.md"
ALL = Discretion(queries=True, credentials=True)
REQUEST = request(
    time=1_700_000_000.25,
    client="192.0.2.7",
    client_port=50000,
    server="198.51.100.1",
    server_port=8080,
    method="POST",
    host="Shop.Example.com:8080",
    target="/cart/add?item=7",
    version="1.1",
    user_agent="curl/8.5.0",
    referrer="http://shop.example.com/?q=shoes",
)
EXCHANGE = exchange(
    REQUEST,
    time=1_700_000_001.0,
    request_bytes=12,
    response_bytes=345,
    response_time=0.5,
    total_time=0.75,
    answered=1_700_000_000.75,
    oddities=("bad chunk size",),
)
ORPHAN = EXCHANGE._replace(request=None, request_bytes=0, response_time=None, total_time=None)
UNANSWERED = EXCHANGE._replace(status=None, response_bytes=0, response_time=None, total_time=None, answered=None)


CALL = EXCHANGE._replace(
    request=REQUEST._replace(target="/shop.Cart/Add", version="2"), protocol="grpc", operation="shop.Cart/Add",
    grpc_status=14, request_messages=1, response_messages=0,
)  # fmt: skip
SOCKET = EXCHANGE._replace(
    status=101, protocol="websocket", response_time=None, request_messages=4, response_messages=31,
    control_frames=6, fragments=2, first_message_time=0.0625, close_code=1001, close_reason="see http://u:p@a.example/?id=7",
)  # fmt: skip
OWNED = EXCHANGE._replace(
    process="nginx", process_id=1234, user="101", container="web", container_id="9f" * 32, container_image="nginx:1.29",
    pod="shop/cart-7d4",
)  # fmt: skip
POD = "0b7a1c2d-1111-2222-3333-444455556666"
SECURED = EXCHANGE._replace(tls_version="TLS 1.3", server_name="shop.example.com")


def fields(exchange: Exchange, discretion: Discretion = ALL) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(exchange_line(exchange, discretion))
    return parsed


def test_the_peer_of_a_client_behind_a_proxy_is_the_source() -> None:
    told = fields(EXCHANGE._replace(client="2001:db8::9", source="10.0.0.3"))
    assert (told["client.ip"], told["source.ip"], told["source.port"]) == ("2001:db8::9", "10.0.0.3", 50000)


def asking(discretion: Discretion = ALL, **changes: Any) -> dict[str, Any]:
    return fields(EXCHANGE._replace(request=REQUEST._replace(**changes)), discretion)


def test_an_exchange_is_told_in_the_names_of_the_schema() -> None:
    assert fields(EXCHANGE) == {
        "@timestamp": "2023-11-14T22:13:20.250000Z",
        "event.start": "2023-11-14T22:13:20.250000Z",
        "event.end": "2023-11-14T22:13:21.000000Z",
        "event.duration": 750_000_000,
        "event.outcome": "success",
        "client.ip": "192.0.2.7",
        "source.ip": "192.0.2.7",
        "source.port": 50000,
        "destination.ip": "198.51.100.1",
        "destination.port": 8080,
        "network.protocol": "http",
        "http.version": "1.1",
        "http.request.method": "POST",
        "http.request.body.bytes": 12,
        "http.request.referrer": "http://shop.example.com/?q=shoes",
        "http.response.status_code": 200,
        "http.response.body.bytes": 345,
        "http.response.mime_type": "text/html",
        "url.original": "/cart/add?item=7",
        "url.path": "/cart/add",
        "url.query": "item=7",
        "url.domain": "shop.example.com",
        "url.port": 8080,
        "user_agent.original": "curl/8.5.0",
        "http_monitor.ending": "complete",
        "http_monitor.missing_bytes": 0,
        "http_monitor.oddities": ["bad chunk size"],
        "http_monitor.response_time": 500_000_000,
        "http_monitor.host": "Shop.Example.com:8080",
        "ecs.version": "8.11.0",
    }


def test_the_document_explains_every_field_and_no_other() -> None:
    kinds = {"string": str, "integer": int, "array of strings": list}
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| (yes|no) \|.*\| `([^|]+)` \|$", DOCUMENT.read_text(), re.MULTILINE)
    owned = fields(OWNED) | fields(OWNED._replace(pod=POD))
    told = fields(EXCHANGE._replace(features="492c")) | fields(CALL) | fields(SOCKET) | fields(SECURED) | owned
    assert {name: type(value) for name, value in told.items()} == {name: kinds[kind] for name, kind, _, _ in rows}
    assert all(isinstance(json.loads(example), kinds[kind]) for _, kind, _, example in rows)
    bare = fields(UNANSWERED._replace(request=None, ending="gap", oddities=()))
    assert set(bare) == {name for name, _, always, _ in rows if always == "yes"}


def test_an_owned_connection_has_its_process_container_and_pod() -> None:
    added = {name: value for name, value in fields(OWNED).items() if name not in fields(EXCHANGE)}
    assert added == {
        "process.name": "nginx",
        "process.pid": 1234,
        "user.name": "101",
        "container.id": "9f" * 32,
        "container.name": "web",
        "container.image.name": "nginx:1.29",
        "orchestrator.type": "kubernetes",
        "orchestrator.namespace": "shop",
        "orchestrator.resource.type": "pod",
        "orchestrator.resource.name": "cart-7d4",
    }
    nameless = fields(OWNED._replace(pod=POD))
    assert nameless["orchestrator.resource.id"] == POD
    assert not {"orchestrator.namespace", "orchestrator.resource.name"} & set(nameless)


def test_a_grpc_call_has_its_service_method_and_status() -> None:
    added = {name: value for name, value in fields(CALL).items() if name not in fields(EXCHANGE)}
    assert added == {
        "http_monitor.operation": "shop.Cart/Add",
        "rpc.system": "grpc",
        "rpc.service": "shop.Cart",
        "rpc.method": "Add",
        "rpc.grpc.status_code": 14,
        "http_monitor.request_messages": 1,
        "http_monitor.response_messages": 0,
    }
    assert (fields(CALL)["network.protocol"], fields(CALL)["http.version"]) == ("grpc", "2")
    assert fields(CALL)["event.outcome"] == "failure", "though its HTTP status is 200"


def test_a_websocket_has_its_messages_and_how_it_was_closed() -> None:
    told = fields(SOCKET, Discretion())
    assert {name: value for name, value in told.items() if name not in fields(EXCHANGE)} == {
        "http_monitor.request_messages": 4,
        "http_monitor.response_messages": 31,
        "http_monitor.control_frames": 6,
        "http_monitor.fragments": 2,
        "http_monitor.first_message_time": 62_500_000,
        "http_monitor.close_code": 1001,
        "http_monitor.close_reason": "see http://***@a.example/",
    }
    assert (told["network.protocol"], told["event.outcome"]) == ("websocket", "success")


@pytest.mark.parametrize(
    ("protocol", "told"),
    [("", "http"), ("http/1.0", "http"), ("h2", "http"), ("grpc-web", "grpc-web")],
)
def test_all_versions_of_http_are_one_protocol(protocol: str, told: str) -> None:
    assert fields(EXCHANGE._replace(protocol=protocol))["network.protocol"] == told


def test_what_is_not_known_is_left_out() -> None:
    assert not {name for name in fields(UNANSWERED) if name.startswith("http.response")}
    assert not {
        name for name in fields(ORPHAN) if name.startswith(("http.request", "url.", "user_agent", "http.version"))
    }
    assert {"url.domain", "url.port", "http_monitor.host"}.isdisjoint(asking(host=""))
    assert "event.end" not in fields(EXCHANGE._replace(ending="gap", total_time=None))
    assert "event.duration" not in fields(
        EXCHANGE._replace(missing_bytes=9, total_time=None)
    )  # the last byte is missing


def test_a_response_alone_starts_with_its_first_byte() -> None:
    assert fields(ORPHAN)["event.start"] == "2023-11-14T22:13:20.750000Z"


@pytest.mark.parametrize(
    ("status", "ending", "outcome"),
    [
        (200, "complete", "success"),
        (304, "complete", "success"),
        (404, "complete", "failure"),
        (500, "gap", "failure"),
        (200, "reset", "failure"),
        (None, "closed", "failure"),
        (None, "timeout", "failure"),
        (200, "gap", "unknown"),
        (200, "malformed", "unknown"),
        (200, "evicted", "unknown"),
        (None, "capture_end", "unknown"),
        (None, "complete", "unknown"),  # HTTP/0.9
    ],
)
def test_the_outcome(status: int | None, ending: str, outcome: str) -> None:
    assert fields(EXCHANGE._replace(status=status, ending=ending))["event.outcome"] == outcome


@pytest.mark.parametrize(
    ("method", "host", "target", "domain", "port", "path"),
    [
        ("GET", "a.b", "/x?y", "a.b", 80, "/x"),
        ("GET", "A.b.:81", "/x", "a.b", 81, "/x"),
        ("GET", "[2001:db8::1]:81", "/", "[2001:db8::1]", 81, "/"),
        ("GET", "a.b:65535", "/", "a.b", 65535, "/"),
        ("GET", "a.b:65536", "/", "a.b", None, "/"),
        ("GET", "h", "http://a.b/x", "a.b", 80, "/x"),
        ("GET", "h:81", "http://a.b:82", "a.b", 82, "/"),
        ("GET", "h", "https://a.b/x", "a.b", 443, "/x"),
        ("OPTIONS", "a.b", "*", "a.b", 80, None),
        ("CONNECT", "h", "a.b:443", "a.b", 443, None),
    ],
)
def test_the_url_is_put_together_from_target_and_host(
    method: str, host: str, target: str, domain: str, port: int | None, path: str | None
) -> None:
    told = asking(method=method, host=host, target=target)
    assert (told["url.domain"], told.get("url.port"), told.get("url.path")) == (domain, port, path)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "/a?secret"},
        {"target": "/a#secret?b"},
        {"target": "http://h/a?secret"},
        {"target": "http://h?secret"},
        {"referrer": "http://h/a?x=secret"},
        {"referrer": "http://h/#secret"},
        {"user_agent": "bot (+http://h/?secret)"},
        {"host": "h?secret"},
        {"target": "http://secret@h/"},
        {"target": "http://u:secret@h/"},
        {"target": "HTTP://u:secret@x@h/"},
        {"target": "//u:secret@h/"},
        {"target": "u:secret@h/a"},
        {"target": "/proxy/http://u:secret@h/"},
        {"referrer": "http://secret:secret@h/"},
        {"host": "secret@h"},
        {"host": "u:secret@h:80"},
        {"method": "CONNECT", "target": "u:secret@h:443"},
        {"user_agent": "bot (+http://u:secret@h/)"},
    ],
)
def test_queries_and_credentials_are_told_only_on_demand(changes: dict[str, Any]) -> None:
    assert "secret" not in json.dumps(asking(Discretion(), **changes))
    assert "secret" in json.dumps(asking(ALL, **changes))
    request = REQUEST._replace(**changes)
    if "@" in str(changes):  # nor does the dashboard show credentials
        assert "secret" not in request.section + request.domain


def test_the_rest_of_a_masked_url_stays() -> None:
    told = asking(Discretion(), target="http://u:p@a.b:81/@user/x?q", referrer="http://u@h/@user")
    assert told["url.original"] == "http://***@a.b:81/@user/x"
    assert (told["url.domain"], told["url.port"], told["url.path"]) == ("a.b", 81, "/@user/x")
    assert told["http.request.referrer"] == "http://***@h/@user"


@pytest.mark.parametrize("wire", [b"\x1b[2J", "\u202eevil\u202c".encode(), "\u200b".encode(), b"\x00\n\r", b"\xff"])
def test_a_line_is_one_line_of_printable_ascii(wire: bytes) -> None:
    text = printable(wire, 100)
    line = exchange_line(
        EXCHANGE._replace(content_type=text, request=REQUEST._replace(target=text, host=text, user_agent=text)), ALL
    )
    assert line.isascii()
    assert line.isprintable()
    assert fields(EXCHANGE._replace(request=REQUEST._replace(user_agent=text)))["user_agent.original"] == text


@pytest.mark.parametrize(("time", "moment"), [(-5.0, "1970-01-01T00:00:00.0"), (1e18, "9999-12-31T23:59:59.0")])
def test_a_clock_that_no_date_can_tell_is_no_error(time: float, moment: str) -> None:
    told = fields(EXCHANGE._replace(time=time, request=REQUEST._replace(time=time)))
    assert told["@timestamp"] == f"{moment}00000Z"


NAMED = EXCHANGE._replace(
    request=REQUEST._replace(request_headers="x-request-id: 7f\nauthorization: Basic s3cret\ncookie: s3cret"),
    response_headers="location: http://me:s3cret@shop/?s3cret\nset-cookie: s3cret\nx-cut",
)


def test_named_fields_are_logged_by_their_side_and_name_without_secrets() -> None:
    line = exchange_line(NAMED, Discretion())
    assert "s3cret" not in line
    fields = json.loads(line)
    assert {name: value for name, value in fields.items() if ".headers." in name} == {
        "http.request.headers.x-request-id": "7f",
        "http.request.headers.authorization": "***",
        "http.request.headers.cookie": "***",
        "http.response.headers.location": "http://***@shop/",
        "http.response.headers.set-cookie": "***",
    }


def test_secret_fields_are_logged_on_request() -> None:
    fields = json.loads(exchange_line(NAMED, ALL))
    assert fields["http.request.headers.authorization"] == "Basic s3cret"
    assert fields["http.response.headers.location"] == "http://me:s3cret@shop/?s3cret"


def test_unknown_fields_are_left_out_but_host_and_path_say_so() -> None:
    unknown = "(unknown)"
    asked = REQUEST._replace(host=unknown, target=unknown, user_agent=unknown, referrer=unknown, version="2")
    call = EXCHANGE._replace(request=asked, content_type=unknown, protocol="grpc", operation=unknown)
    found = fields(call)
    assert {name: value for name, value in found.items() if value == unknown} == dict.fromkeys(
        ("url.original", "url.domain", "url.path", "http_monitor.host", "http_monitor.operation"), unknown
    )
    gone = ("url.port", "user_agent.original", "http.request.referrer", "http.response.mime_type", "rpc.method")
    assert not found.keys() & {*gone}


def test_what_was_decrypted_is_https() -> None:
    secured = SECURED._replace(request=REQUEST._replace(host="shop.example.com"))
    told = fields(secured)
    names = ("url.scheme", "tls.version", "tls.version_protocol", "tls.client.server_name", "url.port")
    assert [told[name] for name in names] == ["https", "1.3", "tls", "shop.example.com", 443]
    assert asking(host="shop.example.com")["url.port"] == 80
    assert fields(EXCHANGE).keys().isdisjoint(names[:-1])
