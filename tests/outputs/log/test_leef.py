"""LEEF is read back by a parser that is written here from its specification."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_samples import EACH, OF_A_SERVICE, OPEN, ORIGIN, SAMPLES, TERMS, hostile, line
from records import exchange, finding, request

from outputs.log.formats import Terms
from outputs.log.kinds import KINDS
from outputs.log.leef import key
from view.exchange_line import Discretion

RESERVED = {
    "cat", "devTime", "devTimeFormat", "proto", "sev", "src", "dst", "srcPort", "dstPort", "srcPreNAT", "dstPreNAT",
    "srcPostNAT", "dstPostNAT", "usrName", "srcMAC", "dstMAC", "srcPreNATPort", "dstPreNATPort", "srcPostNATPort",
    "dstPostNATPort", "identSrc", "identHostName", "identNetBios", "identGrpName", "identMAC", "vSrc", "vSrcName",
    "accountName", "srcBytes", "dstBytes", "srcPackets", "dstPackets", "totalPackets", "role", "realm", "policy",
    "resource", "url", "groupID", "domain", "isLoginEvent", "isLogoutEvent", "identSecondlp", "calLanguage",
    "AttributeLimits", "calCountryOrRegion",
}  # fmt: skip
"""Predefined keys, which have a meaning of their own."""


def parsed(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the header and the attributes."""
    *header, mark, attributes = text.split("|", 6)
    assert re.fullmatch("x[0-9a-f]{2}", mark)
    pairs = [pair.partition("=") for pair in attributes.split(chr(int(mark[1:], 16)))]
    assert all(equals and re.fullmatch("[A-Za-z0-9]+", name) for name, equals, _ in pairs), text
    assert len({name for name, _, _ in pairs}) == len(pairs), "no key comes twice"
    return header, {name: value for name, _, value in pairs}


def test_an_exchange_has_predefined_keys_and_its_own() -> None:
    header, told = parsed(line("leef", "exchanges", exchange(request(client="10.0.0.9", source="10.0.0.1"))))
    assert header == ["LEEF:2.0", "http-monitor", "HTTP monitor", "0.2.0", "exchange"]
    assert told == {
        "cat": "exchange",
        "devTime": "1500",
        "sev": "1",
        "src": "10.0.0.9",
        "srcPostNAT": "10.0.0.1",
        "srcPort": "50000",
        "dst": "10.0.0.5",
        "dstPort": "80",
        "proto": "TCP",
        "url": "http://my.site.com/",
        "srcBytes": "0",
        "dstBytes": "5000",
        "eventStart": "1970-01-01T00:00:01.000000Z",
        "eventEnd": "1970-01-01T00:00:01.500000Z",
        "eventDuration": "500000000",
        "eventOutcome": "success",
        "networkProtocol": "http",
        "httpVersion": "1.1",
        "httpRequestMethod": "GET",
        "httpResponseStatusCode": "200",
        "httpResponseMimeType": "text/html",
        "urlDomain": "my.site.com",
        "urlPath": "/",
        "urlPort": "80",
        "userAgentOriginal": "curl/8.0",
        "ending": "complete",
        "missingBytes": "0",
        "responseTime": "250000000",
        "host": "my.site.com",
        "observerHostname": "web-1",
    }


def test_a_finding_is_named_by_its_rule() -> None:
    header, told = parsed(line("leef", "findings", finding(rule="a|b", evidence="x\ty\nz", severity="high")))
    assert header[4] == "a_b"
    assert (told["sev"], told["policy"], told["evidence"]) == ("8", "a|b", "x y z")
    assert told["threatTechniqueId"] == "T1595.003"


def test_another_delimiter_is_named_in_the_header() -> None:
    text = line("leef", "findings", finding(evidence="a^b\tc"), Terms(ORIGIN, Discretion(), "^"))
    assert text.startswith("LEEF:2.0|http-monitor|HTTP monitor|0.2.0|path_scan|x5e|cat=finding^devTime=1500^")
    assert parsed(text)[1]["evidence"] == "a b c"


def test_what_must_not_be_logged_is_in_no_field() -> None:
    assert "token" not in line("leef", "exchanges", OF_A_SERVICE, TERMS)
    assert "token=a=b|c" in line("leef", "exchanges", OF_A_SERVICE, OPEN)


@pytest.mark.parametrize(("name", "record"), EACH)
def test_no_other_field_has_a_predefined_key(name: str, record: Any) -> None:
    fields = KINDS[name].fields(record, Discretion())
    own = {key(field) for field in fields if key(field) not in RESERVED}
    assert not {word.lower() for word in own} & {word.lower() for word in RESERVED}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("delimiter", ["\t", "^"])
@settings(max_examples=30, deadline=None)
@given(chosen=st.data())
def test_no_text_from_the_wire_can_make_a_field(name: str, delimiter: str, chosen: st.DataObject) -> None:
    record = chosen.draw(hostile(name))
    text = line("leef", name, record, Terms(ORIGIN, Discretion(queries=True, credentials=True), delimiter))
    assert len(text.splitlines()) == 1
    header, told = parsed(text)
    assert header[:4] == ["LEEF:2.0", "http-monitor", "HTTP monitor", "0.2.0"]
    assert told["observerHostname"] == "web-1"
    if name == "findings":
        unsafe = rf"[\0-\x1f\x7f-\x9f\u2028\u2029{re.escape(delimiter)}]"
        assert told.get("eventReason", "") == re.sub(unsafe, " ", record.reason)
