"""Replays every capture of the corpus as a user would, and compares the log with the expected transactions."""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import conformance_kinds as kinds
import pytest
from conformance_comparison import Comparison, compare
from conformance_corpus import FOLDER, PROJECT, VARIABLE, Capture, captures, negatives, present
from conformance_exceptions import CONNECTIONS, TRANSACTIONS
from conformance_replay import arguments, replay
from conformance_websocket import differences, websockets

from capture.core import CORE

needs_corpus = pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder")
each_capture = pytest.mark.parametrize("capture", captures() or [Capture("none")], ids=lambda capture: capture.name)

logged = lru_cache(maxsize=None)(replay)
"""The log of a capture; each capture is replayed once."""
RUN_APART = ("zeek/web.pcap", "arkime/http-xff.pcap", "suricata-verify/http2-errorcode__input.pcap")
"""Captures that are also replayed in a separate process, as a user would start it."""


@needs_corpus
@each_capture
def test_the_log_has_the_transactions_of_the_capture(capture: Capture) -> None:
    result = compare(capture.expected(), logged(capture))
    excepted = TRANSACTIONS[capture.name].differences if capture.name in TRANSACTIONS else {}
    assert counts(result) == {"missing": 0, "extra": 0, "wrong": 0, **excepted}, "\n".join(result.differences)


@needs_corpus
@pytest.mark.parametrize("name", sorted(negatives()) or ["none"])
def test_no_transaction_is_found_where_there_is_none(name: str) -> None:
    assert logged(Capture(name)) == []


@needs_corpus
@each_capture
def test_unreadable_connections_are_counted_by_kind_and_server(capture: Capture) -> None:
    expected, counted = kinds.expected(capture), kinds.counted(capture)
    names = {*expected, *counted}
    excepted = CONNECTIONS[capture.name].differences if capture.name in CONNECTIONS else {}
    assert {name: counted[name] - expected[name] for name in names if counted[name] != expected[name]} == excepted


@needs_corpus
@pytest.mark.skipif(CORE is None, reason="only the core reads WebSockets: make fast")
@pytest.mark.parametrize("capture", [one for one in captures() if one.expected("websocket")], ids=lambda one: one.name)
def test_websockets_have_the_frames_of_the_capture(capture: Capture) -> None:
    rows, found = capture.expected("websocket"), websockets(capture)
    assert [list(differences(row, one)) for row, one in zip(rows, found, strict=True)] == [[] for _ in rows]


@needs_corpus
@pytest.mark.parametrize("name", RUN_APART)
def test_a_separate_process_writes_the_same_log_to_standard_output(name: str) -> None:
    capture = Capture(name)
    command = [sys.executable, "exercise.py", *arguments(capture, "-")]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    assert [json.loads(line) for line in ended.stdout.splitlines()] == logged(capture)
    assert "Requests" in ended.stderr  # the summary


@needs_corpus
def test_by_default_no_line_contains_a_query() -> None:
    names = ("ndpi/default__pcap__malware.pcap", "ndpi/default__pcap__1kxun.pcap")
    lines = [line for name in names for line in replay(Capture(name), settings=())]
    assert len(lines) > 10
    told = ("url.original", "url.path", "http.request.referrer", "user_agent.original", "http_monitor.host")
    assert [line for line in lines if "url.query" in line or any("?" in line.get(name, "") for name in told)] == []


@needs_corpus
def test_the_report_is_one_command(tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "tests/conformance/report.py"), "--all", "zeek/web.pcap"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert "zeek/web.pcap: expected 1, matched 1, missing 0, extra 0, wrong 0" in ended.stdout


@pytest.mark.parametrize("name", [*TRANSACTIONS, *CONNECTIONS])
@needs_corpus
def test_every_exception_names_a_capture(name: str) -> None:
    assert Capture(name).path.exists()


ROW = {
    "client": "10.0.0.1:1000",
    "server": "10.0.0.2:80",
    "method": "GET",
    "uri": "/",
    "host": "h",
    "status_code": 200,
    "request_body_len": 0,
    "response_body_len": 5,
    "ts": 1.0,
    "disputed": False,
}
LINE = {
    "@timestamp": "1970-01-01T00:00:01.000000Z",
    "source.ip": "10.0.0.1",
    "source.port": 1000,
    "destination.ip": "10.0.0.2",
    "destination.port": 80,
    "http.request.method": "GET",
    "url.original": "/",
    "http_monitor.host": "h",
    "http_monitor.ending": "complete",
    "http.request.body.bytes": 0,
    "http.response.status_code": 200,
    "http.response.body.bytes": 5,
}


@pytest.mark.parametrize(
    ("row", "line", "difference"),
    [
        ({}, {}, {}),
        ({"host": "other"}, {}, {"wrong": 1}),
        ({"user_agent": "wget"}, {}, {"wrong": 1}),
        ({"status_code": 404}, {}, {"wrong": 1}),
        ({"request_body_len": 1}, {}, {"wrong": 1}),
        ({"response_body_len": 6}, {}, {"wrong": 1}),
        ({"response_body_len": 6, "body_disputed": True}, {}, {}),
        ({"response_body_len": 6, "pairing_uncertain": True}, {}, {}),
        ({"no_response": True, "status_code": None}, {}, {"wrong": 1}),
        ({"method": "HEAD"}, {}, {"missing": 1, "extra": 1}),
        ({"uri": "/x"}, {}, {"missing": 1, "extra": 1}),
        ({"client": "10.0.0.1:1001"}, {}, {"missing": 1, "extra": 1}),
        ({"disputed": True, "status_code": 404}, {}, {}),
        ({"disputed": True}, {"url.original": "/x"}, {"extra": 1}),
    ],
)
def test_the_comparison_detects(row: dict[str, object], line: dict[str, object], difference: dict[str, int]) -> None:
    assert counts(compare([{**ROW, **row}], [{**LINE, **line}])) == {"missing": 0, "extra": 0, "wrong": 0, **difference}


def test_a_line_matches_only_one_row() -> None:
    assert counts(compare([ROW, ROW], [LINE])) == {"missing": 1, "extra": 0, "wrong": 0}
    assert counts(compare([ROW], [LINE, LINE])) == {"missing": 0, "extra": 1, "wrong": 0}


def counts(result: Comparison) -> dict[str, int]:
    return {"missing": len(result.missing), "extra": len(result.extra), "wrong": len(result.wrong)}
