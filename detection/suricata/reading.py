"""Turns the text of rules into rules that can be applied. What is not supported is named. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from detection.suricata.matching import Content, DataAt, Expression, Part, Size
from detection.suricata.names import (
    BUFFERS,
    FIRST,
    IGNORED,
    LETTERS,
    MODIFIERS,
    OLD_NAMES,
    PROTOCOLS,
    REQUEST,
    RESPONSE,
    SEVERITIES,
    THIRD,
)
from detection.suricata.networks import Test, addresses, ports
from detection.suricata.rule import HTTP, Group, Rule, Threshold
from detection.suricata.text import Option, RuleError, RuleText, pattern_bytes, rule_text, unquoted
from detection.suricata.transforms import TRANSFORMS
from traffic.finding import HIGH, INFO, LOW, MEDIUM

_FLAGS: Final = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}


class UnsupportedError(ValueError):
    """A rule uses something that is not supported. The text says what."""


def rule_of(line: str, is_ours: Test) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it is malformed.
        UnsupportedError: it uses something that is not supported.
    """
    text = rule_text(line)
    if text.action not in ("alert", "drop", "reject", "rejectsrc", "rejectdst", "rejectboth"):
        raise UnsupportedError(f"the action {text.action} is not supported")
    protocol = PROTOCOLS.get(text.protocol)
    if protocol is None:
        raise UnsupportedError(f"the protocol {text.protocol} is not supported")
    return _Reader(text, protocol).rule(is_ours)


class _Reader:
    """Reads the options of a rule."""

    def __init__(self, text: RuleText, protocol: str) -> None:
        self._text = text
        self._protocol = protocol
        self._buffer = ""
        self._transforms: tuple[Callable[[bytes], bytes], ...] = ()
        self._groups: dict[tuple[str, tuple[Callable[[bytes], bytes], ...]], list[Part]] = {}
        self._last: tuple[tuple[str, tuple[Callable[[bytes], bytes], ...]], int] | None = None
        self._to_server: bool | None = None
        self._threshold: Threshold | None = None
        self._fast = b""

    def rule(self, is_ours: Test) -> Rule:
        text = self._text
        for option in text.options:
            self._take(option)
        groups = tuple(
            Group(buffer, transforms, tuple(parts)) for (buffer, transforms), parts in self._groups.items() if parts
        )
        if not groups:
            raise UnsupportedError("rules that look for nothing are not supported")
        if _names(groups) & {*REQUEST} and _names(groups) & {*RESPONSE}:
            raise UnsupportedError("buffers of request and response in one rule are not supported")
        sid = text.value("sid")
        if not sid.isdigit():
            raise RuleError("it has no sid")
        _, message = unquoted(text.value("msg")) if text.value("msg") else (False, f"rule {sid}")
        return Rule(
            int(sid), re.sub(r"\\(.)", r"\1", message), self._severity(), self._technique(), self._protocol,
            self._side(groups), self._ends(is_ours), groups, self._threshold, self._keyword(groups),
        )  # fmt: skip

    # Options ----------------------------------------------------------------------------------------------------------

    def _take(self, option: Option) -> None:
        name, value = option
        if name in IGNORED:
            if name == "fast_pattern" and self._last is not None:
                self._fast = self._bytes_of_last()
            return
        name = OLD_NAMES.get(name, name)
        if name in BUFFERS[self._protocol] and not value and name not in MODIFIERS:
            self._buffer, self._transforms = name, ()
        elif name in TRANSFORMS:
            self._transforms += (TRANSFORMS[name],)
        elif name in MODIFIERS and self._protocol == HTTP:
            self._move_last(MODIFIERS[name])
        else:
            self._take_other(name, value)

    def _take_other(self, name: str, value: str) -> None:
        take = getattr(self, f"_take_{name}", None)
        if take is None or not re.fullmatch(r"\w+", name):
            raise UnsupportedError(f"the option {name} is not supported")
        take(value)

    def _take_content(self, value: str) -> None:
        negated, text = unquoted(value)
        self._add(Content(pattern_bytes(text), negated=negated))

    def _take_pcre(self, value: str) -> None:
        negated, text = unquoted(value)
        if self._protocol != HTTP:
            raise UnsupportedError("pcre in rules for DNS and TLS is not supported")
        begin, _, rest = text.partition("/")
        expression, slash, letters = rest.rpartition("/")
        if begin or not slash:
            raise RuleError(f"the expression {text!r} is not between slashes")
        flags, relative = 0, False
        for letter in letters:
            if letter in LETTERS:
                self._buffer, self._transforms = LETTERS[letter], ()
            elif letter in _FLAGS:
                flags |= _FLAGS[letter]
            elif letter == "R":
                relative = True
            elif letter == "A":
                expression = rf"\A(?:{expression})"
            elif letter != "O":
                raise UnsupportedError(f"the flag {letter} of pcre is not supported")
        self._add(Expression(_compiled(expression, flags), negated, relative))

    def _take_isdataat(self, value: str) -> None:
        size, *more = (part.strip() for part in value.split(","))
        negated = size.startswith("!")
        self._add(DataAt(_number(size.removeprefix("!")), negated, "relative" in more))

    def _take_bsize(self, value: str) -> None:
        self._add(_size(value))

    def _take_urilen(self, value: str) -> None:
        plain, _, raw = value.partition(",")
        key = ("http.uri.raw" if raw.strip() == "raw" else "http.uri", ())
        self._groups.setdefault(key, []).append(_size(plain))

    def _take_flow(self, value: str) -> None:
        words = {word.strip() for word in value.split(",")}
        if words & {"to_server", "from_client"}:
            self._to_server = True
        elif words & {"to_client", "from_server"}:
            self._to_server = False
        unknown = words - {
            "to_server",
            "from_client",
            "to_client",
            "from_server",
            "established",
            "stateless",
            "only_stream",
        }
        if unknown:
            raise UnsupportedError(f"flow:{min(unknown)} is not supported")

    def _take_threshold(self, value: str) -> None:
        facts = _facts(value)
        self._threshold = _threshold(facts.get("type", "threshold"), facts)

    def _take_detection_filter(self, value: str) -> None:
        self._threshold = _threshold("filter", _facts(value))

    def _take_nocase(self, value: str) -> None:
        self._change(nocase=True)

    def _take_offset(self, value: str) -> None:
        self._change(offset=_number(value))

    def _take_depth(self, value: str) -> None:
        self._change(depth=_number(value))

    def _take_distance(self, value: str) -> None:
        self._change(distance=_number(value, signed=True))

    def _take_within(self, value: str) -> None:
        self._change(within=_number(value))

    def _take_startswith(self, value: str) -> None:
        self._change(starts=True)

    def _take_endswith(self, value: str) -> None:
        self._change(ends_buffer=True)

    # Parts ------------------------------------------------------------------------------------------------------------

    def _add(self, part: Part) -> None:
        if self._buffer not in BUFFERS[self._protocol]:
            raise UnsupportedError("rules for DNS and TLS without a buffer are not supported")
        key = (self._buffer, self._transforms)
        parts = self._groups.setdefault(key, [])
        parts.append(part)
        self._last = key, len(parts) - 1

    def _last_content(self) -> Content:
        if self._last is not None:
            key, number = self._last
            part = self._groups[key][number]
            if isinstance(part, Content):
                return part
        raise RuleError("an option belongs to a content, and there is none before it")

    def _change(self, **fields: Any) -> None:
        changed = replace(self._last_content(), **fields)
        assert self._last is not None
        key, number = self._last
        self._groups[key][number] = changed

    def _move_last(self, buffer: str) -> None:
        """Move the last content to the buffer that the option after it names."""
        content = self._last_content()
        assert self._last is not None
        key, number = self._last
        del self._groups[key][number]
        parts = self._groups.setdefault((buffer, ()), [])
        parts.append(content)
        self._last = (buffer, ()), len(parts) - 1

    def _bytes_of_last(self) -> bytes:
        content = self._last_content()
        return b"" if content.negated else content.text

    # The rule ---------------------------------------------------------------------------------------------------------

    def _severity(self) -> str:
        priority, kind = self._text.value("priority"), self._text.value("classtype")
        if priority.isdigit():
            return SEVERITIES.get(int(priority), INFO)
        return HIGH if kind in FIRST else LOW if kind in THIRD else MEDIUM

    def _technique(self) -> str:
        found = re.search(r"mitre_technique_id[ _:]+(T\d{4}(?:[._]\d{3})?)", self._text.value("metadata"))
        return found[1].replace("_", ".") if found else ""

    def _side(self, groups: Sequence[Group]) -> bool | None:
        """Return whether it is about requests; None if neither `flow` nor a buffer says so."""
        if self._to_server is not None:
            return self._to_server
        return True if _names(groups) & {*REQUEST} else False if _names(groups) & {*RESPONSE} else None

    def _ends(self, is_ours: Test) -> Callable[[str, int, str, int], bool]:
        text, to_server = self._text, self._to_server
        source, destination = addresses(text.source, is_ours), addresses(text.destination, is_ours)
        source_port, destination_port = ports(text.source_port), ports(text.destination_port)

        def sent(client: str, client_port: int, server: str, server_port: int) -> bool:
            return source(client) and source_port(client_port) and destination(server) and destination_port(server_port)

        def fits(client: str, client_port: int, server: str, server_port: int) -> bool:
            there = sent(client, client_port, server, server_port)
            back = sent(server, server_port, client, client_port)
            if text.both_ways or to_server is None:
                return there or back
            return there if to_server else back

        return fits

    def _keyword(self, groups: Sequence[Group]) -> bytes:
        """Return bytes that must be there: those for which the rule asks, or the longest."""
        plain = [
            part.text
            for group in groups
            if not group.transforms
            for part in group.parts
            if isinstance(part, Content) and not part.negated
        ]
        wanted = self._fast if self._fast in plain else max(plain, key=len, default=b"")
        return wanted.lower()


def _names(groups: Sequence[Group]) -> set[str]:
    return {group.buffer for group in groups}


def _compiled(expression: str, flags: int) -> re.Pattern[bytes]:
    try:
        return re.compile(expression.encode("utf-8"), flags)
    except (re.error, OverflowError) as error:
        raise UnsupportedError(f"an expression is not supported: {error}") from error


def _number(text: str, signed: bool = False) -> int:
    if not re.fullmatch(r"-?\d{1,9}" if signed else r"\d{1,9}", text):
        if re.fullmatch(r"[A-Za-z_]\w*", text):
            raise UnsupportedError("variables of byte_extract are not supported")
        raise RuleError(f"{text!r} is no number")
    return int(text)


def _size(text: str) -> Size:
    found = re.fullmatch(r"\s*(<=|>=|<|>|!|)?\s*(\d+)\s*(?:<>\s*(\d+))?\s*", text)
    if found is None:
        raise RuleError(f"{text!r} is no size")
    sign, first, last = found[1], int(found[2]), found[3]
    if last is not None:
        return Size(first + 1, int(last) - 1)
    least = {"<": 0, "<=": 0, ">": first + 1, ">=": first}.get(sign, first)
    most = {"<": first - 1, "<=": first, ">": None, ">=": None}.get(sign, first)
    return Size(least, most, negated=sign == "!")


def _facts(value: str) -> dict[str, str]:
    return dict(part.strip().split(None, 1) for part in value.split(",") if len(part.split()) > 1)


def _threshold(kind: str, facts: Mapping[str, str]) -> Threshold:
    if kind not in ("limit", "threshold", "both", "filter") or facts.get("track") not in ("by_src", "by_dst"):
        raise UnsupportedError("a threshold by something else than by_src or by_dst is not supported")
    return Threshold(
        kind, facts["track"] == "by_src", _number(facts.get("count", "")), _number(facts.get("seconds", ""))
    )


def known_options() -> Iterator[str]:
    """Iterate over the names of options that are supported, besides buffers, for the documents."""
    taken = (name.removeprefix("_take_") for name in vars(_Reader) if name.startswith("_take_"))
    yield from sorted({*IGNORED, *MODIFIERS, *TRANSFORMS, *(name for name in taken if name != "other")})
