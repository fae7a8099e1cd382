"""Rules are read, refused by name, or malformed; nothing else happens."""

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suricata_scene import rule

from detection.networks import OWN, within
from detection.suricata.files import read
from detection.suricata.matching import Content, DataAt
from detection.suricata.networks import addresses, ports
from detection.suricata.reading import known_options, rule_of
from detection.suricata.rule import Threshold
from detection.suricata.text import RuleError, UnsupportedError, rule_text, rules
from traffic.finding import HIGH, INFO, LOW, MEDIUM

C = 'content:"a";'


def refusal(options: str, header: str = "alert http any any -> any any") -> str:
    with pytest.raises((RuleError, UnsupportedError)) as refused:
        rule(options, header)
    return f"{type(refused.value).__name__}: {refused.value}"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("content:a;", "RuleError: the value 'a' is not quoted"),
        ('content:"";', "RuleError: a content is empty"),
        ('content:"|0|";', "RuleError: |0| are no bytes"),
        ('content:"|zz|";', "RuleError: |zz| are no bytes"),
        ('content:"a|41";', "RuleError: the content 'a|41' has a | or a backslash without what belongs to it"),
        ("nocase;" + C, "RuleError: an option belongs to a content, and there is none before it"),
        ('pcre:"/a/"; nocase;', "RuleError: an option belongs to a content, and there is none before it"),
        (C + "nocase:yes;", "RuleError: nocase has a value"),
        (C + "depth:1; depth:2;", "RuleError: depth is given twice for a content"),
        (C + "endswith; endswith;", "RuleError: endswith is given twice for a content"),
        (C + "offset:one;", "UnsupportedError: variables of byte_extract are not supported"),
        (C + "offset:-1;", "RuleError: '-1' is no number"),
        (C + "within:0;", "RuleError: a content has 1 bytes, more than its depth or within of 0"),
        ('content:"abc"; depth:2;', "RuleError: a content has 3 bytes, more than its depth or within of 2"),
        (C + "depth:3; distance:1;", "RuleError: a content is both relative and at a fixed place"),
        (C + "startswith; within:3;", "RuleError: a content is both relative and at a fixed place"),
        (C + "startswith; depth:3;", "RuleError: a content with startswith has an offset or depth too"),
        ("isdataat:a;", "UnsupportedError: variables of byte_extract are not supported"),
        ("isdataat:1,relatve;", "RuleError: isdataat has no 'relatve'"),
        ("http.uri; bsize:a;", "RuleError: 'a' is no size"),
        ("http.uri; bsize:<3<>5;", "RuleError: '<3<>5' is no size"),
        ("urilen:3,plain;", "RuleError: urilen has no 'plain'"),
        ('pcre:"a";', "RuleError: the expression 'a' is not between slashes"),
        ('pcre:"/a/UH";', "RuleError: the flags of pcre say more than one buffer"),
        ('pcre:"/a/G";', "UnsupportedError: the flag G of pcre is not supported"),
        (r'pcre:"/[[:alpha:]]/";', "UnsupportedError: [:alpha:] in pcre is not supported"),
        (r'pcre:"/a\h/";', r"UnsupportedError: an expression is not supported: bad escape \h at position 1"),
        ("flow:to_servr; " + C, "UnsupportedError: flow:to_servr is not supported"),
        ("flow:to_client; http.uri; " + C, "RuleError: flow says the other direction than a buffer"),
        ("flowbits:isset,a; " + C, "UnsupportedError: the option flowbits is not supported"),
        ("byte_test:1,>,2,3; " + C, "UnsupportedError: the option byte_test is not supported"),
        ("http.uri; lua:a.lua; " + C, "UnsupportedError: the option lua is not supported"),
        ("flow:to_server;", "UnsupportedError: rules that look for nothing are not supported"),
        (
            f"http.uri; {C} http.stat_code; {C}",
            "UnsupportedError: buffers of request and response in one rule are not supported",
        ),
        (
            C + "threshold:type backoff, track by_flow, count 1, multiplier 2;",
            "UnsupportedError: a threshold of type backoff and track by_flow is not supported",
        ),
        (C + "threshold:type limit, track by_src, count 1;", "RuleError: '' is no number"),
        ("urilen:1;" * 201, "UnsupportedError: rules with more than 200 parts are not supported"),
        (C * 201, "UnsupportedError: rules with more than 200 parts are not supported"),
        ("http.uri; absent:always;", "UnsupportedError: absent:always is not supported"),
        (C + "absent;", "RuleError: absent does not come right after a buffer"),
        (C + "msg:plain;", "RuleError: the value 'plain' is not quoted"),
        (C + "priority:²;", "RuleError: '²' is no number"),
    ],
)
def test_what_is_wrong_is_named(options: str, wanted: str) -> None:
    assert refusal(options) == wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("pass http any any -> any any", "UnsupportedError: the action pass is not supported"),
        ("alert smb any any -> any any", "UnsupportedError: the protocol smb is not supported"),
        ("alert tcp any any -> any any", "UnsupportedError: the protocol tcp is not supported"),
        ("alert http any any any any", "RuleError: it does not begin with `action protocol source port -> destination"),
        ("alert http 10.0.0.256 any -> any any", "RuleError: '10.0.0.256' is no address"),
        ("alert http $OTHER any -> any any", "UnsupportedError: the variable $OTHER is not supported"),
        ("alert http any 70000 -> any any", "RuleError: '70000' is no port"),
        ("alert http any 90:80 -> any any", "RuleError: '90:80' is no port"),
        ("alert http any $OTHER -> any any", "UnsupportedError: the variable $OTHER is not supported"),
        ("alert http [10.0.0.1,] any -> any any", "RuleError: the list [10.0.0.1,] has an empty item"),
        (f"alert http {'!' * 9}any any -> any any", "RuleError: lists are nested more than 8 deep"),
        (f"alert http {'[' * 9}any{']' * 9} any -> any any", "RuleError: lists are nested more than 8 deep"),
    ],
)
def test_what_is_wrong_in_a_header_is_named(header: str, wanted: str) -> None:
    assert refusal(C, header).startswith(wanted)


def test_dns_and_tls_need_a_buffer_and_have_no_expressions() -> None:
    dns = "alert dns any any -> any any"
    assert refusal(C, dns) == "UnsupportedError: rules for DNS and TLS without a buffer are not supported"
    assert refusal('dns.query; pcre:"/a/";', dns) == "UnsupportedError: pcre in rules for DNS and TLS is not supported"
    assert refusal("http.uri; " + C, dns) == "UnsupportedError: the option http.uri is not supported"
    assert rule("dns_query; " + C, dns).groups[0].buffer == ("dns.query", ())


def test_a_rule_without_protocol_has_that_of_its_buffer() -> None:
    assert rule("http.uri; " + C, "alert tcp any any -> any any").protocol == "http"
    assert rule(C + "http_uri;", "alert ip any any -> any any").protocol == "http"
    assert rule("tls_sni; " + C, "alert tcp any any -> any any").protocol == "tls"
    assert rule("dns.query; " + C, "alert udp any any -> any 53").protocol == "dns"


@pytest.mark.parametrize(
    ("options", "severity", "technique"),
    [
        ("classtype:trojan-activity;", HIGH, ""),
        ("classtype:misc-activity;", LOW, ""),
        ("classtype:bad-unknown;", MEDIUM, ""),
        ("priority:1; classtype:misc-activity;", HIGH, ""),
        ("priority:4;", INFO, ""),
        ("priority:200;", INFO, ""),
        ("metadata:created_at 2024, mitre_technique_id T1071.001, mitre_x y;", MEDIUM, "T1071.001"),
        ("metadata:mitre_technique_id T1071_001;", MEDIUM, "T1071.001"),
    ],
)
def test_severity_and_technique(options: str, severity: str, technique: str) -> None:
    read = rule(C + options)
    assert (read.severity, read.technique) == (severity, technique)


def test_what_a_rule_says_besides() -> None:
    read = rule('msg:"A \\"b\\"\\; c"; flow:established,from_server; reference:url,a.b; rev:3; gid:1; ' + C, sid=77)
    assert (read.sid, read.text, read.to_server) == (77, 'A "b"; c', False)
    assert rule(C).text == "rule 1"
    assert rule(C + "threshold: type both, track by_both, seconds 60, count 5;").threshold == Threshold(
        "both", "by_both", 5, 60
    )
    assert rule(C + "detection_filter:track by_dst,count 15,seconds 2;").threshold == Threshold(
        "filter", "by_dst", 15, 2
    )


def test_the_keyword_is_the_longest_content_or_that_of_fast_pattern() -> None:
    long, short, absent = 'content:"long one";', 'content:"short"', 'content:!"not there at all";'
    assert rule(f"http.uri; {long} {absent} {short};").keyword == (("http.uri", ()), b"long one")
    assert rule(f"http.uri; {long} http.host; {short}; fast_pattern;").keyword == (("http.host", ()), b"short")
    assert rule(f"{long} http_uri; {short}; http_header; fast_pattern:0,3;").keyword == (("http.header", ()), b"short")
    assert rule(f"http.uri; {absent}").keyword is None


def test_modifiers_move_a_content_and_what_is_relative_goes_with_it() -> None:
    read = rule('content:"a"; http_uri; content:"b"; http_uri; distance:0; isdataat:1,relative; pcre:"/c/HR";')
    assert [(group.buffer[0], len(group.parts)) for group in read.groups] == [("http.uri", 3), ("http.header", 1)]


def test_other_parts_may_come_between_a_content_and_its_options() -> None:
    read = rule('content:"GET"; http_method; content:"/B"; http_uri; depth:2; isdataat:!1,relative; nocase;')
    (_, uri) = read.groups
    assert uri.parts == (Content(b"/B", nocase=True, depth=2), DataAt(1, negated=True, relative=True))
    (_, uri) = rule('content:"a"; pcre:"/b/R"; http_uri; distance:0;').groups
    assert uri.parts == (Content(b"a", distance=0),)


def test_quotation_marks_and_large_numbers() -> None:
    assert rule(f'reference:url,a.b/"c; {C}', sid=4_294_967_295).sid == 4_294_967_295
    assert refusal('content:"a;b";') == "RuleError: an option is malformed: 'b\"; sid:1;'"


def test_each_naming_of_a_multiple_buffer_is_about_one_of_them() -> None:
    assert len(rule(f"http.request_header; {C} http.request_header; {C}").groups) == 2
    assert len(rule(f"http.uri; {C} http.host; {C} http.uri; {C}").groups) == 2


def test_addresses_and_ports() -> None:
    ours = within(OWN)
    lists = addresses("[$HOME_NET,!10.0.0.0/30,8.8.8.8,1.1.1.1-1.1.1.9]", ours)
    seen = ["10.0.0.5", "10.0.0.1", "8.8.8.8", "::ffff:8.8.8.8", "1.1.1.5", "1.1.2.1", "::1", "text", ""]
    assert [text for text in seen if lists(text)] == ["10.0.0.5", "8.8.8.8", "::ffff:8.8.8.8", "1.1.1.5", "::1"]
    assert addresses("$EXTERNAL_NET", ours)("8.8.8.8")
    assert not addresses("!$EXTERNAL_NET", ours)("8.8.8.8")
    assert addresses("[!10.0.0.1]", ours)("10.0.0.2")
    assert addresses("[any,[10.0.0.1,any]]", ours)("::1")
    wanted = ports("[80,8000:8080,!8005,60000:]")
    assert [port for port in (80, 81, 8000, 8005, 8080, 8081, 65535) if wanted(port)] == [80, 8000, 8080, 65535]
    assert [ports(text)(100) for text in ("$HTTP_PORTS", ":100", "!100")] == [True, True, False]


def test_lines_are_joined_and_comments_left_out() -> None:
    text = "# alert\n\nalert http any any -> any any \\\n  (sid:1;)\r\nlast\n"
    assert [*rules(text)] == [(3, "alert http any any -> any any   (sid:1;)"), (5, "last")]
    assert rule_text("alert  http [a, b] any <> any any ( sid : 1 ; ) ").source == "[a,b]"


def test_files_and_folders(tmp_path: Path) -> None:
    header = "alert http any any -> any any"
    twice = f'{header} (msg:"\udcff"; {C} sid:2;)\n{header} ({C} sid:2;)'.encode("utf-8", "surrogateescape")
    (tmp_path / "b.rules").write_bytes(twice)
    (tmp_path / "a.rules").write_text(f"{header} ({C} sid:1;)\nalert smb any any -> any any (sid:3;)\n")
    (tmp_path / "notes.txt").write_text("nothing")
    found = read([str(tmp_path)], OWN)
    assert [each.sid for each in found.rules] == [1, 2]
    assert found.rules[1].text == "�"
    assert found.left_out == {"the protocol smb is not supported": 1, "their sid was used before": 1}
    (tmp_path / "c.rules").write_text(f"# one\n{header} ({C})\n")
    with pytest.raises(RuleError) as refused:
        read([str(tmp_path)], OWN)
    assert str(refused.value) == f"suricata_rules: {tmp_path}/c.rules:2: '' is no number"
    with pytest.raises(RuleError, match=r"none\.rules cannot be read: No such file"):
        read([str(tmp_path / "none.rules")], OWN, os.open)
    with pytest.raises(RuleError, match=r"^suricata_home_net: 'home' does not appear"):
        read([], ["home"])


PIECES = st.sampled_from(
    ["alert http ", "any any -> any any ", "[", "]", "!", "(", ")", ";", ":", '"', "\\", "|", "/", " ", "²", "sid:1;",
     C, "http.uri;", "pcre:", "(?P<", "*", "distance:-1;", "within:9;", "fast_pattern;", "http_uri;", "dotprefix;",
     "isdataat:", "bsize:", "threshold:type limit,", "track by_src", "flow:to_server;", "10.0.0.0/8", "urilen:3;"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=20), st.booleans())
def test_no_text_raises_anything_else(pieces: list[str], has_header: bool) -> None:
    text = "".join(pieces)
    with contextlib.suppress(RuleError, UnsupportedError):
        rule_of(f"alert http any any -> any any ({text} sid:1;)" if has_header else text, within(OWN))


@given(st.sampled_from(sorted({*known_options()})), st.text(max_size=8))
def test_no_value_raises_anything_else(name: str, value: str) -> None:
    with contextlib.suppress(RuleError, UnsupportedError):
        rule_of(f"alert http any any -> any any ({C}{name}:{value}; sid:1;)", within(OWN))


@pytest.mark.parametrize(
    "text",
    [
        "alert http " + "[ ] " * 16_000 + "(sid:1;)",
        "alert http any any -> any any (" + 'a:"b' * 16_000 + ")",
        "alert http any any -> any any (" + "a;" * 30_000 + ")",
        "alert http any any -> any any (content:" + "\\" * 65_000 + ";)",
        'alert http any any -> any any (content:"' + "|" * 65_000 + '"; sid:1;)',
        "alert http any any -> any any (threshold:" + "," * 65_000 + "; sid:1;)",
        "alert http " + "[" * 32_000 + "]" * 32_000 + ' any -> any any (content:"a"; sid:1;)',
    ],
)
def test_no_line_takes_long(text: str) -> None:
    begin = time.process_time()
    with pytest.raises((RuleError, UnsupportedError)):
        rule_of(text, within(OWN))
    assert time.process_time() - begin < 1


def test_many_options_are_refused() -> None:
    assert refusal(C + "reference:a;" * 1_001) == "RuleError: it has more than 1,000 options"


def test_long_lines_are_refused() -> None:
    assert refusal(C + "reference:a;" * 10_000) == "RuleError: it has more than 65,536 characters"
