"""Checks messages against the grammar of RFC 5424 section 6, written here independently."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_samples import ALERT, ALL, DISMISSED, RAISED, about

from notices.notice import Notice, one_line
from notices.syslog_format import FACILITIES
from notices.syslog_format import USUAL_SIZE as MAX_SIZE
from notices.syslog_message import local_message, syslog_message

DAEMON = FACILITIES["daemon"]
PRINTABLE = rb"[!-~]"
SD_NAME = rb"[!#-<>-\\^-~]{1,32}"  # neither = nor ] nor "
GRAMMAR = re.compile(
    rb"<(?P<priority>[1-9]\d{0,2}|0)>1 "
    rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) "
    rb"(?P<host>-|" + PRINTABLE + rb"{1,255}) (?P<application>" + PRINTABLE + rb"{1,48}) "
    rb"(?P<process>" + PRINTABLE + rb"{1,128}) (?P<kind>" + PRINTABLE + rb"{1,32}) "
    rb"(?P<structured>\[" + SD_NAME + rb"(?: " + SD_NAME + rb'="(?:[^"\\\]]|\\.)*")*\])'
    rb"(?: (?P<message>.*))?",
    re.DOTALL,
)


def parts(message: bytes) -> dict[str, bytes]:
    found = GRAMMAR.fullmatch(message)
    assert found is not None, message
    return found.groupdict()


def parameters(structured: bytes) -> dict[str, str]:
    pairs = re.findall(rb' ([^ =]+)="((?:[^"\\\]]|\\.)*)"', structured)
    return {name.decode(): re.sub(r"\\([\"\\\]])", r"\1", value.decode()) for name, value in pairs}


def test_a_message_contains_event_time_host_and_explanation() -> None:
    found = parts(syslog_message(RAISED, DAEMON, 4711))
    assert found["priority"] == b"28", "daemon, warning"
    assert found["time"] == b"2026-11-22T17:02:10.000Z"
    assert found["host"] == b"web-1.example.com"
    assert (found["application"], found["process"], found["kind"]) == (b"http-monitor", b"4711", b"RAISED")
    assert found["message"].decode() == f"Alert: request rate - {ALERT.explanation}"


def test_the_facts_are_structured_data() -> None:
    assert parameters(parts(syslog_message(DISMISSED, DAEMON, 1))["structured"]) == {
        "id": DISMISSED.identity,
        "kind": "dismissed",
        "source": "eth0 port 80",
        "signal": "request_rate",
        "start": "2026-11-22T17:02:10.000Z",
        "end": "2026-11-22T17:08:10.000Z",
        "duration": "360",
        "value": "1844",
        "peak": "2001.5",
        "baseline": "1200",
        "threshold": "10",
        "limit": "1320",
        "unit": "hits",
        "contributor": "client 192.0.2.7 22 %",
    }


@pytest.mark.parametrize(("notice", "severity"), list(zip(ALL, [4, 5, 4, 5], strict=True)))
@pytest.mark.parametrize(("facility", "number"), [("user", 1), ("daemon", 3), ("local0", 16), ("local7", 23)])
def test_the_priority_combines_facility_and_severity(notice: Notice, severity: int, facility: str, number: int) -> None:
    found = parts(syslog_message(notice, FACILITIES[facility], 1))
    assert int(found["priority"]) == 8 * number + severity


def test_text_that_is_not_ascii_is_marked_as_utf_8() -> None:
    assert parts(syslog_message(about("Müller"), DAEMON, 1))["message"].startswith(b"\xef\xbb\xbfAlert")
    assert not parts(syslog_message(about("Mueller"), DAEMON, 1))["message"].startswith(b"\xef\xbb\xbf")


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_the_grammar(text: str, name: str, host: str) -> None:
    message = syslog_message(replace(about(text, name), host=one_line(host)), DAEMON, 1)
    assert len(message) <= MAX_SIZE
    assert parameters(parts(message)["structured"])["signal"] == "request_rate"


def test_escaped_values_can_be_parsed_back() -> None:
    name = 'a]b"c\\d'
    assert parameters(parts(syslog_message(about("x", name), DAEMON, 1))["structured"])["subject"] == name


@pytest.mark.parametrize("letter", ["a", "é", "\U0001f600", '"', "]"])
def test_long_messages_are_cut_between_characters(letter: str) -> None:
    message = syslog_message(about(letter * 5000, letter * 5000), DAEMON, 1)
    assert len(message) <= MAX_SIZE
    parts(message)
    message.decode()


@pytest.mark.parametrize("time", [-5.0, 1e18])
def test_a_time_beyond_all_dates_becomes_one_that_can_be_written(time: float) -> None:
    notice = replace(RAISED, time=time)
    assert parts(syslog_message(notice, DAEMON, 1))["time"][:4] in (b"1970", b"9999")
    assert local_message(notice, DAEMON, 1).startswith(b"<28>")


def test_the_format_of_the_local_socket_has_its_own_date() -> None:
    message = local_message(RAISED, DAEMON, 4711).decode()
    assert re.fullmatch(
        r"<28>Nov 2[23] \d\d:\d\d:10 http-monitor\[4711\]: Alert: request rate - High traffic.*", message
    )
    assert len(local_message(about("\u00e9" * 2048), DAEMON, 1)) <= MAX_SIZE
