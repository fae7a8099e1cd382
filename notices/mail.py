"""Sends e-mail by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start (RFC 8314)."""

import smtplib
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal

from notices.errors import Refused, Unavailable, os_words
from notices.mail_message import Envelope, mail_message
from notices.notice import Notice

Security = Literal["auto", "starttls", "tls", "none"]
SUBMISSION: Final = 587
SUBMISSION_TLS: Final = 465
RELAY: Final = 25


@dataclass(frozen=True)
class Server:
    """The mail server."""

    host: str
    port: int
    security: Security
    """`auto` uses STARTTLS if the server offers it; with a login, nothing is sent without it."""
    authorities: ssl.SSLContext | None
    """Authorities that check its certificate; None only if no TLS is used."""
    user: str = ""
    """User name; empty for no login."""
    password: str = field(default="", repr=False)
    our_name: str = "[127.0.0.1]"
    """Our host name in EHLO."""


class Mail:
    """A receiver: one mail server, and all recipients."""

    repeat: Final = None

    def __init__(self, server: Server, envelope: Envelope, timeout: float) -> None:
        """`timeout` applies to each step of the dialogue, in seconds."""
        self.name = f"mail {server.host}"
        self._server = server
        self._envelope = envelope
        self._timeout = timeout

    def send(self, notice: Notice) -> None:
        """Send the notice as a mail.

        Raises:
            Refused: the server rejects it for good, or offers less security than required.
            Unavailable: the server cannot be reached, or may accept it later.
        """
        message = mail_message(notice, self._envelope)
        try:
            refused = self._converse(message)
        except smtplib.SMTPException as error:
            raise _judged(error) from None
        except ssl.SSLError:
            raise Unavailable("certificate rejected, or no TLS") from None
        except OSError as error:
            raise Unavailable(os_words(error).lower()) from None
        if refused:
            raise Refused(f"rejected recipients: {', '.join(refused)}")

    def cancel(self) -> None:
        """Do nothing: the thread ends with the program."""

    def _converse(self, message: EmailMessage) -> Collection[str]:
        """Send the message and return the rejected recipients. Once the server has it, it is never sent again."""
        client = self._connect()
        try:
            self._secure(client)
            if self._server.user:
                client.login(self._server.user, self._server.password)
            refused = client.send_message(message, self._envelope.sender, list(self._envelope.recipients))
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
        finally:
            client.close()
        return refused

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, server.our_name, timeout=self._timeout, context=server.authorities
            )
        return smtplib.SMTP(server.host, server.port, server.our_name, timeout=self._timeout)

    def _secure(self, client: smtplib.SMTP) -> None:
        """Use STARTTLS if offered. Unless it is required, any certificate is better than no TLS (RFC 7435)."""
        server = self._server
        client.ehlo_or_helo_if_needed()
        offered = client.has_extn("starttls")
        needed = server.security == "starttls" or (server.security == "auto" and bool(server.user))
        if needed and not offered:
            raise Refused("STARTTLS is not available; set notice_smtp_security = none to send without it")
        if offered and server.security in ("auto", "starttls"):
            client.starttls(context=server.authorities if needed else _unchecked())
            client.ehlo()


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _judged(error: smtplib.SMTPException) -> Refused | Unavailable:
    """Judge by the first digit of the reply (RFC 5321 section 4.2.1). Its text is left out: it may quote ours."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Refused(f"login refused ({error.smtp_code})") if error.smtp_code >= 500 else _later(error.smtp_code)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return _later(min(codes)) if min(codes) < 500 else Refused(f"recipients refused ({codes[0]})")
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        return Refused(f"answered {code}") if 500 <= code < 600 else _later(code)
    if isinstance(error, smtplib.SMTPNotSupportedError) or type(error) is smtplib.SMTPException:
        return Refused("no supported login method")
    return Unavailable("connection lost")


def _later(code: int) -> Unavailable:
    return Unavailable(f"answered {code}" if code > 0 else "connection lost")
