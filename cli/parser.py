"""What the commands have in common: errors of one line, and the types of arguments."""

import argparse
import re
from typing import Any, Final, NoReturn

from capture.ports import Ports, parse_ports
from outputs.address import Address, parse_address

MOST_ROWS: Final = 10_000
"""Rows of a list in a report."""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line that names --help."""

    def error(self, message: str) -> NoReturn:
        """End the program with a message and the exit status 2."""
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def ports(text: str) -> Ports:
    """Return ports, for argparse."""
    try:
        return parse_ports(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def rows(text: str) -> int:
    """Return a number of rows, for argparse."""
    if re.fullmatch(r"\d{1,9}", text) is None or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_ROWS:,}")
    return int(text)


def names(text: str) -> str:
    """Return the value of the setting, which is empty for none."""
    return "" if text == "none" else text


def address_and_port(text: str) -> Address:
    """Return the address of an option."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def name_and_value(text: str) -> tuple[str, str]:
    """Return name and value of a `--set`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE; see --show-config")
    return name.strip(), value.strip()


def whole(text: str) -> int:
    """Return a whole number above 0."""
    return int(_positive(text, int, "a whole number above 0"))


def parse_seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    return float(_positive(text, float, "a number of seconds above 0"))


def _positive(text: str, kind: Any, wanted: str) -> Any:
    try:
        number = kind(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return number
