"""Formats a notice as an e-mail (RFC 5322). The notices of one alert form a thread in the mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from notices.notice import Notice, contributor_line, facts


@dataclass(frozen=True)
class Envelope:
    """The sender and the recipients."""

    sender: str
    recipients: Sequence[str]


def mail_message(notice: Notice, envelope: Envelope) -> EmailMessage:
    """Return headline, explanation and facts as a mail that no program answers automatically (RFC 3834)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = envelope.sender
    message["To"] = ", ".join(envelope.recipients)
    message["Subject"] = f"[{notice.host}] {notice.headline}"
    message["Date"] = format_datetime(datetime.fromtimestamp(notice.time, timezone.utc))
    message["Message-ID"] = _identity(notice.identity, envelope)
    thread = _identity(_thread(notice), envelope)
    message["References"] = thread
    message["In-Reply-To"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(notice))
    return message


def _text(notice: Notice) -> str:
    known = {
        name: value for name, value in facts(notice).items() if value is not None and name not in ("text", "headline")
    }
    width = max(len(name) for name in known)
    lines = [notice.headline, "", notice.text, "", *(f"{name:<{width}}  {value}" for name, value in known.items())]
    listed = [f"  {contributor_line(each)}" for each in notice.alert.contributors]
    return "\n".join([*lines, *(["", "Largest contributors:", *listed] if listed else [])]) + "\n"


def _thread(notice: Notice) -> str:
    alert = (notice.host, notice.source, notice.about, notice.alert.start)
    return sha256(repr(alert).encode()).hexdigest()[:32]


def _identity(name: str, envelope: Envelope) -> str:
    return f"<{name}@{envelope.sender.rpartition('@')[2].rstrip('>')}>"
