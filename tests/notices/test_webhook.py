import json
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import Certificates
from http_receiver import Hooks, http_receiver
from notice_samples import DISMISSED, LIMITS, RAISED, soon

from notices.bodies import alertmanager_body, json_body, slack_body
from notices.errors import NoticeError, Refused, Unavailable
from notices.notice import Notice
from notices.tls import authorities
from notices.webhook import Address, Body, Webhook
from notices.worker import Worker


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def webhook(url: str, timeout: float = 5, body: Body | None = None, believed: ssl.SSLContext | None = None) -> Webhook:
    return Webhook(Address(url, "localhost"), body or Body(json_body), timeout, believed)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("build", [json_body, slack_body, alertmanager_body])
def test_a_notice_is_posted_as_json_once(build: Callable[[Notice], bytes]) -> None:
    with http_receiver() as hooks:
        webhook(hooks.url, body=Body(build)).send(RAISED)
    (posted,) = hooks.posted
    assert posted.body == build(RAISED)
    assert json.loads(posted.body)
    assert posted.path == "/services/T0/B0/secret-token"
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["User-Agent"] == "http-monitor"
    assert posted.headers["Idempotency-Key"] == RAISED.identity


def test_name_and_password_in_the_url_are_sent_as_a_header() -> None:
    with http_receiver() as hooks:
        webhook(f"http://monitor:s3cret@localhost:{hooks.port}/x").send(RAISED)
    assert hooks.posted[0].headers["Authorization"] == "Basic bW9uaXRvcjpzM2NyZXQ="


def test_no_password_of_another_host_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login root password s3cret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with http_receiver() as hooks:
        webhook(hooks.url).send(RAISED)
    assert "Authorization" not in hooks.posted[0].headers


def test_the_proxy_of_the_environment_is_used_except_for_excluded_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_receiver() as proxy, http_receiver() as hooks:
        monkeypatch.setenv("http_proxy", f"http://localhost:{proxy.port}")
        monkeypatch.setenv("no_proxy", "localhost")
        far, near = webhook("http://far.invalid/x"), webhook(hooks.url)
        monkeypatch.delenv("http_proxy")
        far.send(RAISED)
        near.send(RAISED)
    assert [posted.path for posted in proxy.posted] == ["http://far.invalid/x"]
    assert len(hooks.posted) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_status_is_a_success(status: int) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((status, {}))
        webhook(hooks.url).send(RAISED)
    assert len(hooks.posted) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "answered 400 Bad Request"),
        (403, "answered 403 Forbidden"),
        (404, "answered 404 Not Found"),
        (410, "answered 410 Gone"),
        (302, "answered 302 Found"),
        (299 + 200, "answered 499"),
    ],
)
def test_client_errors_are_final(status: int, words: str) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((status, {"Location": "/elsewhere"}))
        with pytest.raises(Refused) as caught:
            webhook(hooks.url).send(RAISED)
    assert str(caught.value) == words
    assert len(hooks.posted) == 1, "a redirection is not followed"


@pytest.mark.parametrize(
    ("status", "headers", "words", "pause"),
    [
        (429, {"Retry-After": "30"}, "answered 429 Too Many Requests", 30),
        (429, {}, "answered 429 Too Many Requests", 0),
        (503, {"Retry-After": "Sun, 22 Nov 2026 17:02:10 GMT"}, "answered 503 Service Unavailable", 0),
        (500, {"Retry-After": "-1"}, "answered 500 Internal Server Error", 0),
        (408, {}, "answered 408 Request Timeout", 0),
    ],
)
def test_temporary_errors_are_retried(status: int, headers: dict[str, str], words: str, pause: float) -> None:
    with http_receiver() as hooks:
        hooks.answers.append((status, headers))
        with pytest.raises(Unavailable) as caught:
            webhook(hooks.url).send(RAISED)
    assert (str(caught.value), caught.value.retry_after) == (words, pause)


def test_a_closed_port_is_reported() -> None:
    with pytest.raises(Unavailable, match=r"^connection refused$"):
        webhook(f"http://localhost:{closed_port()}/secret-token").send(RAISED)


def test_a_slow_server_times_out() -> None:
    with http_receiver() as hooks:
        hooks.open.clear()
        with pytest.raises(Unavailable, match=r"^timed out$"):
            webhook(hooks.url, timeout=0.2).send(RAISED)


def test_a_server_that_does_not_speak_http_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"220 smtp.example.com ESMTP\r\n")
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unavailable, match=r"^the connection failed$"):
            webhook(f"http://localhost:{server.getsockname()[1]}/secret-token").send(RAISED)
        thread.join()


def test_an_unknown_host_is_reported() -> None:
    with pytest.raises(Unavailable, match=r"^host not found$"):
        webhook("http://nowhere.invalid/secret-token").send(RAISED)


# TLS ---------------------------------------------------------------------------------------------------------------


def test_a_certificate_of_a_configured_authority_is_accepted(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    with http_receiver(certificates.server) as hooks:
        webhook(hooks.url, believed=authorities(certificates.authority, "notice_authorities")).send(RAISED)
    assert len(hooks.posted) == 1


def test_other_certificates_are_rejected(tmp_path: Path) -> None:
    with http_receiver(Certificates(tmp_path).server) as hooks:
        for url in (hooks.url, hooks.url.replace("localhost", "127.0.0.1")):
            with pytest.raises(Unavailable, match=r"^certificate rejected, or no TLS$"):
                webhook(url, believed=authorities("", "notice_authorities")).send(RAISED)
    assert hooks.posted == []


def test_the_certificate_must_match_the_host_name(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    with http_receiver(certificates.server) as hooks:
        url = hooks.url.replace("localhost", "127.0.0.1")
        with pytest.raises(Unavailable, match=r"^certificate rejected, or no TLS$"):
            webhook(url, believed=authorities(certificates.authority, "notice_authorities")).send(RAISED)


def test_unreadable_authorities_are_reported(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match=r"^notice_authorities: cannot read .*none: No such file or directory$"):
        authorities(str(tmp_path / "none"), "notice_authorities")
    (tmp_path / "empty").write_text("no certificate")
    with pytest.raises(NoticeError, match=r"^notice_authorities: .*empty contains no certificates \(PEM\)$"):
        authorities(str(tmp_path / "empty"), "notice_authorities")


# In its thread ---------------------------------------------------------------------------------------------------


def delivered(hooks: Hooks) -> list[str]:
    return [json.loads(posted.body)["kind"] for posted in hooks.posted]


def test_a_recovered_server_gets_the_queued_notices_in_order() -> None:
    port = closed_port()
    worker = Worker(webhook(f"http://localhost:{port}/secret-token"), LIMITS, chance=lambda: 1.0)
    worker.tell(RAISED)
    worker.tell(DISMISSED)
    assert soon(worker.complaints)
    (sentence,) = worker.complaints()
    assert sentence.startswith("webhook localhost: connection refused; tried ")
    assert sentence.endswith("; 2 notices queued")
    with http_receiver(port=port) as hooks:
        assert soon(lambda: len(hooks.posted) == 2)
    assert delivered(hooks) == ["raised", "dismissed"]
    assert worker.complaints() == []


def test_alertmanager_is_reminded_of_active_alerts_only() -> None:
    with http_receiver() as hooks:
        worker = Worker(webhook(hooks.url, body=Body(alertmanager_body, repeat=0.1)), LIMITS)
        worker.tell(RAISED)
        assert soon(lambda: len(hooks.posted) >= 3)
        worker.tell(DISMISSED)
        assert soon(lambda: b"endsAt" in hooks.posted[-1].body)
        told = len(hooks.posted)
        assert not soon(lambda: len(hooks.posted) > told, seconds=0.5)
    assert {posted.body for posted in hooks.posted[:-1]} == {alertmanager_body(RAISED)}
