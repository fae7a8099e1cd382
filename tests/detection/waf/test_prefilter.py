"""What the prefilter lets pass, no rule matches: compared with ModSecurity itself. Whatever else it says is safe."""

import random
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any
from urllib.parse import quote

import pytest
from crs_cases import FOLDER, SETUP, VARIABLE, cases, present
from crs_direct import dechunked
from mutations import AGENTS, Mutations, content, fragments

from capture.core import CORE
from detection.inspector import Inspected
from detection.waf.directives import Limits
from detection.waf.prefilter import Prefilter
from detection.waf.rule_files import prefilter
from traffic.content import Content

pytestmark = [
    pytest.mark.skipif(not hasattr(CORE, "Prefilter"), reason="needs the core with the prefilter"),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
]
needs_rules = pytest.mark.skipif(not present(), reason=f"no rules at {FOLDER}; {VARIABLE} names their folder")

STEPS = (
    "lowercase", "urlDecode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "escapeSeqDecode", "cmdLine",
    "normalizePath", "normalizePathWin", "compressWhitespace", "removeWhitespace", "removeNulls", "replaceComments",
    "removeCommentsChar", "utf8toUnicode", "base64Decode", "length",
)  # fmt: skip
PIECES = (
    "a", "B", "1", " ", "  ", "\t", "\r\n", "/", "//", "/./", "/../", "..", ".", "\\", "\\n", "\\q",
    "%41", "%", "%u0041", "%uff1c",
    "%zz", "+", "&amp;", "&lt", "&", "&#65;", "'", '"', "^", ",", ";", "(", "/*", "*/", "--", "#", "\0", "\x0b", "\xa0",
    "\u00e9", "\u65e5", "\U0001f600", "=", "==", "YWJj", "Zm9v", "-", "<", "|", "$", "{", "~",
)  # fmt: skip
SQL_AND_SCRIPT = """
    select union from where or and 1 0x1F a b ( ) , ; -- # = <> != || && | & ! ~ + - * / % ^ @ @@v . .5 1.e5 $1 { } not
    null like sleep having group by order limit into case when then else end exec in is <a <b> </a> <!-- --> onclick= on
    href= src=x style= javascript: data: > \u00e9 1.2.3 a.b x;q=0.9 (Windows NT and OR a-b 9.e .e x.e 1end 0xg 1d 5f
"""


class Rules:
    """ModSecurity and the prefilter with the same rules."""

    def __init__(self, level: int) -> None:
        from detection.waf.engine import Engine

        self._engine = Engine([str(FOLDER)], Limits(level))
        made = prefilter(CORE, self._engine.directives)
        assert made is not None
        self.prefilter = made
        self.decided = 0

    def missed(self, exchange: Content) -> Sequence[int]:
        """Return the rules that match although the prefilter says that none can."""
        inspected = Inspected(exchange, 1 << 20)
        if self.prefilter.may_match(inspected):
            return ()
        self.decided += 1
        verdict = self._engine.judge(inspected)
        return [match.rule for match in verdict.matches]


def of_rule_set() -> Iterator[Content]:
    """Yield the exchanges of the rule set's own tests."""
    for case in cases():
        head, empty, body = case.request.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head.lower():
            try:
                body = dechunked(body)
            except ValueError:
                continue
        reply, end, page = case.response.partition(b"\r\n\r\n")
        yield content(head + empty, body, reply + end, page)


@needs_rules
@pytest.mark.parametrize("level", [1, 4])
def test_no_match_in_the_tests_of_the_rule_set_is_missed(level: int) -> None:
    rules = Rules(level)
    assert [missed for each in islice(of_rule_set(), level, None, 12) if (missed := rules.missed(each))] == []
    assert rules.decided > 5


@pytest.mark.slow
@needs_rules
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_no_match_in_all_tests_of_the_rule_set_is_missed(level: int) -> None:
    rules = Rules(level)
    assert [missed for each in of_rule_set() if (missed := rules.missed(each))] == []


def check_mutations(level: int, seed: int, number: int) -> None:
    rules = Rules(level)
    supply = Mutations(fragments(list(cases())), seed)
    for _ in range(number):
        exchange = supply.next()
        assert not rules.missed(exchange), exchange
    assert rules.decided > number / 20


@needs_rules
def test_no_match_in_exchanges_that_nearly_attack_is_missed() -> None:
    check_mutations(1, 1, 400)


@pytest.mark.slow
@needs_rules
@pytest.mark.parametrize(("level", "number"), [(1, 8000), (2, 4000), (4, 4000)])
def test_no_match_in_many_exchanges_that_nearly_attack_is_missed(level: int, number: int) -> None:
    check_mutations(level, 100 + level, number)


@needs_rules
def test_ordinary_exchanges_are_decided() -> None:
    rules = Rules(1)
    agent = f"Host: shop.example.com\r\nUser-Agent: {AGENTS[0]}\r\nAccept: text/html,*/*;q=0.8\r\n"
    more = "Cookie: _ga=GA1.2.1234567890.1700000000; theme=dark\r\nReferer: https://shop.example.com/a?page=2&sort=price\r\n"
    asked = (f"GET /search?q=caf%C3%A9+cr%C3%A8me&page=2 HTTP/1.1\r\n{agent}{more}\r\n").encode()
    form = (
        f"POST /cart HTTP/1.1\r\n{agent}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 24\r\n\r\n"
    )
    sent = f"POST /orders HTTP/1.1\r\n{agent}Content-Type: application/json\r\nContent-Length: 45\r\n\r\n".encode()
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<html><body><h1>Red shoes</h1></body></html>"
    for exchange in (
        content(asked),
        content(asked, b"", *page),
        content(form.encode(), b"item=red+shoes&number=12"),
        content(sent, b'{"items":[{"name":"Red shoes","number":2.5}]}'),
    ):
        assert rules.prefilter.reason(Inspected(exchange, 1 << 20)) is None
        assert not rules.missed(exchange)


@needs_rules
def test_settings_of_the_rule_set_are_read() -> None:
    """With limits on arguments set, a long one may match; without, it cannot."""
    from detection.waf.engine import Engine

    text = Engine([str(FOLDER)]).directives
    long = content(f"GET /?a={'a' * 500} HTTP/1.1\r\nHost: a.example\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n".encode())
    plain, limited = prefilter(CORE, text), prefilter(CORE, SETUP + text)
    assert plain is not None
    assert limited is not None
    assert plain.reason(Inspected(long, 0)) is None
    assert limited.reason(Inspected(long, 0)) is not None


def query(value: bytes) -> bytes:
    return f"GET /?a={quote(value, safe='')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class Alone:
    """ModSecurity with rules about the argument `a`, which log what they saw."""

    def __init__(self, rules: Sequence[tuple[str, str]]) -> None:
        import libmodsecurity

        self._make, self._engine, self._rules = (
            libmodsecurity.Transaction, libmodsecurity.ModSecurity(), libmodsecurity.RulesSet(),
        )  # fmt: skip
        self._engine.set_log_callback(lambda line: None)
        lines = [
            f'SecRule ARGS_GET:a "{operator}" "id:{number},phase:1,pass,log,t:none,{steps}msg:\'x\','
            "logdata:'%{MATCHED_VAR}'\""
            for number, (operator, steps) in enumerate(rules, 1)
        ]
        assert self._rules.load("\n".join(("SecRuleEngine DetectionOnly", *lines))) > 0

    def seen(self, value: bytes) -> dict[int, str]:
        """Return what each rule that matched saw."""
        run: Any = self._make(self._engine, self._rules)
        run.process_connection("192.0.2.1", 1024, "192.0.2.2", 80)
        run.process_uri(f"/?a={quote(value, safe='')}", "GET", "1.1")
        run.process_request_headers()
        return {said.rule_id: said.data for said in run.get_rule_messages()}


def may_match(step: str | None, check: str, argument: bytes, value: bytes) -> bool:
    steps = [(step.lower(), None)] if step else []
    test: tuple[Any, ...] = ([("query_argument", None, [], False)], steps, False, (check, argument, []), False)
    made = CORE.Prefilter([("1", [test])], 250, 1 << 18)
    return bool(made.may_match(query(value), b"", b"", b""))


def test_values_are_transformed_as_the_engine_does() -> None:
    alone = Alone([("@unconditionalMatch", f"t:{step},t:hexEncode,") for step in STEPS])
    dice = random.Random(1)
    for _ in range(400):
        value = "".join(dice.choice(PIECES) for _ in range(dice.randrange(8))).encode()
        seen = alone.seen(value)
        for number, step in enumerate(STEPS, 1):
            assert may_match(step, "streq", bytes.fromhex(seen[number]), value), (step, value, seen[number])


def check_injections(seed: int, number: int) -> None:
    alone = Alone([("@detectSQLi", ""), ("@detectXSS", "")])
    subjects: list[tuple[Any, ...]] = [("query_argument", None, [], False)]
    names = ("detectsqli", "detectxss")
    found = [CORE.Prefilter([("1", [(subjects, [], False, (name, b"", []), False)])], 250, 9) for name in names]
    dice, known = random.Random(seed), SQL_AND_SCRIPT.split()
    matched = 0
    for _ in range(number):
        words = (dice.choice(known) + dice.choice(("", " ", " ", "/", ".", "-")) for _ in range(dice.randrange(1, 9)))
        value = "".join(words).encode()
        for rule in alone.seen(value):
            matched += 1
            assert found[rule - 1].may_match(query(value), b"", b"", b""), (rule, value)
    assert matched > number / 100


def test_injections_are_recognised_as_the_engine_does() -> None:
    check_injections(1, 2000)


@pytest.mark.slow
def test_many_injections_are_recognised_as_the_engine_does() -> None:
    check_injections(2, 100_000)


def test_without_the_core_everything_may_match() -> None:
    assert Prefilter(None, "", lambda file, name: (), lambda file, name: None).may_match(Inspected(content(b""), 0))
    assert prefilter(None, "") is None
