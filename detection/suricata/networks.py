"""Addresses and ports in the header of a rule. Pure."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from detection.suricata.text import RuleError

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

Test = Callable[[str], bool]
PortTest = Callable[[int], bool]


def addresses(text: str, is_ours: Test) -> Test:
    """Return a test of addresses for a part of a header, such as `[10.0.0.0/8,!$HOME_NET]`.

    Raises:
        RuleError: it is malformed, or names an unknown variable.
    """
    known: Mapping[str, Test] = {**dict.fromkeys(OURS, is_ours), "EXTERNAL_NET": lambda text: not is_ours(text)}
    return _list(text, lambda item: _address(item, known))


def ports(text: str) -> PortTest:
    """Return a test of ports for a part of a header, such as `[80,8000:8100,!8080]`.

    Raises:
        RuleError: it is malformed, or names an unknown variable.
    """
    return _list(text, _ports)


def _list(text: str, one: Callable[[str], Callable[..., bool]]) -> Callable[..., bool]:
    """Return the test of a list: any of what is not negated, and none of what is."""
    if text.startswith("!"):
        inner = _list(text[1:], one)
        return lambda value: not inner(value)
    if not text.startswith("["):
        return one(text)
    if not text.endswith("]"):
        raise RuleError(f"the list {text} has no end")
    wanted: list[Callable[..., bool]] = []
    refused: list[Callable[..., bool]] = []
    for item in _items(text[1:-1]):
        (refused if item.startswith("!") else wanted).append(_list(item.removeprefix("!"), one))
    return lambda value: (
        (not wanted or any(test(value) for test in wanted)) and not any(test(value) for test in refused)
    )


def _items(text: str) -> list[str]:
    """Split at the commas that are in no inner list."""
    items, depth = [""], 0
    for char in text:
        depth += {"[": 1, "]": -1}.get(char, 0)
        if char == "," and not depth:
            items.append("")
        else:
            items[-1] += char
    if not all(items):
        raise RuleError(f"the list [{text}] has an empty item")
    return items


def _address(item: str, known: Mapping[str, Test]) -> Test:
    if item == "any":
        return lambda text: True
    if item.startswith("$"):
        if item[1:] not in known:
            raise RuleError(f"the variable {item} is not known; there are $HOME_NET and $EXTERNAL_NET")
        return known[item[1:]]
    first, dash, last = item.partition("-")
    try:
        if dash:
            low, high = int(ip_address(first)), int(ip_address(last))
            return lambda text: _is_address(text) and low <= int(ip_address(text)) <= high
        network = ip_network(item, strict=False)
    except ValueError:
        raise RuleError(f"{item!r} is no address") from None
    return lambda text: _is_address(text) and ip_address(text) in network


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _ports(item: str) -> PortTest:
    if item == "any" or item.removeprefix("$") in _EVERYWHERE:
        return lambda port: True
    low, colon, high = item.partition(":")
    try:
        first = int(low or 0)
        last = int(high or 65535) if colon else first
    except ValueError:
        raise RuleError(f"{item!r} is no port") from None
    return lambda port: first <= port <= last
