"""The forms of the buffers, and which exchanges rules fit."""

import gzip
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suricata_scene import CLIENT, SERVER, exchange, fitting, rule

from detection.suricata.buffers import Side
from detection.suricata.http_rules import HttpRules
from detection.suricata.names import BUFFERS
from detection.suricata.rule import HTTP, Rule
from detection.suricata.thresholds import MAX_KEYS, PAUSE, Thresholds

ASKED = (
    b"POST /a//b/./c/../%64?q=%41+b&e=%2541 HTTP/1.1\r\nHost: EXAMPLE.com:8080\r\nUser-Agent: one\r\nCookie: a=1\r\n"
    b"Accept:*/*  \r\nuser-agent: two\r\nReferer: \r\nCookie: b=2\r\n\r\n"
)
TOLD = b"HTTP/1.0 404 Not Found\r\nServer: x\r\nSet-Cookie: c=3\r\nContent-Encoding: gzip\r\nLocation: /z\r\n\r\n"
SEEN = exchange(ASKED, b"sent", TOLD, gzip.compress(b"told"))
HEADERS = b"Host: EXAMPLE.com:8080\r\nUser-Agent: one, two\r\nAccept: */*\r\nReferer: \r\n"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("http.method", [b"POST"]),
        ("http.uri", [b"/a/b/d?q=A+b&e=%41"]),
        ("http.uri.raw", [b"/a//b/./c/../%64?q=%41+b&e=%2541"]),
        ("http.protocol", [b"HTTP/1.1"]),
        ("http.request_line", [ASKED.partition(b"\r\n")[0]]),
        ("http.host", [b"example.com"]),
        ("http.host.raw", [b"EXAMPLE.com:8080"]),
        ("http.user_agent", [b"one, two"]),
        ("http.accept", [b"*/*"]),
        ("http.accept_lang", []),
        ("http.referer", [b""]),
        ("http.cookie", [b"a=1, b=2"]),
        ("http.header", [HEADERS]),
        ("http.header.raw", [ASKED.partition(b"\r\n")[2]]),
        ("http.header_names", [b"\r\nHost\r\nUser-Agent\r\nCookie\r\nAccept\r\nReferer\r\n\r\n"]),
        ("http.start", [ASKED.partition(b"\r\n")[0] + b"\r\n" + HEADERS + b"\r\n"]),
        ("http.request_body", [b"sent"]),
        ("file.data", [b"sent"]),
        ("", [ASKED + b"sent"]),
        ("http.stat_code", []),
    ],
)
def test_buffers_of_a_request(name: str, wanted: list[bytes]) -> None:
    assert [buffer.text for buffer in Side(SEEN, to_server=True).get((name, ()))] == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("http.stat_code", [b"404"]),
        ("http.stat_msg", [b"Not Found"]),
        ("http.protocol", [b"HTTP/1.0"]),
        ("http.response_line", [b"HTTP/1.0 404 Not Found"]),
        ("http.server", [b"x"]),
        ("http.location", [b"/z"]),
        ("http.cookie", [b"c=3"]),
        ("http.response_body", [b"told"]),
        ("file.data", [b"told"]),
        ("http.header", [b"Server: x\r\nContent-Encoding: gzip\r\nLocation: /z\r\n"]),
        ("http.method", []),
        ("http.uri", []),
    ],
)
def test_buffers_of_a_response(name: str, wanted: list[bytes]) -> None:
    assert [buffer.text for buffer in Side(SEEN, to_server=False).get((name, ()))] == wanted


@pytest.mark.parametrize(
    ("line", "uri", "host"),
    [
        (b"GET /a b c HTTP/1.1", b"/a b c", b"h"),
        (b"GET /a", b"/a", b"h"),
        (b"GET", b"", b"h"),
        (b"GET  /a  HTTP/1.1", b"/a", b"h"),
        (b"OPTIONS * HTTP/1.1", b"*", b"h"),
        (b"CONNECT a.example:443 HTTP/1.1", b"a.example:443", b"h"),
        (b"GET http://O.example:80/x?y HTTP/1.1", b"/x?y", b"o.example"),
        (b"GET http://o.example HTTP/1.1", b"/", b"o.example"),
        (b"GET http://[::1]:80/ HTTP/1.1", b"/", b"[::1]"),
        (b"GET /a/../../b HTTP/1.1", b"/b", b"h"),
        (b"GET /a/b/.. HTTP/1.1", b"/a/", b"h"),
        (b"GET /a\\b/ HTTP/1.1", b"/a/b/", b"h"),
        (b"GET /%2e%2e/%2fa%zz HTTP/1.1", b"/a%zz", b"h"),
    ],
)
def test_targets_are_normalised(line: bytes, uri: bytes, host: bytes) -> None:
    side = Side(exchange(line + b"\r\nHost: H\r\n\r\n"), to_server=True)
    assert [side.get((name, ()))[0].text for name in ("http.uri", "http.host")] == [uri, host]


def test_several_hosts_are_joined() -> None:
    side = Side(exchange(b"GET / HTTP/1.1\r\nHost: ABC.com:80\r\nHost: [::1]:9\r\n\r\n"), to_server=True)
    assert side.get(("http.host", ()))[0].text == b"abc.com, [::1]"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ('http.uri; content:"/a/b/d"; startswith; http.host; content:"example.com"; bsize:11;', True),
        ('http.uri; content:"/a/b/d"; http.host; content:"other";', False),
        ('content:"POST"; http_method; content:"/d?"; http_uri; content:"q="; http_uri; distance:0; within:2;', True),
        ('uricontent:"/b/d";', True),
        ("urilen:18;", True),
        ("urilen:18,norm;", True),
        ("urilen:32,raw;", True),
        ("urilen:>18;", False),
        ('http.header_names; content:"|0d 0a|Host|0d 0a|User-Agent|0d 0a|";', True),
        ('http.header_names; content:!"Accept-Language";', True),
        ('http.header_names; content:"|0d 0a|Host|0d 0a 0d 0a|";', False),
        ('http.header; content:"Accept|3a 20|*/*|0d 0a|";', True),
        ('http.start; content:"HTTP/1.1|0d 0a|Host|3a|";', True),
        ('http.request_header; content:"Host"; startswith; content:"8080"; endswith;', True),
        ('http.request_header; content:"Host"; startswith; content:"one"; endswith;', False),
        ('http.request_header; content:"Host"; http.request_header; content:"one"; endswith;', True),
        ('http.host; dotprefix; content:".example.com"; endswith;', True),
        ('http.accept_lang; content:!"en";', False),
        ('http.referer; bsize:0;', True),
        ('http.accept_lang; absent;', True),
        ('http.accept; absent;', False),
        ('http.accept_lang; absent:or_else; content:!"en"; http.uri; content:"/a";', True),
        ('http.accept; absent:or_else; content:"*";', True),
        ('http.accept; absent:or_else; content:!"*";', False),
        ('pcre:"/^\\/a\\/b/U"; pcre:"/two$/V"; pcre:"/^example/W"; pcre:"/^EX/Z"; pcre:"/c\\/\\.\\./I";', True),
        ('flow:to_server; file_data; content:"sent";', True),
        ('flow:to_server; file_data; content:"told";', False),
        ('flow:to_client; file_data; content:"told";', True),
        ('file_data; content:"told"; pkt_data; content:"Server|3a| x";', True),
        ('content:"sent";', True),
        ('flow:to_client; content:"sent";', False),
        ('http.response_body; content:"told"; http.stat_code; content:"404";', True),
        ('pcre:"/^told$/Q"; pcre:"/^40/S"; pcre:"/Found/Y"; pcre:"/c=3/C"; flow:to_client;', True),
        ('http.cookie; content:"c=3";', True),
        ('http.request_body; to_md5; bsize:16;', True),
        ('http.request_body; content:!"none";', True),
    ],
)  # fmt: skip
def test_rules_fit_exchanges(options: str, wanted: bool) -> None:
    assert fitting(options, SEEN) is wanted


@pytest.mark.parametrize(
    ("header", "options", "wanted"),
    [
        ("alert http $HOME_NET any -> $EXTERNAL_NET any", "flow:to_server; http.uri;", True),
        ("alert http $EXTERNAL_NET any -> $HOME_NET any", "flow:to_server; http.uri;", False),
        ("alert http $EXTERNAL_NET any <> $HOME_NET any", "flow:to_server; http.uri;", True),
        ("alert http $EXTERNAL_NET 80 -> $HOME_NET any", "flow:to_client; http.header;", True),
        ("alert http $HOME_NET any -> $EXTERNAL_NET 80", "flow:to_client; http.header;", False),
        ("alert http any any -> any 8080", "http.uri;", False),
        (f"alert http {CLIENT} 40000 -> [{SERVER},::1] $HTTP_PORTS", "http.uri;", True),
        (f"alert http {SERVER} any -> any any", "http.header;", True),
        (f"alert http {SERVER} any -> any any", "http.uri;", False),
        (f"alert http {CLIENT} any -> any any", "http.response_line;", False),
        (f"alert http {CLIENT} any <> any any", "http.response_line;", True),
        ("alert http1 any any -> any any", "http.uri;", True),
        ("alert http2 any any -> any any", "http.uri;", False),
    ],
)
def test_addresses_and_versions_of_an_exchange(header: str, options: str, wanted: bool) -> None:
    assert fitting(f'{options} content:"/";', exchange(answer=b"HTTP/1.1 200 OK\r\nA: /\r\n\r\n"), header) is wanted


def test_only_http2_fits_http2() -> None:
    seen = exchange(b"GET / HTTP/2\r\nHost: a\r\n\r\n")
    found = [fitting('http.uri; content:"/";', seen, f"alert {each} any any -> any any") for each in ("http1", "http2")]
    assert found == [False, True]


def test_a_rule_is_reported_once_for_an_exchange() -> None:
    rules = HttpRules([rule('http.header; content:"a";'), rule('content:"a";', sid=2), rule('pcre:"/z/";', sid=3)])
    told = exchange(b"GET / HTTP/1.1\r\na: a\r\n\r\n", answer=b"HTTP/1.1 200 OK\r\na: a\r\n\r\n")
    assert sorted(each.sid for each in rules.fitting(told)) == [1, 2]
    assert [*rules.fitting(exchange(b"", answer=b""))] == []


EVERY = [
    rule(f'{name and name + ";"} content:!"|00 ff|"; pcre:"/(?:a|b)c?$/";', sid=sid)
    for sid, name in enumerate(sorted(BUFFERS[HTTP]), 1)
]
PIECES = st.sampled_from([
    b"GET ", b"/a/../%2e", b"//", b"?", b"http://", b"[::1]:80", b" HTTP/1.1", b"\r\n", b"\n", b"Host: ", b"Cookie:",
    b":", b",", b"Content-Encoding: gzip\r\n", b"\r\n\r\n", b"\x00", b"\xff", b" ",
])  # fmt: skip
HEADS = st.lists(PIECES | st.binary(max_size=3), max_size=12).map(b"".join)


@given(HEADS, st.binary(max_size=9), HEADS, st.binary(max_size=9))
def test_any_bytes_are_no_trouble(head: bytes, body: bytes, answer: bytes, content: bytes) -> None:
    found = [each.sid for each in HttpRules(EVERY).fitting(exchange(head, body, answer, content))]
    assert len(found) == len({*found})


@pytest.mark.parametrize(
    "head",
    [
        b"GET " + b"/.." * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /" + b"%" * 60_000 + b" HTTP/1.1\r\n\r\n",
        b"GET" + b" " * 60_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 12_000 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"%d:\r\n" % number for number in range(8_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"[a, " * 15_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:" + b"a://" * 15_000 + b"\r\n\r\n",
    ],
)
def test_no_head_takes_long(head: bytes) -> None:
    begin = time.process_time()
    for _ in HttpRules(EVERY).fitting(exchange(head)):
        pass
    assert time.process_time() - begin < 1


def times(options: str, at: list[float], **fields: Any) -> list[float]:
    read = rule(f'content:"a"; {options}')._replace(**fields)
    thresholds = Thresholds(pause=0)
    return [when for when in at if thresholds.reports(read, when, CLIENT, SERVER)]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("", [0, 1, 2, 3, 4, 20, 21]),
        ("threshold:type limit, track by_src, count 2, seconds 10;", [0, 1, 20, 21]),
        ("threshold:type threshold, track by_src, count 2, seconds 10;", [1, 3, 21]),
        ("threshold:type both, track by_src, count 2, seconds 10;", [1, 21]),
        ("detection_filter:track by_src, count 2, seconds 10;", [2, 3, 4]),
    ],
)
def test_thresholds(options: str, wanted: list[float]) -> None:
    assert times(options, [0, 1, 2, 3, 4, 20, 21]) == wanted


@pytest.mark.parametrize(
    ("track", "to_server", "wanted"),
    [
        ("by_src", True, 2),
        ("by_dst", True, 1),
        ("by_src", False, 1),
        ("by_dst", False, 2),
        ("by_both", True, 2),
        ("by_rule", True, 1),
    ],
)
def test_whose_hits_are_counted(track: str, to_server: bool, wanted: int) -> None:
    read = rule(f'content:"a"; threshold:type limit, track {track}, count 1, seconds 60;')._replace(to_server=to_server)
    thresholds = Thresholds(pause=0)
    assert sum(thresholds.reports(read, 1.0, client, SERVER) for client in (CLIENT, CLIENT, "10.0.0.8")) == wanted


def test_a_client_is_reported_again_after_a_pause() -> None:
    read, thresholds = rule('content:"a";'), Thresholds()
    assert [thresholds.reports(read, when, CLIENT, SERVER) for when in (0, PAUSE - 1, PAUSE)] == [True, False, True]


def test_a_bounded_number_of_addresses_is_counted() -> None:
    read: Rule = rule('content:"a"; threshold:type threshold, track by_src, count 2, seconds 60;')
    thresholds = Thresholds()
    for number in range(MAX_KEYS + 1):
        assert not thresholds.reports(read, 1.0, str(number), SERVER)
    assert not thresholds.reports(read, 1.0, "0", SERVER)  # forgotten
    assert thresholds.reports(read, 1.0, str(MAX_KEYS), SERVER)
