"""The TCP ports to monitor: a frozen set of numbers that reads and prints as `80,8000-8100` or `any`."""

from itertools import groupby
from typing import Final

LOWEST: Final = 1
HIGHEST: Final = 65535


class Ports(frozenset[int]):
    """A set of port numbers; `port in ports` is a set lookup."""

    def ranges(self) -> list[tuple[int, int]]:
        """Return runs of consecutive ports as (first, last), in order."""
        runs: list[tuple[int, int]] = []
        for _, run in groupby(enumerate(sorted(self)), key=lambda item: item[1] - item[0]):
            numbers = [port for _, port in run]
            runs.append((numbers[0], numbers[-1]))
        return runs

    def is_any(self) -> bool:
        """Return whether every port is monitored."""
        return len(self) == HIGHEST - LOWEST + 1

    def __str__(self) -> str:
        if self.is_any():
            return "any"
        return ",".join(_range_text(first, last) for first, last in self.ranges())

    def __repr__(self) -> str:
        return f"Ports({str(self)!r})"


def parse_ports(text: str) -> Ports:
    """Parse ports such as `80`, `80,8080`, `8000-8100` or `any`.

    Raises:
        ValueError: The text is invalid; the message says why in one sentence.
    """
    if text.strip().lower() == "any":
        return Ports(range(LOWEST, HIGHEST + 1))
    ports: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        low = _port(first, text)
        high = _port(last, text) if dash else low
        if high < low:
            raise ValueError(f"port range {part.strip()!r} is reversed; did you mean {high}-{low}?")
        ports.update(range(low, high + 1))
    return Ports(ports)


def _range_text(first: int, last: int) -> str:
    if last - first < 2:
        return ",".join(str(port) for port in range(first, last + 1))
    return f"{first}-{last}"


def _port(digits: str, text: str) -> int:
    digits = digits.strip()
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text!r} is not a valid port list; use 80 or 80,8080 or 8000-8100 or any")
    if len(digits) > 9 or not LOWEST <= int(digits) <= HIGHEST:
        raise ValueError(f"port {digits} is out of range; ports are {LOWEST} to {HIGHEST}")
    return int(digits)
