r"""The text of Suricata's rules: header and options, without their meaning. Pure.

https://docs.suricata.io/en/latest/rules/intro.html: a rule is `action protocol source port direction destination port
(option; option: value; ...)`. In values, `;`, `"` and `\` are escaped by a backslash, also within quotation marks.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_HEADER: Final = re.compile(r"(\w+)\s+([\w-]+)\s+(\S+)\s+(\S+)\s+(->|<>|=>)\s+(\S+)\s+(\S+)")
_PART: Final = re.compile(r"\|([^|]*)\||(?:[^|\\]|\\.)+", re.DOTALL)
_OPTION: Final = re.compile(r"\s*([\w.-]+)\s*(?::((?:\\.|[^;\\])*))?;", re.DOTALL)


MOST_OPTIONS: Final = 1_000
"""Options of a rule; those of public rules have some dozens."""
LONGEST: Final = 65_536
"""Characters of a rule; Suricata takes 8,192."""


class RuleError(ValueError):
    """The text is no rule. It is one line."""


class UnsupportedError(ValueError):
    """A rule uses something that is not supported. The text says what."""


class Option(NamedTuple):
    """An option with its value, without white space around it; empty if it has none."""

    name: str
    value: str


class RuleText(NamedTuple):
    """A rule, taken apart."""

    action: str
    protocol: str
    source: str
    source_port: str
    both_ways: bool
    destination: str
    destination_port: str
    options: tuple[Option, ...]

    def value(self, name: str) -> str:
        """Return the value of the first option with that name; empty if there is none."""
        return next((option.value for option in self.options if option.name == name), "")


def rules(text: str) -> Iterator[tuple[int, str]]:
    """Iterate over the rules of a file, each with the number of its first line. A backslash continues a line."""
    lines, begin, parts = text.splitlines(), 0, list[str]()
    for number, line in enumerate(lines, 1):
        begin = begin if parts else number
        parts.append(line.removesuffix("\\"))
        if line.endswith("\\") and number < len(lines):
            continue
        whole, parts = "".join(parts).strip(), []
        if whole and not whole.startswith("#"):
            yield begin, whole


def rule_text(line: str) -> RuleText:
    """Take a rule apart.

    Raises:
        RuleError: it is none.
    """
    if len(line) > LONGEST:
        raise RuleError(f"it has more than {LONGEST:,} characters")
    head, bracket, body = line.partition("(")
    found = _HEADER.fullmatch(_compact(head))
    if found is None:
        raise RuleError("it does not begin with `action protocol source port -> destination port`")
    if not bracket or not body.rstrip().endswith(")"):
        raise RuleError("its options are not in parentheses")
    action, protocol, source, source_port, direction, destination, destination_port = found.groups()
    options = tuple(_options(body.rstrip()[:-1]))
    return RuleText(action, protocol, source, source_port, direction == "<>", destination, destination_port, options)


def unquoted(value: str) -> tuple[bool, str]:
    """Return whether a value is negated, and the text in its quotation marks.

    Raises:
        RuleError: it is not quoted.
    """
    negated, plain = value.startswith("!"), value.removeprefix("!").strip()
    if len(plain) < 2 or plain[0] != '"' or plain[-1] != '"':
        raise RuleError(f"the value {value!r} is not quoted")
    return negated, plain[1:-1]


def pattern_bytes(text: str) -> bytes:
    """Return the bytes of a content: `|0d 0a|` stands for bytes, and a backslash takes away the meaning of the next.

    Raises:
        RuleError: it is empty, or what is between bars are no hexadecimal digits.
    """
    found, place = bytearray(), 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise RuleError(f"the content {text[:60]!r} has a | or a backslash without what belongs to it")
        found += (
            _digits(part[1]) if part[1] is not None else as_bytes(re.sub(r"\\(.)", r"\1", part[0], flags=re.DOTALL))
        )
        place = part.end()
    if not found:
        raise RuleError("a content is empty")
    return bytes(found)


def as_bytes(text: str) -> bytes:
    """Return the bytes of a text as they are in its file, which is not always UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def number(text: str, *, signed: bool = False) -> int:
    """Return a whole number.

    Raises:
        RuleError: it is none.
        UnsupportedError: it is the name of a variable.
    """
    if not re.fullmatch(r"-?[0-9]{1,10}" if signed else r"[0-9]{1,10}", text):
        if re.fullmatch(r"[A-Za-z_]\w*", text):
            raise UnsupportedError("variables of byte_extract are not supported")
        raise RuleError(f"{text[:60]!r} is no number")
    return int(text)


def _digits(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise RuleError(f"|{text[:60]}| are no bytes") from None


def _compact(head: str) -> str:
    """Take the white space out of lists."""
    if "[" not in head:
        return head.strip()
    depth, kept = 0, []
    for char in head.strip():
        depth += {"[": 1, "]": -1}.get(char, 0)
        if not (char.isspace() and depth > 0):
            kept.append(char)
    return "".join(kept)


def _options(body: str) -> Iterator[Option]:
    place, left = 0, MOST_OPTIONS
    body = body.rstrip()
    while place < len(body):
        found = _OPTION.match(body, place)
        if not left:
            raise RuleError(f"it has more than {MOST_OPTIONS:,} options")
        left -= 1
        if found is None:
            raise RuleError(f"an option is malformed: {body[place:].strip()[:40]!r}")
        yield Option(found[1], (found[2] or "").strip())
        place = found.end()
