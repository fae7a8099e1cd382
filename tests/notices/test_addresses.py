import os
from pathlib import Path

import pytest

from notices.addresses import Hook, hooks, mail_address, smtp_server
from notices.errors import NoticeError
from notices.mail import Security
from notices.secret_file import MAX_SIZE, exposure, read_secret
from notices.syslog_place import Place, syslog_place

URL = "https://monitor:s3cret@hooks.example.com/services/T0/token"


def test_each_line_is_a_webhook() -> None:
    text = f"# ours\n\n{URL}\n  slack https://hooks.slack.com/services/T0\nalertmanager http://alerts:9093\n"
    assert hooks(text, "json", "file") == [
        Hook("json", URL, "hooks.example.com"),
        Hook("slack", "https://hooks.slack.com/services/T0", "hooks.slack.com"),
        Hook("alertmanager", "http://alerts:9093/api/v2/alerts", "alerts"),
    ]


def test_a_setting_gives_the_default_format() -> None:
    assert hooks("http://alerts/other", "alertmanager", "x")[0] == Hook("alertmanager", "http://alerts/other", "alerts")
    assert hooks("json http://alerts", "alertmanager", "x")[0].format == "json"
    assert hooks("", "json", "x") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"teams {URL}", "notice_webhook: write a URL, or a format (json, slack, alertmanager) and a URL"),
        (f"slack json {URL}", "notice_webhook: write a URL, or a format (json, slack, alertmanager) and a URL"),
        ("ftp://s3cret/token", "notice_webhook: the URL must begin with http:// or https:// and a host"),
        ("https:///s3cret", "notice_webhook: the URL must begin with http:// or https:// and a host"),
        ("hooks.example.com/s3cret", "notice_webhook: the URL must begin with http:// or https:// and a host"),
        ("https://hooks:s3cret/token", "notice_webhook: the address is malformed"),
        (f"{URL}\nhttps://[s3cret", "notice_webhook, line 2: the address is malformed"),
    ],
)
def test_an_invalid_webhook_is_reported_without_quoting_it(text: str, words: str) -> None:
    with pytest.raises(NoticeError) as caught:
        hooks(text, "json", "notice_webhook")
    assert str(caught.value) == words
    assert "s3cret" not in repr(caught.value)


def test_a_webhook_hides_its_secret() -> None:
    assert repr(hooks(URL, "json", "x")) == "[Hook(format='json', host='hooks.example.com')]"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("udp://logs.example.com", Place("udp", "logs.example.com", 514)),
        ("tcp://logs.example.com:601", Place("tcp", "logs.example.com", 601)),
        ("tls://logs.example.com", Place("tls", "logs.example.com", 6514)),
        ("tcp://[2001:db8::1]:601", Place("tcp", "2001:db8::1", 601)),
        ("/dev/log", Place("unix", path="/dev/log")),
        ("bsd:/dev/log", Place("bsd", path="/dev/log")),
    ],
)
def test_addresses_of_syslog_daemons(text: str, place: Place) -> None:
    assert syslog_place(text, "notice_syslog") == place


@pytest.mark.parametrize(
    "text", ["", "logs.example.com", "http://logs", "udp://", "udp://logs/path", "udp://logs:x", "bsd:log"]
)
def test_invalid_addresses_of_syslog_daemons(text: str) -> None:
    with pytest.raises(NoticeError, match=r"^notice_syslog: "):
        syslog_place(text, "notice_syslog")


@pytest.mark.parametrize(
    ("text", "security", "login", "server"),
    [
        ("mail", "auto", False, ("mail", 25)),
        ("mail", "auto", True, ("mail", 587)),
        ("mail", "none", True, ("mail", 587)),
        ("mail", "tls", True, ("mail", 465)),
        ("mail", "tls", False, ("mail", 465)),
        ("mail:2525", "tls", True, ("mail", 2525)),
        ("[2001:db8::1]", "auto", False, ("2001:db8::1", 25)),
    ],
)
def test_the_port_of_a_mail_server(text: str, security: Security, login: bool, server: tuple[str, int]) -> None:
    assert smtp_server(text, security, login, "notice_smtp") == server


@pytest.mark.parametrize("text", ["", "smtp://mail", "user:s3cret@mail", "mail:x", "mail/x", "mail?x"])
def test_invalid_mail_servers(text: str) -> None:
    with pytest.raises(NoticeError, match=r"^notice_smtp: ") as caught:
        smtp_server(text, "auto", False, "notice_smtp")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "ops", "ops@", "@example.com", "a b@example.com", "<ops@example.com>", "ö@x.org"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(NoticeError, match=r"^notice_mail_to: .* is not an address; write someone@example.com$"):
        mail_address(text, "notice_mail_to")


# Files of secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("  pass word\n\n")
    assert read_secret(str(path), "x") == "pass word"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\n", "empty"), (b"\xff\xfe", "not UTF-8 text"), (b"x" * (MAX_SIZE + 1), "too long")],
)
def test_a_file_without_a_secret_is_rejected(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    with pytest.raises(NoticeError, match=rf"^notice_webhook_file: .*password is {words}$"):
        read_secret(str(path), "notice_webhook_file")


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match=r"^notice_webhook_file: cannot read .*none: No such file or directory$"):
        read_secret(str(tmp_path / "none"), "notice_webhook_file")


def test_a_file_that_everybody_can_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("x")
    path.chmod(0o640)
    assert exposure(str(path), "notice_webhook_file") == ""
    path.chmod(0o644)
    assert exposure(str(path), "notice_webhook_file") == f"notice_webhook_file: every user can read {path} (chmod o=)"
    assert exposure(os.devnull, "x") == "", "a device has nothing to keep"
