"""What the detector of evasion makes of oddities, and what its inspector finds in heads and bodies."""

import gzip
import zlib
from typing import Any

import pytest
from detecting import found, visits

from detection.evasions import MOST
from detection.inspector import Inspected
from detection.inspectors.content_evasion import ContentEvasion
from traffic.content import Content
from traffic.finding import LOW, MEDIUM, Finding

PLAIN = b"what a virus scanner should see " * 8
RAW = zlib.compressobj(wbits=-15)
DEFLATED = RAW.compress(PLAIN) + RAW.flush()
ZIPPED = gzip.compress(PLAIN, mtime=0)


# detector -------------------------------------------------------------------------------------------------------------


def rules(*oddities: str, response: int = 0, **fields: Any) -> list[tuple[str, str]]:
    """Return rules and severities of one exchange, the first `response` oddities of which are its response's."""
    seen = visits(["/file"], oddities=oddities, response_oddities=response, **fields)
    return [(each.rule, each.severity) for each in found("evasion", seen)]


def test_the_finding_says_who_sent_what() -> None:
    (finding,) = found("evasion", visits(["/file?x"], oddities=("bare CR in a head",), response_oddities=1))
    assert finding.reason == "the server 10.0.0.5 sent a response that may evade inspection: bare CR in a head"
    assert (finding.client, finding.client_port, finding.server) == ("203.0.113.9", 50000, "10.0.0.5")
    assert (finding.host, finding.path, finding.technique) == ("shop.example.com", "/file", "T1027")


def test_a_request_is_an_attack_on_the_application() -> None:
    (finding,) = found("evasion", visits(["/"], oddities=("Content-Length with Transfer-Encoding",)))
    assert finding.reason.startswith("203.0.113.9 sent a request that may evade inspection: Content-Length with")
    assert (finding.rule, finding.severity, finding.technique) == ("evasion/length-and-chunked", MEDIUM, "T1190")


def test_both_sides_have_findings_of_their_own() -> None:
    oddities = ("bare CR in a head", "folded field line")
    assert rules(*oddities, response=1) == [("evasion/bare-cr", MEDIUM), ("evasion/folded-field", LOW)]


def test_the_most_certain_sign_gives_the_rule() -> None:
    assert rules("bare LF in a head", "bad chunk end", response=2) == [("evasion/chunk-end", MEDIUM)]


def test_three_weak_signs_are_as_good_as_a_strong_one() -> None:
    weak = ("bare LF in a head", "repeated Content-Length", "bytes after a response")
    assert rules(*weak[:2], response=2) == [("evasion/bare-lf", LOW)]
    assert rules(*weak, response=3) == [("evasion/bare-lf", MEDIUM)]


def test_oddities_that_are_no_sign_are_left_alone() -> None:
    assert rules("bad client address") == []
    assert rules("head cut short", response=1) == []
    assert rules("control character in a head") == [("evasion/control-character", LOW)]


def test_what_may_come_from_a_loss_is_no_sign_after_one() -> None:
    assert rules("bad chunk size", response=1, missing_bytes=9) == []
    assert rules("bare CR in a head", "bad chunk size", response=2, missing_bytes=9) == [("evasion/bare-cr", MEDIUM)]


@pytest.mark.parametrize(("oddity", "severity"), [("bare CR in a head", MEDIUM), ("bare LF in a head", LOW)])
def test_a_sender_has_a_finding_for_each_path_but_not_thousands(oddity: str, severity: str) -> None:
    seen = visits([f"/{number}" for number in range(300)] * 2, oddities=(oddity,), response_oddities=1)
    assert MOST[severity] - 1 <= len(found("evasion", seen)) <= MOST[severity]


# inspector ------------------------------------------------------------------------------------------------------------


def response(body: bytes, *fields: str, status: str = "200 OK", asked: str = "", missing: int = 0) -> list[Finding]:
    """Return what the inspector finds in a response of an ordinary server, apart from `fields`."""
    lines = (f"HTTP/1.1 {status}", "Date: now", "Content-Type: text/plain", *fields, "", "")
    return inspected("\r\n".join(lines).encode("latin-1"), body, asked, missing)


def inspected(head: bytes, body: bytes, asked: str = "", missing: int = 0) -> list[Finding]:
    told = Content(
        1.0, "10.0.0.1", 50000, "10.0.0.5", 80, "a.example", "/file", f"GET / HTTP/1.1\r\n{asked}\r\n".encode(), b"", 0,
        head, body, len(body), missing,
    )  # fmt: skip
    return list(ContentEvasion().inspect(Inspected(told, 2**20)))


@pytest.mark.parametrize(
    ("body", "codings", "rule", "severity"),
    [
        (ZIPPED, ["x-gzip"], "obsolete-coding", LOW),
        (DEFLATED, ["deflate"], "deflate-coding", LOW),
        (zlib.compress(PLAIN), ["deflate"], "deflate-coding", LOW),
        (PLAIN, ["identity"], "identity-coding", LOW),
        (ZIPPED, ["identity, gzip"], "identity-coding", MEDIUM),
        (ZIPPED, ["gzip,"], "empty-coding", LOW),
        (gzip.compress(DEFLATED, mtime=0), ["deflate, gzip"], "several-codings", MEDIUM),
        (gzip.compress(ZIPPED, mtime=0), ["gzip, gzip"], "several-codings", LOW),
        (gzip.compress(ZIPPED, mtime=0), ["gzip", "gzip"], "several-codings", LOW),
        (ZIPPED, ["gzip", "gzip"], "coding-mismatch", MEDIUM),
        (PLAIN, ["gzip"], "coding-mismatch", LOW),
        (ZIPPED, ["deflate"], "coding-mismatch", MEDIUM),
        (DEFLATED, ["gzip"], "coding-mismatch", MEDIUM),
        (PLAIN, ["utf-8"], "unknown-coding", LOW),
        (ZIPPED, ["x_gzip"], "unknown-coding", MEDIUM),
        (DEFLATED, ["x-deflate"], "unknown-coding", MEDIUM),
        (ZIPPED, ["gzip\xa0"], "unknown-coding", MEDIUM),
        (ZIPPED, [": gzip"], "unknown-coding", MEDIUM),
        (ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:], ["gzip"], "coding-checksum", MEDIUM),
        (ZIPPED[:-8], ["gzip"], "coding-truncated", LOW),
        (ZIPPED + b"junk", ["gzip"], "coding-trailer", LOW),
        (ZIPPED[:3] + b"\x01" + ZIPPED[4:], ["gzip"], "gzip-flags", LOW),
        (ZIPPED[:3] + b"\x80" + ZIPPED[4:], ["gzip"], "coding-mismatch", MEDIUM),
    ],
)
def test_codings(body: bytes, codings: list[str], rule: str, severity: str) -> None:
    (finding,) = response(body, *(f"Content-Encoding: {coding}" for coding in codings))
    assert (finding.rule, finding.severity) == (f"evasion/{rule}", severity)
    assert finding.reason.startswith("the server 10.0.0.5 sent a response that may evade inspection: ")


def test_what_ordinary_servers_send_is_no_sign() -> None:
    assert response(PLAIN) == []
    assert response(ZIPPED, "Content-Encoding: gzip") == []
    assert response(b"", "Content-Encoding: gzip") == []
    named = ZIPPED[:3] + b"\x08" + ZIPPED[4:10] + b"file\0" + ZIPPED[10:]
    assert response(named, "Content-Encoding: GZIP") == []
    assert response(b"moved", status="302 Found") == []
    assert response(PLAIN, "Content-Disposition: attachment", status="200 Fine By Me") == []


def test_a_body_with_missing_bytes_is_not_judged() -> None:
    assert response(ZIPPED[:-8], "Content-Encoding: gzip", missing=8) == []


@pytest.mark.parametrize(
    ("status", "fields", "rules"),
    [
        ("404 OK", [], {"reason-phrase"}),
        ("200", [], {"status-line"}),
        ("299 Fine", [], {"status-code"}),
        ("206 Partial Content", [], {"range-not-asked"}),
        ("403 Forbidden", ["Content-Disposition: attachment"], {"download-with-error"}),
        ("200 OK", ["Content-Transfer-Encoding: base64"], {"mime-encoding"}),
        ("200 OK", ["Content-Transfer-Encoding: binary"], set()),
    ],
)
def test_statuses_and_mime(status: str, fields: list[str], rules: set[str]) -> None:
    assert {each.rule for each in response(PLAIN, *fields, status=status)} == {f"evasion/{rule}" for rule in rules}


def test_a_range_that_was_asked_for_is_no_sign() -> None:
    assert response(PLAIN, status="206 Partial Content", asked="Range: bytes=0-9\r\n") == []


@pytest.mark.parametrize("kind", [b"multipart/mixed; boundary=x", b"message/rfc822", b"text/plain; boundary=x"])
def test_mail_in_a_response_is_a_sign(kind: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: " + kind + b"\r\n\r\n"
    assert [(each.rule, each.severity) for each in inspected(head, PLAIN)] == [("evasion/mime-wrapping", LOW)]


def test_a_download_with_a_head_that_no_server_writes_is_a_weak_sign() -> None:
    head = b"HTTP/1.1 200 ok\r\nContent-Disposition: attachment\r\n\r\n"
    (finding,) = inspected(head, PLAIN)
    assert (finding.rule, finding.severity) == ("evasion/hand-made-download", LOW)
    assert inspected(head, b"") == []
    assert inspected(head.replace(b" ok", b" OK"), PLAIN) == []
    assert inspected(head.replace(b"\r\n\r\n", b"\r\nServer: nginx\r\n\r\n"), PLAIN) == []


def test_several_weak_signs_of_a_response_are_one_finding_that_alerts() -> None:
    fields = ("Content-Disposition: attachment", "Location: /")
    (finding,) = response(PLAIN, *fields, "Content-Encoding: utf-8", status="302 ok")
    assert finding.severity == MEDIUM
    assert finding.reason.endswith(
        "unknown content coding utf-8; status 302 with the reason of another; a download with status 302"
    )


def test_request_bodies_are_judged_too() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Encoding: x_gzip\r\n\r\n"
    told = Content(1.0, "10.0.0.1", 50000, "10.0.0.5", 80, "a.example", "/", head, ZIPPED, len(ZIPPED), b"", b"", 0, 0)
    (finding,) = ContentEvasion().inspect(Inspected(told, 2**20))
    assert (finding.rule, finding.technique) == ("evasion/unknown-coding", "T1190")
    assert finding.reason.startswith("10.0.0.1 sent a request that may evade inspection")
