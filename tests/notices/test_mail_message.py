from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st
from notice_samples import ALERT, DISMISSED, FLAPPING, RAISED, START, about

from notices.mail_message import Envelope, mail_message
from notices.notice import Notice

ENVELOPE = Envelope("monitor@web-1.example.com", ["ops@example.com", "night@example.com"])


def received(notice: Notice) -> EmailMessage:
    return message_from_bytes(mail_message(notice, ENVELOPE).as_bytes(), policy=default)


def text(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_an_e_mail_has_headline_explanation_and_facts() -> None:
    message = received(DISMISSED)
    assert message["Subject"] == "[web-1.example.com] Dismissed: request rate, after 6 min"
    assert message["From"] == "monitor@web-1.example.com"
    assert message["To"] == "ops@example.com, night@example.com"
    assert message["Date"] == "Sun, 22 Nov 2026 17:08:10 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    headline, _, explanation, _, *facts = text(message).splitlines()
    assert (headline, explanation) == (DISMISSED.headline, ALERT.explanation)
    assert "value      1844" in facts
    assert "end        2026-11-22T17:08:10.000Z" in facts
    assert facts[-3:] == ["Largest contributors:", "  section shop.example.com/cart 64 %", "  client 192.0.2.7 22 %"]
    assert not any(fact.startswith("subject") for fact in facts), "what is not known is left out"


def test_the_notices_of_an_alert_are_one_thread_and_each_has_its_own_name() -> None:
    other = replace(RAISED, alert=replace(ALERT, start=START + 3600))
    threads = [received(notice)["References"] for notice in (RAISED, DISMISSED, FLAPPING, other)]
    assert len(set(threads[:3])) == 1
    assert threads[3] not in threads[:3]
    names = [received(notice)["Message-ID"] for notice in (RAISED, RAISED, DISMISSED, other)]
    assert names[0] == names[1], "so that a second copy can be told from a second notice"
    assert len(set(names)) == 3
    assert names[0].endswith("@web-1.example.com>")


@given(st.text(), st.text())
def test_no_text_adds_a_field_or_is_lost(explanation: str, name: str) -> None:
    notice = about(f"{explanation}\r\nBcc: all@example.com", f"{name}\nBcc: all@example.com")
    message = received(notice)
    assert set(message.keys()) == set(received(RAISED).keys())


def test_a_long_text_in_any_script_arrives_whole() -> None:
    explanation = "Пожар 火事 " * 200
    _, told, facts = text(received(about(explanation))).split("\n\n", 2)
    assert told == explanation
    assert facts.startswith("id  ")
