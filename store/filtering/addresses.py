"""Addresses of clients and servers: an address, an address with a port, a network, or the start of an address."""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from store.filtering.errors import FilterError
from store.filtering.quantities import comma_separated
from store.filtering.words import Word

AddressTest = Callable[[str, int], bool]
"""Tests whether an address and a port are among those a value stands for."""

_WITH_PORT: Final = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*)):(\d{1,5})", re.ASCII)
_FIRST_OF_FOUR: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})\.?", re.ASCII)
_FIRST_OF_EIGHT: Final = re.compile(r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}:", re.ASCII | re.IGNORECASE)


def address_test(word: Word) -> AddressTest:
    """Return a test for the addresses of a term; commas separate several.

    Raises:
        FilterError: a part of the value is not an address.
    """
    tests = [_one(word, text, start) for text, start in comma_separated(word)]
    return tests[0] if len(tests) == 1 else lambda address, port: any(test(address, port) for test in tests)


@lru_cache(maxsize=4096)
def _as_number(address: str) -> tuple[int, int]:
    """Return the version and number of an address; (0, 0) if it is invalid."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return 0, 0
    return parsed.version, int(parsed)


def _one(word: Word, text: str, start: int) -> AddressTest:
    with_port = _WITH_PORT.fullmatch(text)
    if with_port:
        return _at_port(word, with_port[1] or with_port[2], int(with_port[3]), start)
    network = _network(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    if network is None:
        raise _no_address(word, start, text)
    version, low, high = network.version, int(network.network_address), int(network.broadcast_address)

    def inside(address: str, port: int) -> bool:
        its_version, number = _as_number(address)
        return its_version == version and low <= number <= high

    return inside


def _at_port(word: Word, address: str, wanted: int, start: int) -> AddressTest:
    if wanted > 65535:
        raise FilterError("the highest port is 65535", start, start + len(address) + 6)
    at = _one(word, address, start)
    return lambda address, port: port == wanted and at(address, port)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network a text stands for: `10.1` is 10.1.0.0/16, as in tcpdump, and `2001:db8:` is a /32."""
    if first := _FIRST_OF_FOUR.fullmatch(text):
        known = first[1].split(".")
        text = f"{'.'.join(str(int(part)) for part in [*known, *['0'] * (4 - len(known))])}/{8 * len(known)}"
    elif _FIRST_OF_EIGHT.fullmatch(text):
        groups = text.count(":")
        text = f"{text.rstrip(':')}{'::' if groups < 8 else ''}/{16 * groups}"
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _no_address(word: Word, start: int, text: str) -> FilterError:
    hint = "; use host: for host names" if re.search("[g-z]", text, re.IGNORECASE) else ""
    examples = "10.0.0.5, 10.0.0.0/8, 10.0., 10.0.0.5:80, 2001:db8::/32 or [2001:db8::5]:80"
    return FilterError(f"{word.field} needs an address such as {examples}{hint}", start, start + len(text))
