"""Makes the receivers of notices from the settings and the environment.

Secrets and protected files are read here, before the rights are dropped; the modules that the receivers need are
imported here for the same reason. Without receivers nothing is imported.
"""

import os
import shlex
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from exercise_config import Config
from notices.delivery import Limits
from notices.errors import NoticeError
from notices.notifier import Notifier
from notices.receiver import Receiver

if TYPE_CHECKING:
    from notices.addresses import Hook
    from notices.secret_file import OpenSecret
    from notices.syslog import Syslog
    from notices.webhook import Webhook

WEBHOOK: Final = "HTTP_MONITOR_WEBHOOK"
SMTP_PASSWORD: Final = "HTTP_MONITOR_SMTP_PASSWORD"
SHELL: Final = "/bin/sh"


class Receivers(NamedTuple):
    """Who is notified of alerts."""

    receivers: tuple[Receiver, ...]
    limits: Limits
    host: str
    """The name of this host."""
    warnings: tuple[str, ...]
    """Warnings about files with secrets that others can read."""
    program: str = ""
    """The path of the program that `--on-alert` runs."""
    network: bool = False
    """Whether a receiver is reached over the network."""
    local: bool = False
    """Whether one may be reached by a local socket."""


def from_settings(
    config: Config, environment: Mapping[str, str], replay: bool = False, open_file: "OpenSecret" = os.open
) -> Receivers:
    """Return all receivers that the settings name. `replay` is whether the traffic comes from a capture file.
    `open_file` opens files with secrets.

    Raises:
        NoticeError: one of them cannot be set up.
    """
    host = socket.gethostname() or "localhost"
    limits = Limits(config.notice_queue, config.notice_retry_limit)
    if replay and not config.notice_replays:
        return Receivers((), limits, host, ())
    commands, webhooks = (*_command(config, environment),), (*_webhooks(config, environment, open_file),)
    syslog, mail = (*_syslog(config),), (*_mail(config, environment, host, open_file),)
    receivers = (*commands, *webhooks, *syslog, *mail)
    network = bool(webhooks or mail or any(each.is_remote for each in syslog))
    if receivers:
        "localhost".encode("idna")  # loads a module that every look-up of a name needs
    program = _words(config, environment)[0] if config.notice_command else ""
    return Receivers(receivers, limits, host, tuple(_exposures(config)), program, network, bool(syslog))


def check_program(told: Receivers) -> None:
    """Check that the command can be run with the rights that are left.

    Raises:
        NoticeError: it cannot.
    """
    if told.program and not os.access(told.program, os.X_OK):
        raise NoticeError(
            f"--on-alert: {told.program} cannot be run after root is dropped; put it where every user may run it, or "
            "name another user with --user"
        )


@contextmanager
def notifying(told: Receivers, source: str, flush_time: float) -> Iterator[Notifier]:
    """Notify the receivers of alerts of `source`. At the end, wait up to `flush_time` seconds for queued notices."""
    notifier = Notifier(told.receivers, told.limits, told.host, source)
    try:
        yield notifier
    finally:
        notifier.close(flush_time)


def _command(config: Config, environment: Mapping[str, str]) -> Iterator[Receiver]:
    if not config.notice_command:
        return
    from notices.command import Command

    inherited = {name: value for name, value in environment.items() if name not in (WEBHOOK, SMTP_PASSWORD)}
    yield Command(_words(config, environment), config.notice_command_timeout, inherited)


def _words(config: Config, environment: Mapping[str, str]) -> list[str]:
    """Return the path of the program, and its arguments."""
    try:
        words = shlex.split(config.notice_command)
    except ValueError as error:
        raise NoticeError(f"--on-alert: {str(error).lower()} in {config.notice_command!r}") from None
    if config.notice_command_shell:
        words = [SHELL, "-c", config.notice_command]
    name = words[0] if words else ""
    program = shutil.which(name, path=environment.get("PATH"))
    if program is None and "/" in name and Path(name).is_file():
        raise NoticeError(f"--on-alert: {name} is not executable (chmod +x)")
    if program is None:
        raise NoticeError(f"--on-alert: command not found: {name or '(empty)'} (give its path, or put it in PATH)")
    return [program, *words[1:]]


def _webhooks(config: Config, environment: Mapping[str, str], open_file: "OpenSecret") -> Iterator[Receiver]:
    sources = [(config.notice_webhook, "notice_webhook"), (environment.get(WEBHOOK, ""), WEBHOOK)]
    if config.notice_webhook_file:
        from notices.secret_file import read_secret

        text = read_secret(config.notice_webhook_file, "notice_webhook_file", open_file)
        sources.append((text, config.notice_webhook_file))
    if not any(text for text, _ in sources):
        return
    from notices.addresses import hooks

    found = [hook for text, origin in sources for hook in hooks(text, config.notice_webhook_format, origin)]
    known: list[str] = []
    for hook in dict.fromkeys(found):
        known.append(hook.host)
        yield _webhook(hook, known.count(hook.host), config)


def _webhook(hook: "Hook", number: int, config: Config) -> "Webhook":
    """Return a webhook; `number` distinguishes those at the same host."""
    from notices.bodies import alertmanager_body, json_body, slack_body
    from notices.tls import authorities
    from notices.webhook import Address, Body, Webhook

    bodies = {
        "json": Body(json_body),
        "slack": Body(slack_body),
        "alertmanager": Body(alertmanager_body, config.notice_alertmanager_repeat),
    }
    secure = hook.url.startswith("https:")
    context = authorities(config.notice_authorities, "notice_authorities") if secure else None
    title = hook.host if number == 1 else f"{hook.host} ({number})"
    return Webhook(Address(hook.url, title), bodies[hook.format], config.notice_timeout, context)


def _syslog(config: Config) -> Iterator["Syslog"]:
    if not config.notice_syslog:
        return
    from notices.syslog import Syslog
    from notices.syslog_format import FACILITIES
    from notices.syslog_place import syslog_place
    from notices.tls import authorities

    for text in config.notice_syslog:
        place = syslog_place(text, "notice_syslog")
        secure = place.scheme == "tls"
        context = authorities(config.notice_authorities, "notice_authorities") if secure else None
        yield Syslog(place, FACILITIES[config.notice_syslog_facility], config.notice_timeout, context)


def _mail(config: Config, environment: Mapping[str, str], host: str, open_file: "OpenSecret") -> Iterator[Receiver]:
    if not config.notice_smtp and not config.notice_mail_to:
        return
    if not config.notice_smtp or not config.notice_mail_to:
        raise NoticeError("e-mail needs both notice_smtp and notice_mail_to")
    from notices.addresses import mail_address, smtp_server
    from notices.mail import Mail, Server
    from notices.mail_message import Envelope
    from notices.tls import authorities

    security = config.notice_smtp_security
    address, port = smtp_server(config.notice_smtp, security, bool(config.notice_smtp_user), "notice_smtp")
    server = Server(
        host=address,
        port=port,
        security=security,
        authorities=None if security == "none" else authorities(config.notice_authorities, "notice_authorities"),
        user=config.notice_smtp_user,
        password=_password(config, environment, open_file),
        our_name=host if "." in host else "[127.0.0.1]",
    )
    envelope = Envelope(
        mail_address(config.notice_mail_from or f"http-monitor@{host}", "notice_mail_from"),
        [mail_address(text, "notice_mail_to") for text in config.notice_mail_to],
    )
    yield Mail(server, envelope, config.notice_timeout)


def _password(config: Config, environment: Mapping[str, str], open_file: "OpenSecret") -> str:
    if not config.notice_smtp_user:
        return ""
    password, origin = environment.get(SMTP_PASSWORD, ""), SMTP_PASSWORD
    if config.notice_smtp_password_file:
        from notices.secret_file import read_secret

        origin = "notice_smtp_password_file"
        password = read_secret(config.notice_smtp_password_file, origin, open_file)
    if not password:
        raise NoticeError(
            f"notice_smtp_user needs a password: name its file in notice_smtp_password_file, or set {SMTP_PASSWORD}"
        )
    if not (config.notice_smtp_user + password).isascii():  # smtplib cannot send others
        raise NoticeError(f"{origin}: user name and password of a mail server may contain only ASCII characters")
    return password


def _exposures(config: Config) -> Iterator[str]:
    for name in ("notice_webhook_file", "notice_smtp_password_file"):
        path = getattr(config, name)
        if path:
            from notices.secret_file import exposure

            if sentence := exposure(path, name):
                yield sentence
