"""A rule as it is applied. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from detection.suricata.buffers import Key
from detection.suricata.matching import Part

HTTP, DNS, TLS = "http", "dns", "tls"


Ends = Callable[[str, int, str, int], bool]
"""A test of the address and port of a sender, and of a receiver."""


class Group(NamedTuple):
    """What a rule looks for in one buffer."""

    buffer: Key
    """Its name, such as `http.uri`; empty for the bytes as sent."""
    parts: tuple[Part, ...]
    absent: str = ""
    """`only` if there must be no such buffer, `or_else` if there may be none."""


class Threshold(NamedTuple):
    """How often a rule is reported."""

    kind: str
    """`limit`, `threshold`, `both`, or `filter` for `detection_filter`."""
    track: str
    """Whose hits are counted: `by_src`, `by_dst`, `by_both` or `by_rule`."""
    hits: int
    seconds: float


class Rule(NamedTuple):
    """A rule that can be applied."""

    sid: int
    text: str
    """Its message."""
    severity: str
    technique: str
    protocol: str
    """HTTP, DNS or TLS."""
    to_server: bool | None
    """Whether it is about what the client sent; None if it is about both sides."""
    fits: Ends
    """Whether it is about what a sender sends to a receiver."""
    groups: tuple[Group, ...]
    threshold: Threshold | None
    keyword: tuple[Key, bytes] | None
    """Bytes that a buffer contains, in some case, if the rule fits; None if none are known."""
    version: bytes = b""
    """`HTTP/1` or `HTTP/2` if it is only about that version."""
