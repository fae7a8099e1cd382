"""What the commands have in common: errors of one line, and the types of arguments."""

import argparse
import re
from typing import Final, NoReturn

from capture.ports import Ports, parse_ports

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
