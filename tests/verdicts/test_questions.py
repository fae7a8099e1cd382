"""What fronts ask, as the rules get it, and how they are answered."""

from ipaddress import ip_address

import pytest

from verdicts.auth_request.asking import NotAsked, refusal
from verdicts.auth_request.asking import answer_to as http_answer
from verdicts.auth_request.asking import question_of as http_question
from verdicts.question import Question, content_of, head_of, host_name, path_of
from verdicts.spoe.checks import answer_to, question_of
from verdicts.spoe.values import Value, WrongFrame, text
from verdicts.verdict import Verdict

HEADER = b"".join(map(text, (b"host", b"shop.example.com:8080", b"x-a", b"1", b"x-a", b"2", b"", b"")))
ARGUMENTS: dict[str, Value] = {
    "client": ip_address("203.0.113.9"), "client_port": 1024, "server": ip_address("2001:db8::1"), "server_port": 443,
    "id": "r1", "method": "POST", "target": "/a?b=1", "version": "2.0", "headers": HEADER,
    "body": b"x=1", "body_size": 9,
}  # fmt: skip
VERDICT = Verdict(True, False, True, 15, ("942100", "942190"), "SQL injection in ARGS:id", "r1")


def test_a_message_of_haproxy_becomes_what_the_rules_get() -> None:
    question = question_of(ARGUMENTS)
    content = content_of(question, 1000.0, 2)
    assert not question.body_complete
    assert content[:7] == (1000.0, "203.0.113.9", 1024, "2001:db8::1", 443, "shop.example.com", "/a")
    assert content.request_head == (b"POST /a?b=1 HTTP/2\r\nhost: shop.example.com:8080\r\nx-a: 1\r\nx-a: 2\r\n\r\n")
    assert (content.request_body, content.request_bytes) == (b"x=", 9)


def test_the_header_may_be_text_too() -> None:
    question = question_of({"method": "GET", "target": "/", "headers": "Host: a.test\r\nX-B: c:d\r\n\r\n"})
    assert question.fields == ((b"Host", b"a.test"), (b"X-B", b"c:d"))
    assert (question.client, question.client_port, question.version, question.body_complete) == ("", 0, "1.1", True)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"target": "/"}, {"method": None, "target": "/"}, {**ARGUMENTS, "headers": b"\x09abc"}],
)
def test_a_message_without_what_must_be_there_is_none(arguments: dict[str, Value]) -> None:
    with pytest.raises(WrongFrame):
        question_of(arguments)


def test_a_request_without_a_path_has_the_target_of_the_whole_server() -> None:
    assert question_of({"method": "CONNECT", "target": None}).target == b"*"


@pytest.mark.parametrize("name", ["a\nb", "caf\xe9", "\x1b[2J"])
def test_an_id_that_is_not_safe_in_a_log_is_none(name: str) -> None:
    assert question_of({**ARGUMENTS, "id": name}).id == ""


def test_a_verdict_becomes_variables() -> None:
    assert answer_to(VERDICT) == {
        "blocked": True, "would_block": False, "inspected": True, "score": 15, "rules": "942100,942190",
        "reason": "SQL injection in ARGS:id", "id": "r1",
    }  # fmt: skip


def test_no_field_can_begin_another_line() -> None:
    question = Question("", 0, "", 0, "", b"GE T", b"/\r\nX: y", "9.9.9", ((b"a:b\n", b"c\r\nd"),))
    assert head_of(question) == b"GE_T /  X: y HTTP/1.1\r\na_b : c  d\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        (b"/a?b#c", "field.test", b"/a"),
        (b"http://User@Other.TEST:80/a?b", "other.test", b"/a"),
        (b"http://other.test?b", "other.test", b"/"),
        (b"*", "field.test", b"/"),
        (b"/http://x/", "field.test", b"/http://x/"),
    ],
)
def test_a_whole_url_names_the_host(target: bytes, host: str, path: bytes) -> None:
    question = Question("", 0, "", 0, "", b"GET", target, "1.1", ((b"HOST", b"Field.test."),))
    assert (question.host, path_of(target)) == (host, path)


@pytest.mark.parametrize(("authority", "host"), [(b"[2001:DB8::1]:80", "[2001:db8::1]"), (b"[::", "[::"), (b"", "")])
def test_hosts_in_brackets(authority: bytes, host: str) -> None:
    assert host_name(authority) == host


FRONT = (
    (b"X-Original-URI", b"/a?b=1"), (b"X-Original-Method", b"POST"), (b"X-Original-Version", b"HTTP/2.0"),
    (b"X-Original-Content-Length", b"20"), (b"X-Real-IP", b"203.0.113.9"), (b"X-Request-ID", b"r1"),
)  # fmt: skip
OWN = ((b"Host", b"shop.example.com"), (b"Cookie", b"a=1"), (b"X-Forwarded-For", b"198.51.100.1, 192.0.2.9"))


def test_a_subrequest_of_nginx_says_which_request_it_is_about() -> None:
    question = http_question((*FRONT, *OWN, (b"Connection", b"close"), (b"Content-Length", b"0")))
    assert question == Question(
        "203.0.113.9", 0, "", 0, "r1", b"POST", b"/a?b=1", "2.0", (*OWN, (b"Content-Length", b"20")), b"", 20
    )
    assert not question.body_complete


def test_without_its_field_the_client_is_the_last_that_was_forwarded() -> None:
    assert http_question((*FRONT[:2], *OWN)).client == "192.0.2.9"


def test_a_mirrored_request_has_its_body() -> None:
    question = http_question((*FRONT[:2], *OWN), b"x=1", 9)
    assert (question.body, question.body_size, question.fields[-1]) == (b"x=1", 9, (b"Content-Length", b"9"))


@pytest.mark.parametrize("fields", [(), FRONT[:1], FRONT[1:], ((b"X-Original-URI", b""), FRONT[1])])
def test_a_request_of_somebody_else_asks_nothing(fields: tuple[tuple[bytes, bytes], ...]) -> None:
    with pytest.raises(NotAsked, match="X-Original-URI"):
        http_question(fields)


def test_a_verdict_becomes_a_response() -> None:
    assert http_answer(VERDICT) == (
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nX-Waf-Id: r1\r\nX-Waf-Inspected: true\r\n"
        b"X-Waf-Would-Block: false\r\nX-Waf-Score: 15\r\nX-Waf-Rules: 942100,942190\r\n"
        b"X-Waf-Reason: SQL injection in ARGS:id\r\n\r\n"
    )
    assert http_answer(Verdict(id="r2")).startswith(b"HTTP/1.1 204 No Content\r\nX-Waf-Id: r2\r\n")
    assert refusal("400 Bad Request", "no").endswith(b"\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
