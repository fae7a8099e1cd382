"""What leaks is named with its place and never told; what looks like it in ordinary traffic is not found."""
# ruff: noqa: E501 - a case is a line

import base64
import gzip
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from decoders import core_decoder, fed, finished
from examples import EXAMPLES, WORD, chars
from inspecting import INSIDE, SERVER, VISITOR, content, inspected
from wire import Talk, get, ok

from capture.core import CORE

if CORE is None:
    pytest.skip("the core is not built: make fast", allow_module_level=True)

from detection.inspectors.data_leak import PAUSE, DataLeak
from detection.leaks.rule_files import built_in
from detection.leaks.rules import RuleError
from traffic.content import Content
from traffic.finding import INFO, LOW, Finding

CARDS = [
    "4539578763621486",
    "5425233430109903",
    "4916338506082832",
    "6011514433546201",
    "371244599395122",
    "4716258050958645",
]
OUTSIDE = "198.51.100.80"


AWS = EXAMPLES["aws_access_key_id"].removeprefix("AKIA")
PEM = EXAMPLES["private_key"]
TOKEN = EXAMPLES["jwt"]
ONE = DataLeak()
TIMES = itertools.count(1000.0, 2 * PAUSE)


def found(
    answer: str = "", detector: DataLeak | None = None, time: float | None = None, **fields: Any
) -> list[Finding]:
    """Return the findings of a detector; without one and without a time, as if nothing had been found before."""
    fields["time"] = time or (next(TIMES) if detector is None else 1000.0)
    return [*(detector or ONE).inspect(inspected(content(answer.encode(), **fields)))]


def judged(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for each in findings]


RULES = {rule.name: rule for rule in built_in()}


def test_each_rule_has_an_example() -> None:
    assert {*EXAMPLES} == {*RULES}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("form", ["before {} after", '{{"value":{}}}', "x={}\n"])
def test_each_rule_finds_its_example_and_nothing_else(name: str, form: str) -> None:
    secret = json.dumps(EXAMPLES[name]) if "{{" in form else EXAMPLES[name]
    assert judged(found(form.format(secret))) == [(name, RULES[name].severity)]


def test_examples_are_found_in_real_packets() -> None:
    talk = Talk(addresses=(VISITOR, SERVER))
    for name, secret in EXAMPLES.items():
        zipped = gzip.compress(f"<p>{secret}</p>".encode())
        talk.client(get(f"/{name}")).server(ok(zipped, "Content-Encoding: gzip", "Content-Type: text/html"))
    decoder = core_decoder(wanted=[Content])
    records = [*fed(decoder, talk.close().frames), *finished(decoder)]
    contents = [record for record in records if isinstance(record, Content)]
    detector = DataLeak()
    told = [finding for each in contents for finding in detector.inspect(inspected(each))]
    assert [finding.rule for finding in told] == [*EXAMPLES]
    assert [finding.path for finding in told] == [f"/{name}" for name in EXAMPLES]


def test_severity_depends_on_where_it_goes() -> None:
    token = f"ghp_{chars(WORD, 36)}"
    assert judged(found(token, client=INSIDE)) == [("github_token", "medium")]
    assert judged(found(body=token.encode())) == [("github_token", "low")]
    assert judged(found(target=f"/a?token={token}")) == [("github_token", "low")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f'{{"card_number": "{CARDS[0]}"}}', [("card_number", "medium")]),
        (f"Your Visa 4539 5787 6362 1486, CVC 123: {CARDS[1]}", [("card_number", "medium")]),
        ("\n".join(f"card number {each}" for each in CARDS[:3]), [("card_number", "high")]),
        ("\n".join(CARDS), [("card_number", "high")]),
        ('{"cardNumber": "4111 1111 1111 1111"}', [("test_card_number", "low")]),
        ("pay to DE89 3704 0044 0532 0130 00", [("iban", "info")]),
        ("visa DE12 5001 0517 5407 3249 31", []),
        ("Social Security Number: 536-90-4399", [("us_ssn", "medium")]),
        (f"AKIA{AWS}", [("aws_access_key_id", "info")]),
        (TOKEN, [("jwt", "info")]),
    ],
)
def test_numbers_of_people(answer: str, expected: list[tuple[str, str]]) -> None:
    assert judged(found(answer)) == expected


def test_a_shop_that_gets_a_card_is_no_news_but_a_card_in_a_url_is() -> None:
    paid = json.dumps({"card_number": CARDS[0]}).encode()
    assert judged(found(body=paid)) == [("card_number", "info")]
    assert judged(found(target=f"/pay?card_number={CARDS[0]}")) == [("card_number", "medium")]
    (finding,) = found(body=b"name=Ann+Lee&cc_number=4539+5787+6362+1486", sent="application/x-www-form-urlencoded")
    assert (finding.severity, finding.evidence) == ("info", "request body, parameter cc_number, ends in 1486")


def test_an_upload_of_many_cards_to_somebody_else_is_exfiltration() -> None:
    many = "\n".join(
        f"{head}{check}" for head in range(453957876362100, 453957876362130) for check in luhn(head)
    ).encode()
    (finding,) = found(body=many, client=INSIDE, server=OUTSIDE, sent="text/csv")
    assert (finding.rule, finding.severity, finding.technique) == ("card_number", "high", "T1567")
    assert finding.reason == "30 different payment card numbers in request body to shop.example.com"
    assert judged(found(body=many, client=VISITOR, server=SERVER, sent="text/csv")) == [("card_number", "info")]


def luhn(head: int) -> str:
    doubled = [sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(str(head)))]
    return str(-sum(doubled) % 10)


def test_the_secret_is_not_told() -> None:
    token = f"ghp_{chars(WORD, 36)}"
    (finding,) = found(json.dumps({"user": {"pat": token}}))
    assert finding.reason == f"GitHub token in response body to {VISITOR}"
    assert finding.evidence == f"response body, field pat, byte 18, ends in {token[-4:]}"
    assert token[4:20] not in repr(finding)
    (finding,) = found("social security number 536-90-4399")
    assert finding.evidence == "response body, byte 23"  # four of nine digits would say too much
    (finding,) = found(PEM)
    assert finding.evidence == "response body, byte 31"


def test_compressed_bodies_are_searched() -> None:
    packed = gzip.compress(f"ghp_{chars(WORD, 36)}".encode())
    exchange = inspected(content(packed, fields="Content-Encoding: gzip\r\n"))
    assert judged([*DataLeak().inspect(exchange)]) == [("github_token", "high")]


def test_the_same_leak_is_reported_once_an_hour() -> None:
    detector, token = DataLeak(), f"ghp_{chars(WORD, 36)}"
    assert found(token, detector)
    assert not found(token, detector, time=1500.0)
    assert found(token, detector, target="/other", time=1600.0)  # another leak
    assert found(token, detector, time=5000.0)
    assert found("iban DE89370400440532013000", detector)
    assert not found("iban DE89370400440532013000", detector, target="/other")  # not worth telling for each page


def test_signing_in_is_what_tokens_are_for() -> None:
    answer = {"token_type": "bearer", "access_token": f"gho_{chars(WORD, 36)}", "id_token": TOKEN}
    assert judged(found(json.dumps(answer))) == [("github_token", INFO), ("jwt", INFO)]
    users = [{"access_token": f"gho_{chars(WORD, 36, seed)}"} for seed in range(9)]
    assert judged(found(json.dumps(users))) == [("github_token", "high")]


MINIFIED = 'var a=0.4539578763621486,b="4539578763621486",c={id:5425233430109903};function d(e){return"-----BEGIN PRIVATE KEY-----"+e}'


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps([{"id": f"{random.Random(n).getrandbits(128):032x}", "at": 1700000000000 + n} for n in range(300)]),
        json.dumps([str(random.Random(n).randrange(4 * 10**15, 6 * 10**15)) for n in range(300)]),  # order numbers
        json.dumps({"uuid": "45395787-6362-1486-4539-578763621486", "at": "2024-05-11 12:13:14.539578763"}),
        MINIFIED,
        f'<img src="data:image/png;base64,{base64.b64encode(random.Random(1).randbytes(50_000)).decode()}">',
        random.Random(1).randbytes(60_000).hex(),
        '<div class="card" id="p4539578763621486"><a href="/p/4539578763621486-shoes">4539578763621486</a></div>',
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "postgres://postgres:postgres@localhost:5432/test mongodb://root:example123@mongo:27017 amqp://guest:guest@rabbit",
        "postgres://user:password@localhost/db mysql://root:${PASSWORD}@db/x redis://:<password>@cache:6379",
        "Social Security Number (for example 123-45-6789): <input name=ssn>",
        "ghp_" + "x" * 36,
        "use sk_live_... or pk_live_abcdefgh; your token begins with xoxb-",
        "-----BEGIN PRIVATE KEY-----\n(paste the text of your key here, all of its lines, with the first and the last one)\n-----END",
        "eyJhbGciOiJIUzI1NiJ9 is the header; eyJub3QiOiJhIHRva2VuIn0.eyJhIjoiYiJ9.c is none",
        "GB29NWBK60161331926818 DE1234 AT0000 RS256 HS512 ISO8601 RFC2616 AB12CD34EF56GH78",
        "sk-learn task-ant-api03-x SG.no.key key-" + "a" * 32,
    ],
)
def test_ordinary_responses_have_nothing(answer: str) -> None:
    assert judged(found(answer, kind="text/html")) == []


def test_images_and_other_binary_files_are_left_out() -> None:
    token = f"ghp_{chars(WORD, 36)}"
    assert judged(found(token, kind="image/png")) == []
    assert judged(found(f"\0\1{token}", kind="application/zip")) == []
    assert judged(found(token, kind="image/svg+xml")) == [("github_token", "high")]


def test_ordinary_requests_raise_no_alert() -> None:
    asked = [
        f"/api/orders/4539578763621486?session={TOKEN}&t=1700000000000",
        f"/maps/api/js?key=AIza{chars(WORD, 35)}",
        f"/bucket/x?X-Amz-Credential=AKIA{AWS}%2F20240101%2Fus-east-1",
        f"/bot1234567890:AA{chars(WORD, 33)}/sendMessage",
    ]
    loud = [each for target in asked for each in found(target=target) if each.severity not in (INFO, LOW)]
    assert loud == []


def test_patterns_of_the_user(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[rules]]\nid = "project"\ntitle = "code name"\nregex = \'\\bPROJECT-(\\d{4})\\b\'\nkeywords = ["project-"]\n'
        'severity = "critical"\nallow = ["0000"]\n[[rules]]\nid = "github_token"\nregex = "ghp_nothing"\n'
    )
    detector = DataLeak(str(own))
    (finding,) = found("PROJECT-0000 PROJECT-7777", detector)
    assert (finding.rule, finding.severity, finding.evidence) == ("project", "critical", "response body, byte 21")
    assert judged(found(f"ghp_{chars(WORD, 36)}", detector)) == []  # it replaces that of the program


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[[rules]]\nid = 'a'\nregex = 'x'\n\n[[rules]]\nid = 'b'\nregex = 'a('\n",
            ":5: regex or allow of 'b': unclosed group",
        ),
        (
            "[[rules]]\nid = 'a'\nregex = '(?:[a-z]{1000}){1000}'\n",
            ":1: regex or allow of 'a': Compiled regex exceeds size limit of 1048576 bytes.",
        ),
        ("[[rules]]\nid = 'a'\nregexp = 'x'\n", ":1: unknown key 'regexp'; did you mean 'regex'?"),
        ("[[rules]]\nid = 'a'\n", ":1: regex is missing"),
        ("[[rules]]\nid = 'A b'\nregex = 'x'\n", ":1: id must be 1 to 60 lower-case letters, digits and _"),
        ("\n[[rules]]\nid = 'iban'\nregex = 'x'\n", ":2: the id 'iban' is used by the program"),
        (
            "[[rules]]\nid = 'a'\nregex = 'x'\nseverity = 'bad'\n",
            ":1: severity must be one of info, low, medium, high, critical",
        ),
        ("[[rules]]\nid = 'a'\nregex = 'x'\n[[rules]]\nid = 'a'\nregex = 'y'\n", ":4: the id 'a' is used twice"),
        ("[[rules]]\nid = 'a'\nregex = \n", ":3: not TOML: Invalid value"),
        ("rules = 3\n", ": only [[rules]] are expected"),
        ("", ": has 0 [[rules]]; 1 to 500 are expected"),
    ],
)
def test_a_wrong_file_is_a_line_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(RuleError) as error:
        DataLeak(str(own))
    assert str(error.value) == f"{own}{line}"


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(RuleError, match=r"^data_leak_patterns: /no/file cannot be read: No such file"):
        DataLeak("/no/file")


@pytest.mark.parametrize(
    "bait",
    [
        "4111 ",
        "4",
        "DE89",
        "eyJhbGciOiJI.",
        "AKIA",
        "-----BEGIN PRIVATE KEY-----",
        "ssn ",
        "mysql://a:",
        '"a":',
        "<a ",
        "card no ",
    ],
)
def test_bait_costs_little(bait: str) -> None:
    import time

    detector, text = DataLeak(), (bait * 2**17)[: 2**17]
    begun = time.process_time()
    found(text, detector)
    assert time.process_time() - begun < 0.5  # it takes some milliseconds; what is quadratic, minutes
