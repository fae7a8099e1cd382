"""Parses ADDRESS:PORT as users write it."""

import pytest

from outputs.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9117", Address("127.0.0.1", 9117)),
        (":9117", Address("127.0.0.1", 9117)),
        ("0.0.0.0:9117", Address("0.0.0.0", 9117)),
        ("localhost:0", Address("localhost", 0)),
        ("metrics.example.com:65535", Address("metrics.example.com", 65535)),
        ("[::1]:9117", Address("::1", 9117)),
        ("[::]:9117", Address("::", 9117)),
    ],
)
def test_address(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", ":", "localhost", "localhost:", "::1:9117", "[::1]", "[::1", "[localhost]:9117", "a:65536", "a:-1", "a:٣",
     "a b:1", "http://a:80", "a:000080"],
)  # fmt: skip
def test_an_invalid_address_is_rejected_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="is not ADDRESS:PORT"):
        parse_address(text)


@pytest.mark.parametrize("text", ["127.0.0.1:9117", "[::1]:9117"])
def test_an_address_is_shown_as_it_is_written(text: str) -> None:
    assert str(parse_address(text)) == text
