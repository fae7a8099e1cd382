"""Rules of Suricata, read and applied to exchanges."""

from detection.inspector import Inspected
from detection.networks import OWN, within
from detection.suricata.http_rules import HttpRules
from detection.suricata.matching import Buffer, fits
from detection.suricata.reading import rule_of
from detection.suricata.rule import Rule
from traffic.content import Content

CLIENT, SERVER = "10.0.0.7", "203.0.113.9"


def rule(options: str, header: str = "alert http any any -> any any", sid: int = 1) -> Rule:
    return rule_of(f"{header} ({options} sid:{sid};)", within(OWN))


def holds(options: str, text: bytes) -> bool:
    """Return whether contents of a rule are in the bytes of a buffer."""
    (group,) = rule(f"file.data; {options}").groups
    (_, transforms) = group.buffer
    for transform in transforms:
        text = transform(text)
    return fits(group.parts, Buffer(text))


def exchange(
    head: bytes = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    body: bytes = b"",
    answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n",
    content: bytes = b"",
) -> Inspected:
    told = Content(
        1000.0, CLIENT, 40000, SERVER, 80, "example.com", "/", head, body, len(body), answer, content, len(content), 0
    )
    return Inspected(told, 2**20)


def fitting(options: str, seen: Inspected, header: str = "alert http any any -> any any") -> bool:
    return [each.sid for each in HttpRules([rule(options, header)]).fitting(seen)] == [1]
