"""CEF is read back by a parser that is written here from its specification, and its keys are looked up in a dictionary
of somebody else (cefevent).
"""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_samples import EACH, OF_A_SERVICE, OPEN, SAMPLES, TERMS, hostile, line
from records import exchange, finding, request

from outputs.log.cef import COMMON, CUSTOM

cefevent = pytest.importorskip("cefevent", reason="cefevent is not installed: pip install -r requirements-dev.txt")
HEADER = re.compile(r"((?:[^|\\]|\\[|\\])*)\|")
PAIR = re.compile(r"(?:^| )([A-Za-z0-9]+)=((?:[^\\=]|\\[\\=nr])*?)(?= [A-Za-z0-9]+=|$)", re.DOTALL)
UNESCAPED = {r"\\": "\\", r"\=": "=", r"\|": "|", r"\n": "\n", r"\r": "\r"}
NEWER = {"outcome", "requestContext"}
"""Keys of the specification that the dictionary lacks."""


def unescaped(text: str) -> str:
    return re.sub(r"\\.", lambda found: UNESCAPED[found[0]], text)


def parsed(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the seven fields of the header, and the extension."""
    header, at = [], 0
    for _ in range(7):
        found = HEADER.match(text, at)
        assert found is not None, text
        header.append(unescaped(found[1]))
        at = found.end()
    pairs = list(PAIR.finditer(text[at:]))
    assert "".join(pair[0] for pair in pairs) == text[at:], "nothing is left over"
    assert len({pair[1] for pair in pairs}) == len(pairs), "no key comes twice"
    return header, {pair[1]: unescaped(pair[2]) for pair in pairs}


def test_an_exchange_has_the_keys_of_the_dictionary() -> None:
    header, told = parsed(line("cef", "exchanges", exchange(request(client="10.0.0.9", source="10.0.0.1"))))
    assert header == ["CEF:0", "http-monitor", "HTTP monitor", "0.2.0", "exchange", "HTTP exchange", "1"]
    assert told == {
        "cat": "exchange",
        "rt": "1500",
        "start": "1000",
        "end": "1500",
        "src": "10.0.0.9",
        "sourceTranslatedAddress": "10.0.0.1",
        "spt": "50000",
        "dst": "10.0.0.5",
        "dpt": "80",
        "proto": "TCP",
        "app": "http",
        "outcome": "success",
        "request": "http://my.site.com/",
        "requestMethod": "GET",
        "requestClientApplication": "curl/8.0",
        "dhost": "my.site.com",
        "in": "0",
        "out": "5000",
        "cn1": "200",
        "cn1Label": "status",
        "cn2": "250000000",
        "cn2Label": "responseTimeNs",
        "cn3": "0",
        "cn3Label": "missingBytes",
        "cs1": "complete",
        "cs1Label": "ending",
        "flexString1": "text/html",
        "flexString1Label": "contentType",
        "dvchost": "web-1",
    }


def test_special_characters_are_escaped_as_specified() -> None:
    found = finding(rule=r"a|b\c=d", reason="x=1\ny|\\", evidence="line\r\nend\t.")
    text = line("cef", "findings", found)
    assert r"|a\|b\\c=d|" in text
    assert r" msg=x\=1\ny|\\ " in text
    assert r" cs3=line\r\nend . " in text


def test_addresses_of_ipv6_have_their_own_keys() -> None:
    _, told = parsed(line("cef", "exchanges", exchange(request(client="2001:db8::1"), server="2001:db8::2")))
    assert (told["c6a2"], told["c6a2Label"]) == ("2001:db8::1", "Source IPv6 Address")
    assert (told["c6a3"], told["c6a3Label"]) == ("2001:db8::2", "Destination IPv6 Address")
    assert not {"src", "dst"} & told.keys()


@pytest.mark.parametrize(("word", "number"), [("info", 1), ("low", 3), ("medium", 5), ("high", 8), ("critical", 10)])
def test_findings_have_a_severity(word: str, number: int) -> None:
    header, told = parsed(line("cef", "findings", finding(severity=word)))
    assert header[4:] == ["path_scan", "Finding", str(number)]
    assert (told["cs2"], told["cs2Label"]) == ("T1595.003", "technique")


def test_what_must_not_be_logged_is_in_no_field() -> None:
    assert "token" not in line("cef", "exchanges", OF_A_SERVICE, TERMS)
    assert r"token\=a\=b|c" in line("cef", "exchanges", OF_A_SERVICE, OPEN)


@pytest.mark.parametrize(("name", "record"), EACH)
def test_each_value_has_the_type_and_length_of_the_dictionary(name: str, record: Any) -> None:
    _, told = parsed(line("cef", name, record))
    event = cefevent.CEFEvent(strict=True)
    for key, value in told.items():
        if key not in NEWER:
            full_name = cefevent.extensions.extension_dictionary[key]["full_name"]
            event.set_field(full_name, int(value) if value.isdecimal() else value)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=40, deadline=None)
@given(chosen=st.data())
def test_no_text_from_the_wire_can_make_a_field(name: str, chosen: st.DataObject) -> None:
    record = chosen.draw(hostile(name))
    text = line("cef", name, record, OPEN)
    assert len(text.splitlines()) == 1
    header, told = parsed(text)
    assert header[:4] == ["CEF:0", "http-monitor", "HTTP monitor", "0.2.0"]
    keys = {*COMMON.values(), *(key for key, _ in CUSTOM[name].values()), "dvchost", "cat", "rt", "start", "end"}
    keys |= {"src", "dst", "sourceTranslatedAddress", "proto", "request", "c6a1", "c6a2", "c6a3"}
    assert {key.removesuffix("Label") for key in told} <= keys
    assert told["cat"] == line("cef", name, SAMPLES[name][0]).partition("cat=")[2].partition(" ")[0]
    if name == "findings":
        assert told.get("msg", "") == _shown(record.reason)


def _shown(text: str) -> str:
    return re.sub(r"[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", " ", text[:1023])
