"""Turns the text of rules into rules that can be applied. What is not supported is named. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from detection.suricata.buffers import Key
from detection.suricata.header import ends, severity, technique
from detection.suricata.matching import Content, DataAt, Part
from detection.suricata.names import (
    BUFFERS,
    CARRIERS,
    IGNORED,
    MODIFIERS,
    MULTIPLE,
    OF_CERTIFICATES,
    OLD_NAMES,
    PROTOCOLS,
    REQUEST,
    RESPONSE,
    TO_CLIENT,
    TO_SERVER,
    VERSIONS,
    WITHOUT_EFFECT,
)
from detection.suricata.networks import Test
from detection.suricata.rule import HTTP, TLS, Group, Rule, Threshold
from detection.suricata.text import (
    Option,
    RuleError,
    RuleText,
    UnsupportedError,
    as_bytes,
    number,
    pattern_bytes,
    rule_text,
    unquoted,
)
from detection.suricata.transforms import TRANSFORMS
from detection.suricata.values import expression, size, threshold

MOST_PARTS: Final = 200
"""Contents, expressions and sizes of a rule."""
_IMPLIED: Final = {"urilen": "http.uri", "uricontent": "http.uri", **OF_CERTIFICATES}
"""Options that are about a buffer without naming it."""
_ACTIONS: Final = ("alert", "drop", "reject", "rejectsrc", "rejectdst", "rejectboth")


def rule_of(line: str, is_ours: Test) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it is malformed.
        UnsupportedError: it uses something that is not supported.
    """
    text = rule_text(line)
    if text.action not in _ACTIONS:
        raise UnsupportedError(f"the action {text.action} is not supported")
    return _Reader(text, _protocol(text)).rule(is_ours)


def _protocol(text: RuleText) -> str:
    """Return the protocol in the header, or else the one with a buffer that is in the rule."""
    known = PROTOCOLS.get(text.protocol)
    if known is None and text.protocol in CARRIERS:
        names = {_IMPLIED.get(name, MODIFIERS.get(name, OLD_NAMES.get(name, name))) for name, _ in text.options}
        known = next((each for each, buffers in BUFFERS.items() if names & buffers), None)
    if known is None:
        raise UnsupportedError(f"the protocol {text.protocol} is not supported")
    return known


class _Reader:
    """Reads the options of a rule."""

    def __init__(self, text: RuleText, protocol: str) -> None:
        self._text = text
        self._protocol = protocol
        self._buffer: Key = ("", ())
        self._time = 0
        self._groups: dict[tuple[Key, int], list[Part]] = {}
        """Parts by buffer, and by time that it was named if there are several of that name."""
        self._absent: dict[tuple[Key, int], str] = {}
        """Groups whose buffer may be absent; see `Group`."""
        self._last: list[Part] = []
        """The group of the part that was read last."""
        self._content: tuple[list[Part], int] | None = None
        """The group of the content that was read last, and its place there. Other parts may come before its options."""
        self._to_server: bool | None = None
        self._threshold: Threshold | None = None
        self._fast = b""
        """The content that the rule wants to be searched for first."""

    def rule(self, is_ours: Test) -> Rule:
        text = self._text
        for option in text.options:
            self._take(option)
        groups = tuple(
            Group(place[0], tuple(parts), self._absent.get(place, ""))
            for place, parts in self._groups.items()
            if parts or place in self._absent
        )
        _check(groups)
        sid = number(text.value("sid"))
        message = unquoted(text.value("msg"))[1] if text.value("msg") else f"rule {sid}"
        message = as_bytes(re.sub(r"\\(.)", r"\1", message)).decode("utf-8", "replace")
        return Rule(
            sid, message, severity(text), technique(text), self._protocol, self._side(groups),
            ends(text, is_ours), groups, self._threshold, self._keyword(groups),
            VERSIONS.get(text.protocol, b""),
        )  # fmt: skip

    # Options ----------------------------------------------------------------------------------------------------------

    def _take(self, option: Option) -> None:
        name, value = OLD_NAMES.get(option.name, option.name), option.value
        if name == "fast_pattern":
            self._fast = self._last_content()[0].text
        elif name in IGNORED:
            pass
        elif name in BUFFERS[self._protocol] and not value:
            self._buffer, self._time = (name, ()), self._time + 1
        elif name in TRANSFORMS and not value:
            self._buffer = self._buffer[0], (*self._buffer[1], TRANSFORMS[name])
        elif name in MODIFIERS and self._protocol == HTTP and not value:
            self._move_last(MODIFIERS[name])
        elif name in OF_CERTIFICATES and self._protocol == TLS:
            self._take_certificate(OF_CERTIFICATES[name], value)
        elif (take := _TAKEN.get(name)) is not None:
            take(self, value)
        else:
            raise UnsupportedError(f"the option {name} is not supported")

    def _take_content(self, value: str) -> None:
        negated, text = unquoted(value)
        self._add(Content(pattern_bytes(text), negated=negated))

    def _take_certificate(self, buffer: str, value: str) -> None:
        negated, text = unquoted(value)
        whole = buffer == "tls.cert_fingerprint"
        content = Content(pattern_bytes(text), nocase=whole, negated=negated, starts=whole, ends_buffer=whole)
        self._append(content, self._group((buffer, ())))

    def _take_uricontent(self, value: str) -> None:
        self._take_content(value)
        self._move_last("http.uri")

    def _take_pcre(self, value: str) -> None:
        if self._protocol != HTTP:
            raise UnsupportedError("pcre in rules for DNS and TLS is not supported")
        part, buffer = expression(value)
        self._add(part, self._group((buffer, ())) if buffer else None)

    def _take_isdataat(self, value: str) -> None:
        place, *more = (part.strip() for part in value.split(","))
        if unknown := {*more} - {"relative", "rawbytes"}:
            raise RuleError(f"isdataat has no {min(unknown)!r}")
        self._add(DataAt(number(place.removeprefix("!").strip()), place.startswith("!"), "relative" in more))

    def _take_bsize(self, value: str) -> None:
        self._add(size(value))

    def _take_urilen(self, value: str) -> None:
        plain, _, form = (part.strip() for part in value.partition(","))
        if form not in ("", "norm", "raw") or self._protocol != HTTP:
            raise RuleError(f"urilen has no {form!r}")
        self._group(("http.uri.raw" if form == "raw" else "http.uri", ())).append(size(plain))

    def _take_absent(self, value: str) -> None:
        if value not in ("", "or_else"):
            raise UnsupportedError(f"absent:{value} is not supported")
        place = self._place(self._buffer)
        if not self._buffer[0] or self._groups.get(place):
            raise RuleError("absent does not come right after a buffer")
        self._groups[place] = []
        self._absent[place] = value or "only"

    def _take_flow(self, value: str) -> None:
        words = {word.strip() for word in value.split(",")}
        if unknown := words - {*TO_SERVER, *TO_CLIENT, *WITHOUT_EFFECT}:
            raise UnsupportedError(f"flow:{min(unknown)} is not supported")
        if words & {*TO_SERVER, *TO_CLIENT}:
            self._to_server = bool(words & {*TO_SERVER})

    def _take_threshold(self, value: str) -> None:
        self._threshold = threshold(value)

    def _take_detection_filter(self, value: str) -> None:
        self._threshold = threshold(value, "filter")

    # Parts ------------------------------------------------------------------------------------------------------------

    def _place(self, buffer: Key) -> tuple[Key, int]:
        return buffer, self._time if buffer[0] in MULTIPLE else 0

    def _group(self, buffer: Key) -> list[Part]:
        return self._groups.setdefault(self._place(buffer), [])

    def _add(self, part: Part, group: list[Part] | None = None) -> None:
        if group is None:
            # Without a buffer of its own, what is relative belongs to what is before it.
            group = self._last if part.relative and self._last and not self._buffer[0] else self._group(self._buffer)
        if not self._buffer[0] and self._protocol != HTTP:
            raise UnsupportedError("rules for DNS and TLS without a buffer are not supported")
        self._append(part, group)

    def _append(self, part: Part, group: list[Part]) -> None:
        group.append(part)
        self._last = group
        if isinstance(part, Content):
            self._content = group, len(group) - 1

    def _last_content(self) -> tuple[Content, list[Part], int]:
        """Return the content that was read last, its group, and its place there."""
        if self._content is None:
            raise RuleError("an option belongs to a content, and there is none before it")
        group, place = self._content
        content = group[place]
        assert isinstance(content, Content)
        return content, group, place

    def _move_last(self, buffer: str) -> None:
        """Move the last content to the buffer that the option after it names."""
        content, group, place = self._last_content()
        del group[place]
        self._append(content, self._group((buffer, ())))

    def _change(self, **fields: Any) -> None:
        """Change the last content."""
        content, group, place = self._last_content()
        if any(getattr(content, name) not in (None, False) for name in fields):
            raise RuleError(f"{_said(*fields)} is given twice for a content")
        group[place] = changed = replace(content, **fields)
        if changed.relative and (changed.starts or changed.offset is not None or changed.depth is not None):
            raise RuleError("a content is both relative and at a fixed place")
        if changed.starts and (changed.offset is not None or changed.depth is not None):
            raise RuleError("a content with startswith has an offset or depth too")
        for limit in (changed.depth, changed.within):
            if limit is not None and limit < len(changed.text):
                raise RuleError(f"a content has {len(changed.text)} bytes, more than its depth or within of {limit}")

    # The rule ---------------------------------------------------------------------------------------------------------

    def _side(self, groups: Sequence[Group]) -> bool | None:
        """Return whether it is about requests; None if neither `flow` nor a buffer says so."""
        names = {group.buffer[0] for group in groups}
        said = True if names & {*REQUEST} else False if names & {*RESPONSE} else None
        if None not in (said, self._to_server) and said != self._to_server:
            raise RuleError("flow says the other direction than a buffer")
        return said if self._to_server is None else self._to_server

    def _keyword(self, groups: Sequence[Group]) -> tuple[Key, bytes] | None:
        """Return bytes that must be there, with their buffer: those that the rule asks for, or the longest."""
        plain = [
            (group.buffer, part.text)
            for group in groups
            for part in group.parts
            if isinstance(part, Content) and not part.negated and not group.absent
        ]
        return max(plain, key=lambda each: (each[1] == self._fast, len(each[1])), default=None)


def _check(groups: Sequence[Group]) -> None:
    if not groups:
        raise UnsupportedError("rules that look for nothing are not supported")
    if sum(len(group.parts) for group in groups) > MOST_PARTS:
        raise UnsupportedError(f"rules with more than {MOST_PARTS} parts are not supported")
    names = {group.buffer[0] for group in groups}
    if names & {*REQUEST} and names & {*RESPONSE}:
        raise UnsupportedError("buffers of request and response in one rule are not supported")


def _said(field: str) -> str:
    return {"starts": "startswith", "ends_buffer": "endswith"}.get(field, field)


Take = Callable[[_Reader, str], None]


def _flag(field: str) -> Take:
    """Return what an option without a value does to the last content."""

    def take(reader: _Reader, value: str) -> None:
        if value:
            raise RuleError(f"{_said(field)} has a value")
        reader._change(**{field: True})

    return take


def _place(field: str) -> Take:
    """Return what an option with a number does to the last content."""
    return lambda reader, value: reader._change(**{field: number(value, signed=field == "distance")})


_TAKEN: Final[dict[str, Take]] = {
    "absent": _Reader._take_absent, "content": _Reader._take_content, "uricontent": _Reader._take_uricontent,
    "pcre": _Reader._take_pcre, "isdataat": _Reader._take_isdataat, "bsize": _Reader._take_bsize,
    "urilen": _Reader._take_urilen, "flow": _Reader._take_flow, "threshold": _Reader._take_threshold,
    "detection_filter": _Reader._take_detection_filter, "nocase": _flag("nocase"), "startswith": _flag("starts"),
    "endswith": _flag("ends_buffer"), "offset": _place("offset"), "depth": _place("depth"),
    "distance": _place("distance"), "within": _place("within"),
}  # fmt: skip


def known_options() -> Iterator[str]:
    """Iterate over the names of options that are supported, besides buffers, for the documents."""
    yield from sorted({*IGNORED, *TRANSFORMS, *OF_CERTIFICATES, *_TAKEN})
