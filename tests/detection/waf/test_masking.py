"""Evidence is short and has no secrets."""

from time import process_time

import pytest

from detection.waf.masking import evidence, masked
from detection.waf.match import Match, match_of


def match(place: str, value: str) -> Match:
    return Match(942100, 2, 2, "SQL injection", 1, "sqli", place, value)


@pytest.mark.parametrize(
    ("place", "value", "shown"),
    [
        ("ARGS:id", "1 union select 2", "ARGS:id: 1 union select 2"),
        ("ARGS:password", "hunter2' or 1=1", "ARGS:password: ***"),
        ("ARGS:user[token]", "abc", "ARGS:user[token]: ***"),
        ("REQUEST_COOKIES:theme", "dark", "REQUEST_COOKIES:theme: ***"),
        ("REQUEST_HEADERS:Authorization", "Basic abc", "REQUEST_HEADERS:Authorization: ***"),
        ("REQUEST_HEADERS:Cookie", "sid=1", "REQUEST_HEADERS:Cookie: ***"),
        ("ARGS:id", "", "ARGS:id"),
        ("", "text", "text"),
    ],
)
def test_evidence(place: str, value: str, shown: str) -> None:
    assert evidence(match(place, value)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=1&password=hunter2&b=2", "a=1&password=***&b=2"),
        ('{"api_key": "abc", "b": 1}', '{"api_key": "***", "b": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("x Bearer abc.def", "x Bearer ***"),
        ("a key to the city", "a key to the city"),
        ("card 4111 1111 1111 1111 ok", "card *** ok"),
        ("mail jo.doe@example.com", "mail ***@example.com"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 x", "***VCJ9 x"),
        ("../../../../../etc/passwd", "../../../../../etc/passwd"),
        ("x" * 70, "x" * 59 + "\u2026"),
    ],
)
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_masking_takes_little_time_whatever_the_text() -> None:
    begun = process_time()
    for text in ("password=" * 25, "1 " * 100, "a" * 200, "key key key " * 16, "a@" * 100):
        masked(text)
    assert process_time() - begun < 0.2


class Said:
    """A message of the library."""

    rule_id, phase, severity, message = 1, 2, 2, "Bad\x1b[31m thing"
    tags = ("attack-sqli", "paranoia-level/3")

    def __init__(self, data: bytes, match: str = "") -> None:
        self._data, self.match = data, match

    @property
    def data(self) -> str:
        return self._data.decode()


@pytest.mark.parametrize(
    ("said", "place", "value"),
    [
        (Said(b"Matched Data: union found within ARGS:id: a union b"), "ARGS:id", "union"),
        (Said(b"Matched Data: x: y found within ARGS:a:b: x: y"), "ARGS:a:b", "x: y"),
        (Said(b"Matched Data: x found within MATCHED_VARS:ARGS:id: x"), "ARGS:id", "x"),
        (Said(b"Matched Data: x found within RESPONSE_BODY: text: more"), "RESPONSE_BODY", "x"),
        (Said(b"ARGS:x=/etc/passwd"), "ARGS:x", "/etc/passwd"),
        (Said(b"\xff", "Matched \"Operator `Rx' against variable `ARGS:id' (Value: `\\xff' )"), "ARGS:id", "\\xff"),
        (Said(b"GET / HTTP/1.1"), "", "GET / HTTP/1.1"),
        (Said(b"Matched Data: \x1b[31m found within ARGS:i\x07: x"), "ARGS:i\\x07", "\\x1b[31m"),
    ],
)
def test_place_and_value(said: Said, place: str, value: str) -> None:
    made = match_of(said)
    assert (made.place, made.value, made.level, made.attack) == (place, value, 3, "sqli")
    assert made.message == "Bad\\x1b[31m thing"
