"""Who may write as which sensor."""

import pytest

from fleet.tokens import TokenError, Tokens, may_write

ONE, TWO, ANY = "1" * 16, "two-" * 8, "x" * 64
TEXT = f"""
# the shop
web-1   {ONE}
db-*    {TWO}
cache-1 {TWO}
*       {ANY}
"""


@pytest.mark.parametrize(
    ("token", "sensor", "allowed"),
    [
        (ONE, "web-1", True),
        (ONE, "web-10", False),
        (ONE, "db-1", False),
        (TWO, "db-1", True),
        (TWO, "cache-1", True),
        (TWO, "web-1", False),
        (ANY, "anything", True),
        (ONE[1:], "web-1", False),
        ("", "web-1", False),
        ("ü" * 16, "web-1", False),
    ],
)
def test_a_token_is_for_its_sensors(token: str, sensor: str, allowed: bool) -> None:
    assert may_write(Tokens.parsed(TEXT).patterns(token), sensor) is allowed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs 1 to 1,000 lines"),
        ("# only a comment", "needs 1 to 1,000 lines"),
        (f"* {ANY}\n" * 1001, "has 1,001"),
        (f"a {ANY}\n{ONE}", "line 2 is not `SENSOR TOKEN`"),
        (f"a b {ONE}", "line 1 is not"),
        (f"a/b {ONE}", "a sensor's name has 1 to 64"),
        ("a short", "a token has 16 to 512"),
        ("a " + "ü" * 20, "printable ASCII"),
    ],
)
def test_a_wrong_line_is_named_without_its_token(text: str, said: str) -> None:
    with pytest.raises(TokenError, match=said) as wrong:
        Tokens.parsed(text)
    assert ONE not in str(wrong.value)
