"""Settings and environment select the receivers, and no secret is shown."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from exercise_config import Config, SettingError
from notices.errors import NoticeError
from notices.receivers import Receivers, from_settings

SECRET = "s3cret"
URL = f"https://hooks.example.com/services/{SECRET}"
MAIL = {"notice_smtp": "mail.example.com", "notice_mail_to": "ops@example.com"}


def told(environment: Mapping[str, str] = MappingProxyType({}), /, **settings: str) -> Receivers:
    known = {**os.environ, **environment}
    secret = {name: settings.pop(name) for name in list(settings) if name == "notice_webhook"}
    return from_settings(Config.with_settings(settings, secret), known)


def names(receivers: Receivers) -> list[str]:
    return [receiver.name for receiver in receivers.receivers]


def test_by_default_nobody_is_notified() -> None:
    assert names(told()) == []


def test_capture_files_can_be_excluded() -> None:
    for tells in (True, False):
        config = Config.with_settings({"notice_command": "true", "notice_replays": str(tells)})
        assert names(from_settings(config, os.environ, replay=True)) == ["command"] * tells
        assert names(from_settings(config, os.environ, replay=False)) == ["command"]


def test_all_configured_receivers_are_notified(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.write_text(f"slack {URL}\nalertmanager http://alerts.example.com\n")
    hooks.chmod(0o600)
    receivers = told(
        {"HTTP_MONITOR_WEBHOOK": "http://one.example.com"},
        notice_command="true",
        notice_webhook=URL,
        notice_webhook_file=str(hooks),
        notice_syslog="/dev/log, udp://logs.example.com",
        **MAIL,
    )
    assert names(receivers) == [
        "command",
        "webhook hooks.example.com",
        "webhook one.example.com",
        "webhook hooks.example.com (2)",
        "webhook alerts.example.com",
        "syslog /dev/log",
        "syslog logs.example.com (udp)",
        "mail mail.example.com",
    ]
    assert receivers.warnings == ()
    assert SECRET not in repr(receivers)


def test_only_alertmanager_gets_repetitions(tmp_path: Path) -> None:
    lines = f"{URL}\nslack {URL}\nalertmanager {URL}"
    receivers = told({"HTTP_MONITOR_WEBHOOK": lines}, notice_alertmanager_repeat="30", notice_command="true", **MAIL)
    assert [receiver.repeat for receiver in receivers.receivers] == [None, None, None, 30, None]


def test_the_same_webhook_named_twice_is_one() -> None:
    assert names(told({"HTTP_MONITOR_WEBHOOK": URL}, notice_webhook=URL)) == ["webhook hooks.example.com"]


def test_a_script_that_is_not_executable_is_reported(tmp_path: Path) -> None:
    script = tmp_path / "page-me"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(NoticeError, match=r"page-me is not executable \(chmod \+x\)$"):
        told(notice_command=f"{script} now")
    script.chmod(0o755)
    assert told(notice_command=f"{script} now").program == str(script)


def test_an_unsupported_login_is_reported_at_the_start_and_not_shown() -> None:
    with pytest.raises(NoticeError, match=r"^HTTP_MONITOR_SMTP_PASSWORD: .* only ASCII characters$") as caught:
        told({"HTTP_MONITOR_SMTP_PASSWORD": f"{SECRET}\u00fc"}, notice_smtp_user="x", **MAIL)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"notice_command": "no-such-command -x"}, "--on-alert: command not found: no-such-command (give its path"),
        ({"notice_command": "  "}, "--on-alert: command not found: (empty) (give its path"),
        ({"notice_command": "echo 'x"}, '--on-alert: no closing quotation in "echo \'x"'),
        ({"notice_syslog": "logs"}, "notice_syslog: write tls://host:port, tcp://host:port, udp://host:port or "),
        ({"notice_smtp": "mail"}, "e-mail needs both notice_smtp and notice_mail_to"),
        ({"notice_mail_to": "a@b.c"}, "e-mail needs both notice_smtp and notice_mail_to"),
        ({**MAIL, "notice_mail_from": "x"}, "notice_mail_from: 'x' is not an address; write someone@example.com"),
        (
            {**MAIL, "notice_smtp_user": "x"},
            "notice_smtp_user needs a password: name its file in notice_smtp_password_",
        ),
        ({**MAIL, "notice_authorities": "/none"}, "notice_authorities: cannot read /none: No such file or directory"),
        ({"notice_webhook_file": "/none"}, "notice_webhook_file: cannot read /none: No such file or directory"),
        (
            {"notice_webhook": f"hooks.example.com/{SECRET}"},
            "notice_webhook: the URL must begin with http:// or https:",
        ),
    ],
)
def test_an_invalid_setting_is_reported_by_name_in_one_line(settings: dict[str, str], words: str) -> None:
    with pytest.raises(NoticeError) as caught:
        told(**settings)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_invalid_environment_variable_is_reported_by_name() -> None:
    with pytest.raises(NoticeError, match=r"^HTTP_MONITOR_WEBHOOK: the URL must begin with http"):
        told({"HTTP_MONITOR_WEBHOOK": SECRET})


def test_a_shell_is_used_only_on_request() -> None:
    line = "true; no-such-command | cat"
    with pytest.raises(NoticeError, match=r"command not found: true; \("):
        told(notice_command=line)
    assert names(told(notice_command=line, notice_command_shell="yes")) == ["command"]


def test_a_secret_never_comes_from_the_command_line() -> None:
    with pytest.raises(SettingError, match=r"^notice_webhook is secret and would be visible in `ps`; use a sett"):
        Config.with_settings({"notice_webhook": URL})


def test_a_secret_is_never_shown() -> None:
    config = Config.with_settings({}, {"notice_webhook": URL})
    assert SECRET not in config.as_toml()
    assert [line for line in config.as_toml().splitlines() if "notice_webhook " in line] == [
        "# notice_webhook is set but not shown"
    ]


def test_readable_files_with_secrets_are_reported(tmp_path: Path) -> None:
    hooks, password = tmp_path / "hooks", tmp_path / "password"
    for path in (hooks, password):
        path.write_text(URL)
        path.chmod(0o644)
    receivers = told(
        notice_webhook_file=str(hooks), notice_smtp_user="x", notice_smtp_password_file=str(password), **MAIL
    )
    assert receivers.warnings == (
        f"notice_webhook_file: every user can read {hooks} (chmod o=)",
        f"notice_smtp_password_file: every user can read {password} (chmod o=)",
    )
