"""Sends to a real SMTP server on loopback: with STARTTLS, with a login, with TLS from the start, slow, and failing."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates
from notice_samples import DISMISSED, LIMITS, RAISED, soon

from notices.errors import Refused, Unavailable
from notices.mail import Mail, Security, Server
from notices.mail_message import Envelope, mail_message
from notices.tls import authorities
from notices.worker import Worker

smtp = pytest.importorskip("aiosmtpd.smtp", reason="aiosmtpd is the server: pip install -r requirements-dev.txt")

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

ENVELOPE = Envelope("monitor@web-1.example.com", ["ops@example.com", "night@example.com"])
PASSWORD = "s3cret"


class Mailbox:
    """The behaviour of the server, and its mails."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[tuple[str, list[str], bytes, bool]] = []
        """Each mail as (sender, recipients, content, whether over TLS)."""
        self.answers: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        """Replies instead of the usual ones, each used once."""
        self.delay = 0.0
        """Seconds before the reply to DATA."""
        self.logins: list[bool] = []

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> Any:
        good = (given.login, given.password) == (b"monitor", PASSWORD.encode())
        self.logins.append(good)
        return smtp.AuthResult(success=good, handled=False)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 as it is called there
        if self.answers["MAIL"]:
            return self.answers["MAIL"].pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 as it is called there
        if (answer := self.answers["RCPT"].pop(0) if self.answers["RCPT"] else "250 OK") != "250 OK":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 as it is called there
        await asyncio.sleep(self.delay)
        if self.answers["DATA"]:
            return self.answers["DATA"].pop(0)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None))
        return "250 OK"


@contextmanager
def mail_server(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None, port: int = 0, **options: Any
) -> Iterator[Mailbox]:
    """`tls` encrypts from the start; the option `tls_context` enables STARTTLS."""
    loop = asyncio.new_event_loop()

    def make() -> Any:
        return smtp.SMTP(mailbox, hostname="mail.example.com", loop=loop, **options)

    listener = loop.run_until_complete(loop.create_server(make, "127.0.0.1", port, ssl=tls))
    mailbox.port = listener.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_end(listener), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listener: asyncio.AbstractServer) -> None:
    listener.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


def mail(
    port: int,
    security: Security = "auto",
    authority: str = "",
    user: str = "",
    password: str = PASSWORD,
    timeout: float = 5,
    host: str = "localhost",
) -> Mail:
    believed = None if security == "none" else authorities(authority, "notice_authorities")
    return Mail(Server(host, port, security, believed, user, password if user else ""), ENVELOPE, timeout)


def content() -> bytes:
    return mail_message(RAISED, ENVELOPE).as_bytes()


def test_a_mail_is_sent_to_all_recipients_once() -> None:
    with mail_server(Mailbox()) as mailbox:
        mail(mailbox.port).send(RAISED)
    assert mailbox.mails == [(ENVELOPE.sender, ENVELOPE.recipients, content(), False)]


# Security ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["auto", "starttls"])
def test_a_login_needs_tls_with_a_valid_certificate(certificates: Certificates, security: Security) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, tls_context=certificates.server, authenticator=mailbox.login, auth_required=True):
        mail(mailbox.port, security, certificates.authority, user="monitor").send(RAISED)
        with pytest.raises(Unavailable, match=r"^certificate rejected, or no TLS$"):
            mail(mailbox.port, security, user="monitor").send(RAISED)
    assert [over_tls for *_, over_tls in mailbox.mails] == [True]
    assert mailbox.logins == [True], "the password went to nobody else"


@pytest.mark.parametrize(("security", "user"), [("auto", "monitor"), ("starttls", "monitor"), ("starttls", "")])
def test_without_starttls_no_login_is_sent(security: Security, user: str) -> None:
    mailbox = Mailbox()
    missing = pytest.raises(
        Refused, match=r"^STARTTLS is not available; set notice_smtp_security = none to send without it$"
    )
    with mail_server(mailbox, authenticator=mailbox.login, auth_require_tls=False), missing:
        mail(mailbox.port, security, user=user).send(RAISED)
    assert (mailbox.mails, mailbox.logins) == ([], [])


def test_a_login_without_tls_must_be_requested() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, authenticator=mailbox.login, auth_require_tls=False, auth_required=True):
        mail(mailbox.port, "none", user="monitor").send(RAISED)
    assert (len(mailbox.mails), mailbox.logins) == (1, [True])


def test_without_a_login_any_certificate_is_better_than_none(certificates: Certificates) -> None:
    with mail_server(Mailbox(), tls_context=certificates.server) as mailbox:
        mail(mailbox.port, "auto").send(RAISED)
    assert [over_tls for *_, over_tls in mailbox.mails] == [True]


def test_tls_from_the_start(certificates: Certificates) -> None:
    with mail_server(Mailbox(), tls=certificates.server) as mailbox:
        mail(mailbox.port, "tls", certificates.authority).send(RAISED)
        for host, authority in (("localhost", ""), ("127.0.0.1", certificates.authority)):
            with pytest.raises(Unavailable, match=r"^certificate rejected, or no TLS$"):
                mail(mailbox.port, "tls", authority, host=host).send(RAISED)
    assert len(mailbox.mails) == 1


def test_a_wrong_password_is_not_tried_again_and_not_shown() -> None:
    mailbox = Mailbox()
    refused = pytest.raises(Refused, match=r"^login refused \(535\)$")
    with mail_server(mailbox, authenticator=mailbox.login, auth_require_tls=False, auth_required=True), refused:
        mail(mailbox.port, "none", user="monitor", password="wrong").send(RAISED)
    assert mailbox.logins == [False, False], "each way to log in that the server knows, once"


def test_a_server_without_login_is_reported() -> None:
    with mail_server(Mailbox()) as mailbox, pytest.raises(Refused, match=r"^no supported login method$"):
        mail(mailbox.port, "none", user="monitor").send(RAISED)


# Errors, time-outs, restarts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answers", "words"),
    [
        ("MAIL", ["550 no"], "answered 550"),
        ("RCPT", ["550 no", "550 no"], "recipients refused (550)"),
        ("RCPT", ["250 OK", "550 no"], "rejected recipients: night@example.com"),
        ("DATA", ["554 no"], "answered 554"),
    ],
)
def test_permanent_errors_are_final(command: str, answers: list[str], words: str) -> None:
    with mail_server(Mailbox()) as mailbox:
        mailbox.answers[command] = answers
        with pytest.raises(Refused) as caught:
            mail(mailbox.port).send(RAISED)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("command", "answers", "words"),
    [
        ("MAIL", ["451 later"], "answered 451"),
        ("RCPT", ["450 greylisted", "450 greylisted"], "answered 450"),
        ("DATA", ["452 full"], "answered 452"),
    ],
)
def test_temporary_errors_are_retried(command: str, answers: list[str], words: str) -> None:
    with mail_server(Mailbox()) as mailbox:
        mailbox.answers[command] = answers
        with pytest.raises(Unavailable) as caught:
            mail(mailbox.port).send(RAISED)
        assert str(caught.value) == words
        mail(mailbox.port).send(RAISED)
    assert len(mailbox.mails) == 1


def test_a_slow_server_times_out() -> None:
    with mail_server(Mailbox()) as mailbox:
        mailbox.delay = 30
        with pytest.raises(Unavailable, match=r"^(timed out|connection lost)$"):
            mail(mailbox.port, timeout=0.3).send(RAISED)
    assert mailbox.mails == []


def test_a_server_that_hangs_up_after_accepting_the_mail_does_not_get_it_again() -> None:
    dialogue = [b"220 hello\r\n", b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n"]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            for line in dialogue:
                connection.sendall(line)
                connection.recv(65536)
            connection.sendall(b"250 taken\r\n")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        mail(server.getsockname()[1]).send(RAISED)
        thread.join()
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody connected again
            server.accept()


def test_a_recovered_server_gets_the_queued_notices_in_order() -> None:
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    worker = Worker(mail(port), LIMITS, chance=lambda: 1.0)
    worker.tell(RAISED)
    worker.tell(DISMISSED)
    assert soon(worker.complaints)
    assert worker.complaints()[0].startswith("mail localhost: connection refused; tried ")
    with mail_server(Mailbox(), port=port) as mailbox:
        assert soon(lambda: len(mailbox.mails) == 2)
    expected = [mail_message(notice, ENVELOPE).as_bytes() for notice in (RAISED, DISMISSED)]
    assert [message for _, _, message, _ in mailbox.mails] == expected
    assert worker.complaints() == []
