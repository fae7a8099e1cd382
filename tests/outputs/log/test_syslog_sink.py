"""Sends to daemons of the test: what arrives, what happens when they go away, and what is said of it."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from certificates import Certificates
from hypothesis import given, settings
from hypothesis import strategies as st
from log_samples import TERMS
from notice_samples import RAISED, soon
from records import exchange, finding, request
from syslog_receiver import Receiver, frames

from notices.syslog_format import counted
from notices.syslog_place import Place
from notices.tls import authorities
from outputs.log.event_log import EventLog
from outputs.log.formats import FORMATS
from outputs.log.kinds import KINDS
from outputs.log.syslog_sink import Delivery, SyslogSink
from traffic.batch import RecordBatch

DELIVERY = Delivery(facility=16, host="web-1", size=8192, queue=2**20, timeout=5, flush_time=5)
GRAMMAR = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<time>\S+Z) (?P<host>[!-~]{1,255}) http-monitor (?P<process>\d+) (?P<kind>[A-Z]+) - "
    rb"(?P<text>.*)"
)
LINES = FORMATS["cef"](TERMS)


def put(sink: SyslogSink, *paths: str) -> None:
    sink.put(KINDS["exchanges"], [exchange(request(target=path)) for path in paths], LINES["exchanges"])


def parts(message: bytes) -> dict[str, str]:
    found = GRAMMAR.fullmatch(message)
    assert found is not None, message
    return {name: value.decode() for name, value in found.groupdict().items()}


def paths(receiver: Receiver) -> list[str]:
    return [path_of(parts(message)["text"]) for message in receiver.messages]


def path_of(text: str) -> str:
    return text.partition("request=http://my.site.com")[2].split()[0]


@contextmanager
def sending(place: Place, delivery: Delivery = DELIVERY, context: ssl.SSLContext | None = None) -> Iterator[SyslogSink]:
    sink = SyslogSink(place, delivery, context)
    sink.start()
    try:
        yield sink
    finally:
        sink.close()


def over_tcp(receiver: Receiver) -> Place:
    return Place("tcp", "127.0.0.1", receiver.port)


def test_a_daemon_gets_every_line_in_a_frame() -> None:
    receiver = Receiver()
    with sending(over_tcp(receiver), replace(DELIVERY, queue=2**22)) as sink:  # room for all, if the thread sleeps
        put(sink, *(f"/{number}" for number in range(2000)))
        sink.put(KINDS["findings"], [finding(severity="high")], LINES["findings"])
        sink.put(KINDS["alerts"], [RAISED], LINES["alerts"])
    assert (sink.warnings, sink.remarks) == ((), ())
    receiver.kill(reset=False)
    assert receiver.left_over == [b""]
    told = [parts(message) for message in receiver.messages]
    of_exchanges = [each for each in told if each["kind"] == "EXCHANGE"]
    assert [path_of(each["text"]) for each in of_exchanges] == [f"/{number}" for number in range(2000)]
    assert {each["priority"] for each in of_exchanges} == {"134"}, "local0, informational"
    assert {each["time"] for each in of_exchanges} == {"1970-01-01T00:00:01.500000Z"}
    assert {each["kind"]: each["priority"] for each in told} == {"EXCHANGE": "134", "FINDING": "131", "ALERT": "132"}


def test_over_tls_names_are_checked_and_sent(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    receiver = Receiver(certificates.server)
    context = authorities(certificates.authority, "log_authorities")
    with sending(Place("tls", "localhost", receiver.port), context=context) as sink:
        put(sink, "/a", "/b")
        assert soon(lambda: len(receiver.messages) == 2)
    assert (sink.warnings, receiver.names) == ((), ["localhost"])
    with sending(Place("tls", "127.0.0.1", receiver.port), replace(DELIVERY, flush_time=0.5), context) as sink:
        put(sink, "/c")
        assert soon(lambda: sink.warnings)
        assert sink.warnings[0].startswith("syslog 127.0.0.1 (tls): certificate rejected: IP address mismatch")
    assert paths(receiver) == ["/a", "/b"]
    assert sink.warnings[0].startswith("syslog 127.0.0.1 (tls): 1 event lost: certificate rejected: IP address mis")
    receiver.kill()


def test_a_daemon_may_demand_a_certificate_of_ours(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    receiver = Receiver(certificates.demanding)
    context = authorities(certificates.authority, "log_authorities")
    place = Place("tls", "localhost", receiver.port)
    with sending(place, replace(DELIVERY, flush_time=0.5), context) as sink:
        put(sink, "/a")
        assert soon(lambda: any("TLS failed" in warning or "closed" in warning for warning in sink.warnings))
    assert "1 event lost" in sink.warnings[0]
    assert receiver.messages == []
    context.load_cert_chain(certificates.client, certificates.key)
    with sending(place, DELIVERY, context) as sink:
        put(sink, "/b")
        assert soon(lambda: paths(receiver) == ["/b"])
    receiver.kill()


def test_a_daemon_that_was_killed_and_started_again_gets_all_that_was_not_read() -> None:
    first = Receiver()
    with sending(over_tcp(first)) as sink:
        put(sink, *(f"/{number}" for number in range(100)))
        assert soon(lambda: len(first.messages) == 100)
        first.gate.clear()
        put(sink, *(f"/{number}" for number in range(100, 200)))
        first.kill()
        put(sink, *(f"/{number}" for number in range(200, 300)))
        assert soon(lambda: sink.warnings)
        second = Receiver(port=first.port)
        assert soon(lambda: "/299" in paths(second))
    second.kill(reset=False)
    assert {*paths(first), *paths(second)} == {f"/{number}" for number in range(300)}
    assert sink.warnings == ()
    assert re.fullmatch(r"syslog 127.0.0.1 \(tcp\): \d+ events sent again after a broken connection", sink.remarks[0])


def test_a_daemon_that_ends_idle_connections_is_called_again_without_a_word() -> None:
    first = Receiver()
    with sending(over_tcp(first)) as sink:
        put(sink, "/a")
        assert soon(lambda: paths(first) == ["/a"])
        assert soon(lambda: not sink._backlog.in_doubt)
        first.kill(reset=False)
        second = Receiver(port=first.port)
        put(sink, "/b")
        assert soon(lambda: paths(second) == ["/b"])
    second.kill()
    assert (sink.warnings, sink.remarks) == ((), ())


def test_what_a_dead_daemon_did_not_get_is_counted() -> None:
    receiver = Receiver()
    receiver.kill()
    delivery = replace(DELIVERY, queue=20_000, flush_time=0.2)
    with sending(over_tcp(receiver), delivery) as sink:
        put(sink, *(f"/{number}" for number in range(1000)))
        assert soon(lambda: len(sink.warnings) == 2)
        failing, lost = sink.warnings
        outlook = r"tried once, (next try in \d s|trying now); \d+ events queued"
        assert re.fullmatch(rf"syslog 127.0.0.1 \(tcp\): connection refused; {outlook}", failing)
        assert re.fullmatch(r"syslog 127.0.0.1 \(tcp\): \d+ events lost: the queue was full", lost)
    assert sink.warnings == ("syslog 127.0.0.1 (tcp): 1,000 events lost: connection refused",)


def test_at_the_end_all_daemons_have_the_same_time() -> None:
    silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    delivery = replace(DELIVERY, flush_time=0.5, timeout=5)
    sinks = [SyslogSink(Place("tls", "127.0.0.1", each.getsockname()[1]), delivery) for each in silent]
    log = EventLog(sinks, LINES)
    log.start()
    log.take(RecordBatch([exchange()]))
    begun = time.monotonic()
    log.close()
    log.close()
    assert time.monotonic() - begun < 1.4
    assert len(log.warnings) == 3
    for each in silent:
        each.close()


def test_reading_a_file_waits_for_the_daemon() -> None:
    receiver = Receiver()
    with sending(over_tcp(receiver), replace(DELIVERY, queue=50_000, patient=True)) as sink:
        for _ in range(20):
            put(sink, *(["/x"] * 500))
    receiver.kill(reset=False)
    assert len(receiver.messages) == 10_000
    assert sink.warnings == ()


def test_over_udp_a_long_line_is_shortened_but_whole() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        with sending(Place("udp", "127.0.0.1", daemon.getsockname()[1])) as sink:
            long = request(target="/" + "a" * 1000, user_agent="b" * 1000, referrer="http://c/" + "c" * 1000)
            sink.put(KINDS["exchanges"], [exchange(long)], LINES["exchanges"])
            message = daemon.recv(65536)
    assert len(message) <= 2048
    assert parts(message)["text"].endswith("dvchost=web-1")
    assert sink.remarks == ("syslog 127.0.0.1 (udp): 1 event shortened to fit into a message",)
    assert sink.warnings == ()


def test_nobody_who_listens_for_datagrams_is_noticed_if_the_host_says_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = Place("udp", "127.0.0.1", nobody.getsockname()[1])
    with sending(place, replace(DELIVERY, flush_time=0.5)) as sink:
        put(sink, "/a")
    assert sink.warnings == ("syslog 127.0.0.1 (udp): 1 event lost: connection refused",)


def test_a_local_socket_gets_datagrams(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(tmp_path / "log"))
        for scheme, begin in (("unix", b"<134>1 1970-01-01T"), ("bsd", b"<134>Jan  1 ")):
            with sending(Place(scheme, path=str(tmp_path / "log"))) as sink:
                put(sink, "/a")
                assert daemon.recv(65536).startswith(begin)


@given(st.lists(st.binary(max_size=50)), st.binary(max_size=10))
def test_frames_can_be_taken_apart_again(messages: list[bytes], rest: bytes) -> None:
    stream = b"".join(map(counted, messages)) + b"10 " + rest[:9]
    assert frames(stream) == (messages, b"10 " + rest[:9])


@settings(max_examples=40, deadline=None)
@given(host=st.text(), reason=st.text(), form=st.sampled_from(sorted(FORMATS)), size=st.integers(480, 9000))
def test_any_text_makes_one_message_of_a_bounded_size(host: str, reason: str, form: str, size: int) -> None:
    sink = SyslogSink(Place("tcp", "127.0.0.1", 1), replace(DELIVERY, host=host, size=size))
    record = finding(reason=reason * 100, rule=reason, evidence=reason)
    message, _ = sink._message(KINDS["findings"], record, FORMATS[form](TERMS)["findings"])
    if message is not None:
        assert len(message) <= size
        assert len(message.splitlines()) == 1
        parts(message)
