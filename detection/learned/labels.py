"""Reads labels: lines of the log (ECS) of exchanges, each with `"label": "good"`, `"bad"` or `"none"`. Pure.

A later line about the same exchange replaces an earlier one, so a file of marks can be appended to; `none` takes a mark
back. Only features, status, sizes and times are kept of an exchange, besides who asked which host.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from traffic.records import COMPLETE, Exchange, Request

GOOD: Final = "good"
BAD: Final = "bad"
NONE: Final = "none"
"""A mark that was taken back."""
LABELS: Final = (GOOD, BAD, NONE)
LONGEST_LINE: Final = 65_536
"""Bytes of a line: one of the log has about 1,000, and up to 30,000 with header fields."""
MOST_LINES: Final = 200_000
"""Lines that are read: learning from as many takes two minutes and 1 GB."""
_TOLD: Final = 3
"""Line numbers that are named for each reason."""
_IDENTITY: Final = (
    "@timestamp", "source.ip", "source.port", "destination.ip", "destination.port", "http.request.method",
    "url.original", "http_monitor.features",
)  # fmt: skip


class Labelled(NamedTuple):
    """An exchange with its label."""

    exchange: Exchange
    """It has no more than what a line says and a model uses."""
    is_bad: bool


class Problem(NamedTuple):
    """Why lines were left out."""

    reason: str
    total: int
    lines: tuple[int, ...]
    """Numbers of the first ones, from 1."""

    @property
    def sentence(self) -> str:
        """One line for the user."""
        named = ", ".join(f"{number:,}" for number in self.lines)
        more = self.total - len(self.lines)
        which = f"line{'' if self.total == 1 else 's'} {named}" + (f" and {more:,} more" if more else "")
        return f"{which}: {self.reason}"


class Labels(NamedTuple):
    """What files of labels say."""

    examples: tuple[Labelled, ...]
    problems: tuple[Problem, ...]
    """Wrong lines, most frequent reason first."""
    repeated: int
    """Lines that an equal one had said before."""
    contradicted: tuple[int, ...]
    """Numbers of lines that called an exchange good that an earlier one called bad, or the reverse. They count."""
    taken_back: int
    """Exchanges whose last line takes their mark back."""


class WrongLineError(ValueError):
    """A line is no label. The text is the reason."""


class LabelReader:
    """Takes the lines of files, in order."""

    def __init__(self, length: int) -> None:
        """`length`: hexadecimal digits of the features of an exchange."""
        self._length = length
        self._number = 0
        self._found: dict[tuple[str, ...], Labelled | None] = {}
        self._wrong: Counter[str] = Counter()
        self._lines: dict[str, list[int]] = {}
        self._repeated = 0
        self._contradicted: list[int] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Read the lines of a file. Those of several files are numbered on."""
        for line in lines:
            self._number += 1
            if self._number > MOST_LINES:
                self._note(f"only {MOST_LINES:,} lines are read")
                return
            try:
                if line.strip():
                    self._take(line)
            except WrongLineError as reason:
                self._note(str(reason))

    def labels(self) -> Labels:
        """Return what was read."""
        examples = tuple(each for each in self._found.values() if each is not None)
        problems = (Problem(why, total, tuple(self._lines[why])) for why, total in self._wrong.most_common())
        taken_back = len(self._found) - len(examples)
        return Labels(examples, tuple(problems), self._repeated, tuple(self._contradicted), taken_back)

    def _take(self, line: bytes) -> None:
        fields = _fields(line)
        label = fields.get("label")
        if label not in LABELS:
            raise WrongLineError("no label" if label is None else 'its label is not "good", "bad" or "none"')
        exchange = _exchange(fields, self._length)
        identity = tuple(str(fields.get(name)) for name in _IDENTITY)
        before, known = self._found.get(identity), identity in self._found
        labelled = None if label == NONE else Labelled(exchange, label == BAD)
        self._found[identity] = labelled
        if known and before is not None and labelled is not None:
            if before.is_bad == labelled.is_bad:
                self._repeated += 1
            else:
                self._contradicted.append(self._number)

    def _note(self, reason: str) -> None:
        self._wrong[reason] += 1
        told = self._lines.setdefault(reason, [])
        if len(told) < _TOLD:
            told.append(self._number)


def _fields(line: bytes) -> Mapping[str, Any]:
    if len(line) > LONGEST_LINE:
        raise WrongLineError(f"more than {LONGEST_LINE:,} bytes")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise WrongLineError("not JSON") from None
    if not isinstance(fields, dict):
        raise WrongLineError("not a JSON object")
    return fields


def _exchange(fields: Mapping[str, Any], length: int) -> Exchange:
    """Return the exchange of a line.

    Raises:
        WrongLineError: it is not about an exchange, or lacks what a model needs.
    """
    if not isinstance(fields.get("http_monitor.ending"), str):
        raise WrongLineError("not a line about an exchange")
    client, server = _text(fields, "client.ip"), _text(fields, "destination.ip")
    request = Request(
        time=0.0, client=client, client_port=0, server=server, server_port=0,
        method=_text(fields, "http.request.method"), host=_text(fields, "url.domain"),
        target=_text(fields, "url.original"), version="", user_agent="", referrer="",
    )  # fmt: skip
    taken = _count(fields, "http_monitor.response_time", None)
    return Exchange(
        time=0.0, client=client, client_port=0, server=server, server_port=0, request=request,
        status=_count(fields, "http.response.status_code", None),
        request_bytes=_count(fields, "http.request.body.bytes", 0) or 0,
        response_bytes=_count(fields, "http.response.body.bytes", 0) or 0,
        response_time=None if taken is None else taken / 1e9,
        total_time=None, content_type=_text(fields, "http.response.mime_type"), missing_bytes=0,
        ending=_text(fields, "http_monitor.ending") or COMPLETE,
        protocol=_text(fields, "network.protocol"), features=_features(fields, length),
    )  # fmt: skip


def _features(fields: Mapping[str, Any], length: int) -> str:
    features = fields.get("http_monitor.features")
    if features is None or features == "":
        raise WrongLineError("no features")
    if not isinstance(features, str) or len(features) != length or set(features) - set("0123456789abcdef"):
        raise WrongLineError("its features are of another version")
    return features


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise WrongLineError(f"{name} is not a text")
    return value


def _count(fields: Mapping[str, Any], name: str, default: int | None) -> int | None:
    value = fields.get(name, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62):
        raise WrongLineError(f"{name} is not a whole number")
    return value
