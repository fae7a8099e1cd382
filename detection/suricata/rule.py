"""A rule as it is applied. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from detection.suricata.matching import Part

HTTP, DNS, TLS = "http", "dns", "tls"


class Group(NamedTuple):
    """What a rule looks for in one buffer."""

    buffer: str
    """Its name, such as `http.uri`; empty for the bytes as sent."""
    transforms: tuple[Callable[[bytes], bytes], ...]
    parts: tuple[Part, ...]


class Threshold(NamedTuple):
    """How often a rule is reported."""

    kind: str
    """`limit`, `threshold`, `both`, or `filter` for `detection_filter`."""
    by_client: bool
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
    fits: Callable[[str, int, str, int], bool]
    """Whether it is about traffic between these addresses and ports, of the client and of the server."""
    groups: tuple[Group, ...]
    threshold: Threshold | None
    keyword: bytes
    """Bytes in lower case that the traffic contains if it fits; empty if none are known."""
