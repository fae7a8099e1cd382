"""Addresses and ports in the header of a rule. Pure."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from detection.networks import CACHED
from detection.suricata.text import RuleError, UnsupportedError

OURS: Final = (
    "HOME_NET",
    "HTTP_SERVERS",
    "SQL_SERVERS",
    "DNS_SERVERS",
    "SMTP_SERVERS",
    "TELNET_SERVERS",
    "AIM_SERVERS",
)
"""Variables that stand for our networks."""
_EVERYWHERE: Final = ("HTTP_PORTS", "SHELLCODE_PORTS", "FILE_DATA_PORTS", "ORACLE_PORTS", "SSH_PORTS")
"""Variables of ports that do not matter, because the protocol is known."""

_DEEPEST: Final = 8

Test = Callable[[str], bool]
PortTest = Callable[[int], bool]


def addresses(text: str, is_ours: Test) -> Test:
    """Return a test of addresses for a part of a header, such as `[10.0.0.0/8,!$HOME_NET]`.

    Raises:
        RuleError: it is malformed.
        UnsupportedError: it names an unknown variable.
    """
    known: Mapping[str, Test] = {**dict.fromkeys(OURS, is_ours), "EXTERNAL_NET": lambda text: not is_ours(text)}
    return _list(text, lambda item: _address(item, known))


def ports(text: str) -> PortTest:
    """Return a test of ports for a part of a header, such as `[80,8000:8100,!8080]`.

    Raises:
        RuleError: it is malformed.
        UnsupportedError: it names an unknown variable.
    """
    return _list(text, _ports)


def _list(text: str, one: Callable[[str], Callable[..., bool]], depth: int = 0) -> Callable[..., bool]:
    """Return the test of a list: any of what is not negated, and none of what is."""
    if depth > _DEEPEST:
        raise RuleError(f"lists are nested more than {_DEEPEST} deep")
    if text.startswith("!"):
        inner = _list(text[1:], one, depth + 1)
        return lambda value: not inner(value)
    if not text.startswith("["):
        return one(text)
    if not text.endswith("]"):
        raise RuleError(f"the list {text[:60]} has no end")
    wanted: list[Callable[..., bool]] = []
    refused: list[Callable[..., bool]] = []
    for item in _items(text[1:-1]):
        (refused if item.startswith("!") else wanted).append(_list(item.removeprefix("!"), one, depth + 1))
    return lambda value: (
        (not wanted or any(test(value) for test in wanted)) and not any(test(value) for test in refused)
    )


def _items(text: str) -> list[str]:
    """Split at the commas that are in no inner list."""
    items, depth, begin = list[str](), 0, 0
    for place, char in enumerate(text):
        depth += {"[": 1, "]": -1}.get(char, 0)
        if char == "," and not depth:
            items.append(text[begin:place])
            begin = place + 1
    items.append(text[begin:])
    if not all(items):
        raise RuleError(f"the list [{text[:60]}] has an empty item")
    return items


def _address(item: str, known: Mapping[str, Test]) -> Test:
    if item == "any":
        return lambda text: True
    if item.startswith("$"):
        if item[1:] not in known:
            raise UnsupportedError(f"the variable {item} is not supported")
        return known[item[1:]]
    first, dash, last = item.partition("-")
    try:
        if dash:
            return _between(ip_address(first), ip_address(last))
        network = ip_network(item, strict=False)
    except ValueError:
        raise RuleError(f"{item[:60]!r} is no address") from None
    return lambda text: (address := _parsed(text)) is not None and address in network


def _between(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address) -> Test:
    def test(text: str) -> bool:
        address = _parsed(text)
        return address is not None and address.version == first.version and int(first) <= int(address) <= int(last)

    return test


@lru_cache(maxsize=CACHED)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one of IPv4 if it is in one of IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _ports(item: str) -> PortTest:
    if item == "any" or item.removeprefix("$") in _EVERYWHERE:
        return lambda port: True
    if item.startswith("$"):
        raise UnsupportedError(f"the variable {item} is not supported")
    found = re.fullmatch(r"([0-9]{0,5})(?:(:)([0-9]{0,5}))?", item)
    if found is None or not (found[1] or found[3]):
        raise RuleError(f"{item[:60]!r} is no port")
    first = int(found[1] or 0)
    last = int(found[3] or 65535) if found[2] else first
    if not first <= last <= 65535:
        raise RuleError(f"{item[:60]!r} is no port")
    return lambda port: first <= port <= last
