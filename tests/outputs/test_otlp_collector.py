"""Metrics reach a collector over HTTP, and what it answers is understood."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from certificates import Certificates
from http_receiver import http_receiver

pytest.importorskip("opentelemetry.proto", reason="pip install -r requirements-otlp.txt")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

from notices.errors import Refused, Unavailable
from notices.tls import authorities
from outputs.otlp.collector import MAX_WORDS, Answer, Collector, Destination, wait_of
from outputs.otlp.sender import Sender
from outputs.otlp.snapshot import Snapshot

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def collector(url: str, **fields: object) -> Collector:
    return Collector(Destination(url, "localhost", **{"timeout": 5.0, **fields}))  # type: ignore[arg-type]


def partial(rejected: int, words: str) -> bytes:
    answer = ExportMetricsServiceResponse()
    answer.partial_success.rejected_data_points = rejected
    answer.partial_success.error_message = words
    return answer.SerializeToString()


def test_a_message_is_posted_compressed_with_the_headers_of_the_user() -> None:
    with http_receiver() as hooks:
        to = collector(hooks.url, headers={"Authorization": "Bearer s3cret", "Content-Type": "text/x"})
        assert to.post(to.packed(b"message")) == Answer()
    (posted,) = hooks.posted
    assert gzip.decompress(posted.body) == b"message"
    assert posted.headers["Content-Encoding"] == "gzip"
    assert posted.headers.get_all("Content-Type") == ["application/x-protobuf"]
    assert posted.headers["Authorization"] == "Bearer s3cret"
    assert posted.headers["User-Agent"] == "http-monitor"


def test_a_message_may_be_posted_as_it_is() -> None:
    with http_receiver() as hooks:
        to = collector(hooks.url, compressed=False)
        to.post(to.packed(b"message"))
    assert hooks.posted[0].body == b"message"
    assert "Content-Encoding" not in hooks.posted[0].headers


@pytest.mark.parametrize(
    ("headers", "body", "answer"),
    [
        (PROTOBUF, b"", Answer()),
        (PROTOBUF, ExportMetricsServiceResponse().SerializeToString(), Answer()),
        (PROTOBUF, partial(12, "too old"), Answer(12, "too old")),
        (PROTOBUF, partial(0, "slow down"), Answer(0, "slow down")),
        (PROTOBUF, partial(1, "\x1b[31m red\n" + "x" * 999), Answer(1, ("[31m red " + "x" * 999)[: MAX_WORDS - 1])),
        (JSON, b"{}", Answer()),
        (JSON, b'{"partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "no"}}', Answer(3, "no")),
    ],
)
def test_success_and_partial_success(headers: dict[str, str], body: bytes, answer: Answer) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((200, headers))
        hooks.bodies.append(body)
        assert collector(hooks.url).post(b"x") == answer


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "text/html"}, b"<h1>It works</h1>"),
        (PROTOBUF, b"\xff\xff\xff"),
        (JSON, b"[1"),
        (JSON, b"7"),
        (JSON, b'{"partialSuccess": 7}'),
        (JSON, b'{"partialSuccess": {"rejectedDataPoints": "many"}}'),
    ],
)
def test_an_answer_that_is_none_of_a_collector_is_remarked(headers: dict[str, str], body: bytes) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((200, headers))
        hooks.bodies.append(body)
        answer = collector(hooks.url).post(b"x")
    assert answer.rejected == 0
    assert answer.words.endswith("is this the URL of an OTLP receiver?")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_temporary_errors_are_tried_again_when_the_collector_says(status: int) -> None:
    with http_receiver() as hooks:
        hooks.answers += [(status, {"Retry-After": "17"}), (status, {})]
        for pause in (17, 0):
            with pytest.raises(Unavailable, match=f"answered {status}") as caught:
                collector(hooks.url).post(b"x")
            assert caught.value.retry_after == pause


@pytest.mark.parametrize("status", [400, 401, 404, 408, 413, 500, 501])
def test_other_errors_are_final(status: int) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((status, {"Retry-After": "17"}))
        with pytest.raises(Refused, match=f"answered {status}"):
            collector(hooks.url).post(b"x")


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        (PROTOBUF, b"\x08\x03\x12\x07too old", "answered 400 Bad Request: too old"),
        ({"Content-Type": "text/plain"}, b"out of order\nsample", "answered 400 Bad Request: out of order sample"),
        ({"Content-Type": "text/html"}, b"<p>no</p>", "answered 400 Bad Request"),
        (PROTOBUF, b"\xff", "answered 400 Bad Request"),
    ],
)
def test_the_reason_of_an_error_is_told(headers: dict[str, str], body: bytes, words: str) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((400, headers))
        hooks.bodies.append(body)
        with pytest.raises(Refused) as caught:
            collector(hooks.url).post(b"x")
    assert str(caught.value) == words


def test_redirects_are_not_followed() -> None:
    with http_receiver() as hooks, http_receiver() as other:
        hooks.answers.append((307, {"Location": other.url}))
        with pytest.raises(Refused, match="redirects are not followed"):
            collector(hooks.url, headers={"Authorization": "s3cret"}).post(b"x")
    assert other.posted == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17", 17),
        ("Sun, 29 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("1e9", 0),
        ("\u0663", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float) -> None:
    assert wait_of(text, now=1795953600.0) == seconds


def test_a_collector_that_is_down_or_silent_may_come_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Unavailable, match="timed out"):
            collector(f"http://127.0.0.1:{port}", timeout=0.1).post(b"x")
    with pytest.raises(Unavailable, match="connection refused"):
        collector(f"http://127.0.0.1:{port}").post(b"x")


@contextmanager
def raw_server(*parts: bytes, pause: float = 0.0) -> Iterator[int]:
    """Answer one connection with these bytes, and a pause between them, and close it."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as peer:
                peer.recv(65536)
                for part in parts:
                    if done.wait(pause):
                        return
                    try:
                        peer.sendall(part)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()


def test_garbage_instead_of_http_may_be_a_passing_fault() -> None:
    with raw_server(b"SSH-2.0-OpenSSH_9.6\r\n") as port, pytest.raises(Unavailable, match="the connection failed"):
        collector(f"http://127.0.0.1:{port}").post(b"x")


def test_an_answer_that_breaks_off_after_its_status_is_not_sent_again() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\n"
    with raw_server(head) as port:
        assert collector(f"http://127.0.0.1:{port}").post(b"x") == Answer()


def test_an_answer_of_a_byte_at_a_time_is_not_read_for_ever() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n"
    begun = time.monotonic()
    with raw_server(head, *([b"x"] * 1000), pause=0.05) as port:
        assert collector(f"http://127.0.0.1:{port}", timeout=0.3).post(b"x").words
    assert time.monotonic() - begun < PATIENCE / 3


def test_the_authority_of_the_collector_must_be_known(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    with http_receiver(made.server) as hooks:
        assert collector(hooks.url, authorities=authorities(made.authority, "x")).post(b"x") == Answer()
        with pytest.raises(Unavailable, match="certificate rejected"):
            collector(hooks.url, authorities=authorities("", "x")).post(b"x")


def test_a_collector_may_ask_for_a_certificate(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    with http_receiver(made.demanding) as hooks:
        without, ours = (authorities(made.authority, "x") for _ in range(2))
        ours.load_cert_chain(made.client, made.key)
        assert collector(hooks.url, authorities=ours).post(b"x") == Answer()
        with pytest.raises(Unavailable):
            collector(hooks.url, authorities=without).post(b"x")


# The thread -----------------------------------------------------------------------------------------------------------


def snapshot(time: float = 1.0) -> Snapshot:
    return Snapshot(0.0, time, False, {}, {}, ())


def sender(url: str, queue: int = 2, patient: bool = False, timeout: float = 5.0) -> Sender:
    made = Sender(
        collector(url, compressed=False, timeout=timeout), lambda each: b"%d" % each.time, queue, patient=patient
    )
    made.start()
    return made


def test_exports_are_sent_in_their_order_before_the_end() -> None:
    with http_receiver() as hooks:
        made = sender(hooks.url)
        for number in range(2):
            made.put(snapshot(number))
        made.close(PATIENCE)
    assert [posted.body for posted in hooks.posted] == [b"0", b"1"]
    assert made.warnings == ()


def test_the_end_waits_only_for_its_time_and_says_what_is_missing() -> None:
    with http_receiver() as hooks:
        hooks.open.clear()
        made = sender(hooks.url, timeout=PATIENCE)
        made.put(snapshot())
        begun = time.monotonic()
        made.close(0.2)
        assert time.monotonic() - begun < PATIENCE / 3
        assert made.warnings == ("otlp localhost: 1 export not delivered: the program ended",)
        made.close(0.0)


def test_a_slow_collector_delays_nobody_who_is_not_patient() -> None:
    with http_receiver() as hooks:
        hooks.open.clear()
        made = sender(hooks.url, queue=1)
        assert made.wait_for_room()
        made.put(snapshot())
        assert not made.wait_for_room()
        hooks.open.set()
        made.close(PATIENCE)


def test_a_patient_sender_waits_for_room_until_the_collector_fails() -> None:
    with http_receiver() as hooks:
        made = sender(hooks.url, queue=1, patient=True)
        for number in range(20):
            assert made.wait_for_room()
            made.put(snapshot(number))
        made.close(PATIENCE)
        assert [posted.body for posted in hooks.posted] == [b"%d" % number for number in range(20)]
    made = sender(hooks.url, queue=1, patient=True)
    made.put(snapshot())
    assert not made.wait_for_room(), "nobody listens there any more"
    assert "connection refused; next try in" in made.warnings[0]
    made.close(0.0)


def test_an_export_that_cannot_be_written_is_dropped_and_the_thread_goes_on() -> None:
    with http_receiver() as hooks:
        made = Sender(collector(hooks.url), lambda each: bytes(int(each.time)), 2)  # no bytes of a negative length
        made.start()
        made.put(snapshot(-1))
        made.put(snapshot(1))
        made.close(PATIENCE)
    assert made.warnings == ("otlp localhost: 1 export not delivered: failed with ValueError",)
    assert len(hooks.posted) == 1
