"""Rules on captures of suricata-verify: each fits as many exchanges, lookups or handshakes as Suricata reports."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from decoders import core_decoder, fed, finished
from suricata_scene import rule

from capture.core import CORE
from capture.open import open_file
from detection.detectors.suricata_names import SuricataNames
from detection.inspector import Inspected
from detection.suricata.http_rules import HttpRules
from detection.suricata.rule import HTTP, Rule
from traffic.batch import RecordBatch
from traffic.content import Content
from traffic.frame import Frame
from traffic.limits import Limits
from traffic.records import DnsLookup, Record, TlsHandshake

CAPTURES = Path(__file__).parents[4] / "shared" / "corpus" / "pcaps" / "suricata-verify"
pytestmark = [
    pytest.mark.skipif(CORE is None or not hasattr(CORE, "decode_content"), reason="the core is not built"),
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="the corpus is not there"),
]
WANTED = (Content, DnsLookup, TlsHandshake)
OUT = "alert http $HOME_NET any -> $EXTERNAL_NET any"
TO_8100 = "alert http $HOME_NET any -> $EXTERNAL_NET 8100"
TCP, DNS = "alert tcp any any -> any any", "alert dns any any -> any any"
HTTP1, HTTP2 = "alert http1 any any -> any any", "alert http2 any any -> any any"
MANUAL = 'http.uri; content:"/doc/manual/html/index.html";'
CO_UK = "detect-dotprefix-02__input"
RAW_URI = "detect-http-uri__DetectEngineHttpRawUriTest13__test.fpc"
ROOT = 'http.uri; bsize:1; content:"/"; http.referer;'
MOBILE = (
    r'http.request_body; content:"|22|sdk_version|22 3a|"; content:"|22|app_package|22 3a 22|"; distance:0; '
    r'content:"|22|app_version|22 3a 22|"; distance:0; content:"|22|device_id|22 3a 22|"; distance:0;'
)


@pytest.mark.parametrize(
    ("capture", "options", "header", "wanted"),
    [
        ("alert-distance-within-1__input", 'content:"MakesWill"; content:"Dull"; distance:1; within:4;', "", 1),
        ("alert-distance-within-1__input", 'content:"MakesWill"; content:"Dull"; within:4;', "", 0),
        ("detect-bsize-0__input", "http.user_agent; bsize:0;", "", 1),
        ("detect-bsize-0__input", 'http.user_agent; content:!"u";', "", 1),
        ("detect-bsize-0__input", 'http.location; content:"/ui"; bsize:3;', "", 1),
        ("http-uri-spaces__input", 'flow:to_server; content:" afterspace"; http_uri;', "", 1),
        ("http-body-inspect__http-aptget-ids-02-s2", 'file_data; content:"|60 5c f3 f0 29 2b|";', "", 1),
        ("bug-3616-urldecode__input", 'file_data; content:"/evil%27sqli was not found";', "", 1),
        ("bug-3616-urldecode__input", 'file_data; url_decode; content:"/evil\'sqli was not found";', "", 1),
        ("bug-3616-urldecode__input", 'file_data; content:"/evil\'sqli was not found";', "", 0),
        ("detect-absent-negated-content__no_referer", ROOT + 'content:!"example";', OUT, 0),
        ("detect-absent-negated-content__no_referer", ROOT + 'absent:or_else; content:!"example";', OUT, 1),
        ("detect-absent-negated-content__no_referer", ROOT + 'absent:or_else; pcre:!"/example/";', OUT, 1),
        ("detect-absent-negated-content__no_referer", ROOT + 'absent:or_else; content:"example";', OUT, 1),
        ("detect-absent-negated-content__no_referer", "flow:to_server; http.referer; absent;", OUT, 1),
        ("detect-absent-negated-content__no_referer", 'http.user_agent; content:"foo"; content:!"bar";', OUT, 1),
        ("detect-absent-negated-content__no_referer", "flow:to_server; http.user_agent; absent;", OUT, 0),
        ("detect-absent-negated-content__no_referer", 'http.user_agent; absent:or_else; content:!"bar";', OUT, 1),
        ("http2-keywords__input", MANUAL, "", 1),
        ("http2-keywords__input", MANUAL, HTTP1, 0),
        ("http2-keywords__input", MANUAL, HTTP2, 1),
        ("http2-keywords__input", MANUAL, TCP, 1),
        (
            "http2-keywords__input",
            MANUAL + 'http.host; content:"localhost"; endswith;',
            "alert ip any any -> any any",
            1,
        ),
        ("http-encoding-gzip-uncompressed__input", MOBILE, TO_8100, 1),
        ("detect-pcre__detect-pcre-04__input", 'pcre:"/dummy/C";', "", 1),
        ("detect-pcre__detect-pcre-04__input", 'pcre:!"/dummy/C";', "", 1),
        ("detect-pcre__detect-pcre-04__input", 'pcre:"/POST/M";', "", 1),
        ("detect-pcre__detect-pcre-04__input", 'pcre:!"/POST/M";', "", 1),
        ("detect-pcre__detect-pcre-04__input", 'content:"dummy"; http_cookie; pcre:"/1234/RC";', "", 1),
        ("detect-pcre__detect-pcre-04__input", r'pcre:"/User[-_]Agent[:]?\sMozilla/H";', "", 2),
        ("detect-http-uri__UriTestSig05__test.fpc", "urilen:>4;", TCP, 1),
        (
            "detect-http-uri__UriTestSig16__test.fpc",
            r'flow:to_server; uricontent:"/search?q="; pcre:"/^\/search\?q=[0-9]{1,3}&aq=7/U"; '
            r'pcre:"/\x0d\x0aHost\: \d+\.\d+\.\d+\.\d+\x0d\x0a/";',
            "alert tcp any any -> any any",
            1,
        ),
        (RAW_URI, 'content:"./a"; http_raw_uri; content:"/c/."; http_raw_uri; distance:5;', "", 1),
        (RAW_URI, 'content:"./a"; http_raw_uri; content:"/c/."; http_raw_uri; distance:6;', "", 0),
        (RAW_URI, 'http.uri; content:"/a/c/d.html"; bsize:11;', "", 1),
        ("bug-7552__bug-7552-01__input", 'http.stat_code; content:"200";', "", 1),
        ("http-response-line__input", 'http_response_line; content:"HTTP/1.0 200 OK";', "", 1),
        ("http-auth-bearer__input", 'http.header; content:"Authorization|3a 20|Bearer mF_9.B5f-4.1JqM|0d 0a|";', "", 1),
        ("http-ipv6__input", 'http.host; content:"[|3a 3a|1]"; bsize:5;', "", 1),
        ("http-xff-eve-reverse-overwrite__test", 'flow:from_server; content:"uid=0|28|root|29|";', "", 1),
        ("detect-content-ends-with-negated-01__input", 'http.host; content:"google.com"; startswith; endswith;', "", 0),
        ("detect-content-ends-with-negated-01__input", 'http.host; content:!"google.com"; startswith;', "", 1),
        ("detect-content-ends-with-negated-01__input", 'http.host; content:!".google.com"; endswith;', "", 1),
        ("detect-content-ends-with-negated-02__input", 'http.host; content:!".google.com"; endswith;', "", 0),
        ("detect-content-ends-with-negated-02__input", 'http.uri; content:".exe"; endswith;', "", 1),
        ("bug-78-uricontent__input", 'uricontent:"blah";', TCP, 1),
        (CO_UK, 'dns.query; dotprefix; content:".google.co.uk";', DNS, 1),
        (CO_UK, 'dns.query; dotprefix; content:".co.uk"; endswith;', DNS, 1),
        (CO_UK, 'dns.query; dotprefix; content:".o.uk"; endswith;', DNS, 0),
        ("bug-5881-01__input", 'tls.sni; content:".itunes.apple.com"; endswith;', "alert tls any any -> any 443", 1),
        ("bug-5881-01__input", 'tls.sni; content:".itunes.apple.com"; endswith;', "alert tls any any -> any 444", 0),
        (
            "bug-2158__public-ex1_section8_Sofacy",
            'flow:to_server; dns_query; content:"drivres-update";',
            "alert dns 192.168.35.10 any -> 10.55.99.1 53",
            1,
        ),
    ],
)  # fmt: skip
def test_rules_fit_what_they_fit_in_suricata(capture: str, options: str, header: str, wanted: int) -> None:
    read = rule(options, header or "alert http any any -> any any")
    count = _exchanges(read, capture) if read.protocol == HTTP else _names(read, capture)
    assert count == wanted


def _exchanges(read: Rule, capture: str) -> int:
    rules, seen = HttpRules([read]), (each for each in records(capture) if isinstance(each, Content))
    return sum(1 for each in seen for _ in rules.fitting(Inspected(each, 2**20)))


def _names(read: Rule, capture: str) -> int:
    detector = SuricataNames()
    detector.use([read])
    return len([*detector.look(RecordBatch(records(capture)))])


@cache
def records(capture: str) -> list[Record]:
    limits = Limits(inspected_body=2**20)
    made = core_decoder("dns", "http2", "tls", ports=range(65536), limits=limits, wanted=WANTED)
    return fed(made, frames(CAPTURES / f"{capture}.pcap")) + finished(made)


def frames(path: Path) -> Iterable[Frame]:
    source = open_file(str(path))
    read: Iterator[Iterable[Frame]] = iter(source.read, None)
    yield from (frame for batch in read for frame in batch)
    source.close()
