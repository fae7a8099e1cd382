"""The pure parts of what measures the inline proxy."""

import socket
import threading
from functools import partial

import pytest

from bench import proxy
from bench.measure import CommandError
from bench.messages import announced, request, whole
from bench.proxies import NGINX, OURS, RULED
from bench.proxy import DIRECT, PLAIN, TLS, LoadCost, Memory, ProxyResults, Seen
from bench.steady import CONNECTIONS, percentile, steady
from bench.transfers import Transfer, curl_said
from bench.upstream import GARBAGE, UPLOAD, upstream
from bench.wrk import WrkRun, command, parsed

SPACE = " "  # wrk pads its units
WRK = f"""Running 3s test @ http://127.0.0.1:20001/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   376.67ms  573.66ms   1.89s    80.57%
    Req/Sec     3.29k     1.50k    5.36k    58.33%
  Latency Distribution
     50%   12.61ms
     75%  677.30ms
     90%    1.41s{SPACE}
     99%    1.84s{SPACE}
  3992 requests in 3.01s, 0.86MB read
"""
END = "Requests/sec:   1325.80\nTransfer/sec:    291.31KB\n"
TROUBLE = "  Socket errors: connect 1, read 2, write 3, timeout 32\n  Non-2xx or 3xx responses: 7\n"


def test_wrks_words_are_read() -> None:
    assert parsed(WRK + END) == WrkRun(1325.8, 3992, 0.01261, 1.84, 0, 0)
    assert parsed(WRK + TROUBLE + END)[-2:] == (7, 38)
    with pytest.raises(CommandError, match="unable to connect"):
        parsed("unable to connect to 127.0.0.1:20001")


def test_wrks_fields_are_named_with_a_space_after_the_colon() -> None:
    assert command("http://127.0.0.1/", 2.0, 32, [("Host", "a.example")])[-3:] == [
        "-H", "Host: a.example", "http://127.0.0.1/",
    ]  # fmt: skip


def test_a_message_is_whole_with_its_body() -> None:
    response = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
    assert [size for size in range(len(response) + 1) if whole(response[:size])] == [len(response)]
    assert whole(request("/a", [("Host", "a.example")]))
    assert announced(b"PUT / HTTP/1.1\r\nX: 1\r\nContent-Length: 12") == 12


def test_percentiles_lie_between_the_values() -> None:
    assert [percentile([float(value) for value in range(101)], percent) for percent in (1, 50, 99)] == [1, 50, 99]
    assert percentile([2.0, 2.0], 99) == 2.0


def test_a_transfer_must_be_whole() -> None:
    assert curl_said("200 200000000 0 0.5") == (200_000_000, 0.5)
    assert curl_said("200 100 200000000 2") == (200_000_000, 2.0)
    for wrong in ("502 0 200000000 1", "200 199999999 0 1"):
        with pytest.raises(CommandError, match="curl"):
            curl_said(wrong)


def test_a_steady_load_has_a_time_for_each_request() -> None:
    with upstream(UPLOAD) as server:
        times = steady(server.port, 500, 0.4, request())
    assert 100 < len(times) < 400
    assert all(0 < each < 5 for each in times)
    assert threading.active_count() < CONNECTIONS


def test_a_steady_load_ends_at_what_is_no_response() -> None:
    with upstream(GARBAGE) as server, pytest.raises(CommandError, match="no response"):
        steady(server.port, 500, 0.4, request())


def test_an_upload_is_answered_when_it_is_whole() -> None:
    with upstream(UPLOAD) as server, socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(5)
        connection.sendall(b"67890")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def results(rules: bool, errors: int = 0) -> ProxyResults:
    names = (NGINX, OURS, RULED) if rules else (NGINX, OURS)
    loaded = partial(LoadCost, cpu=5e-5, slow=2e-3, errors=errors)
    rates = {NGINX: (1000.0, 2000.0), OURS: (500.0, 1200.0), RULED: (400.0, 900.0)}
    return ProxyResults(
        {(name, end): [loaded(rate) for rate in rates[name]] for end in (PLAIN, TLS) for name in names},
        425.0,
        {DIRECT: [1e-3, 2e-3], NGINX: [2e-3, 4e-3], OURS: [3e-3, 2.5e-3]},
        {name: Memory(10, 1) for name in names},
        {(name, end): 2048.0 for end in (PLAIN, TLS) for name in (NGINX, OURS)},
        {(OURS, PLAIN): [(Transfer(2e8, 1.0), Transfer(1e8, 2.0))]},
        {OURS: Seen(90, 10, None)},
    )


def test_tables_compare_within_a_round() -> None:
    lines = proxy.report(results(rules=True)).splitlines()
    assert "| exercise.py proxy, plain | 850 (500-1,200) | 0.55 (0.50-0.60) | 50.0 | 2.00 |" in lines
    assert "| exercise.py proxy | 2.75 (2.50-3.00) | 1.25 (0.50-2.00) |" in lines
    assert "| exercise.py proxy --crs | 10.0 | 1.0 | - | - |" in lines
    assert "| exercise.py proxy, plain | 200 | 1.00 | 100 | 2.00 |" in lines
    assert "The monitor of exercise.py proxy was too slow for 10 of 100 packets." in lines


def test_rows_without_rules_are_missed_by_name() -> None:
    text = "No rules were found, so rows with rules are missing."
    assert text in proxy.report(results(rules=False))
    assert text not in proxy.report(results(rules=True))
    assert proxy.facts(None) == {}


def test_rows_with_errors_are_named() -> None:
    lines = proxy.report(results(rules=False, errors=1)).splitlines()
    assert "nginx, plain: 2 requests failed under full load, so its row says little." in lines


def test_without_curl_there_are_no_transfers() -> None:
    assert "curl is not installed, so transfers are missing." in proxy.report(
        results(rules=True)._replace(transfers={})
    )


def test_facts_are_what_targets_read() -> None:
    facts = proxy.facts(results(rules=True))
    assert facts["of_nginx"][f"{RULED}, {TLS}"] == pytest.approx({"median": 0.425, "low": 0.4, "high": 0.45})
    assert facts["added_ms"][OURS]["median"] == pytest.approx(1.25)
