"""The types of arguments that the commands share."""

import argparse
from collections.abc import Callable

import pytest

from cli.parser import MOST_ROWS, address_and_port, name_and_value, names, parse_seconds, ports, rows, whole


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (names, "none", ""),
        (names, "+dns", "+dns"),
        (whole, "7", 7),
        (parse_seconds, "0.5", 0.5),
        (rows, str(MOST_ROWS), MOST_ROWS),
        (name_and_value, "average_threshold = 25 ", ("average_threshold", "25")),
        (name_and_value, "notice_command=a=b", ("notice_command", "a=b")),
    ],
)
def test_what_is_meant_is_read(read: Callable[[str], object], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (whole, "0"), (whole, "1.5"), (whole, "many"), (parse_seconds, "0"), (parse_seconds, "inf"),
        (parse_seconds, "nan"), (rows, "0"), (rows, str(MOST_ROWS + 1)), (rows, "-1"), (name_and_value, "average"),
        (name_and_value, "=25"), (address_and_port, "localhost:http"), (ports, "80-70"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"."):
        read(text)
