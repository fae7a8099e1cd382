"""Reads files with rules."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from detection.networks import within
from detection.suricata.networks import Test
from detection.suricata.reading import rule_of
from detection.suricata.rule import Rule
from detection.suricata.text import RuleError, UnsupportedError, rules

LARGEST: Final = 64 * 2**20
"""Bytes of a file."""
OpenFile = Callable[[str, int], int]


class Read(NamedTuple):
    """What was read."""

    rules: list[Rule]
    left_out: Counter[str]
    """How many rules were left out for each reason."""


def read(paths: Sequence[str], home_net: Sequence[str], open_file: OpenFile = os.open) -> Read:
    """Read the rules in files, and in those of folders whose names end in `.rules`. `home_net` is `$HOME_NET`.

    Raises:
        RuleError: a file cannot be read, or a rule or a network is malformed. The text begins with the setting.
    """
    try:
        is_ours = within(home_net)
    except ValueError as error:
        raise RuleError(f"suricata_home_net: {error}") from error
    found, known = Read([], Counter()), set[int]()
    for path in _files(paths):
        for line, text in rules(_content(path, open_file)):
            rule = _rule(text, f"suricata_rules: {path}:{line}", is_ours, found.left_out)
            if rule is not None and rule.sid in known:
                found.left_out["their sid was used before"] += 1
            elif rule is not None:
                known.add(rule.sid)
                found.rules.append(rule)
    return found


def _rule(text: str, where: str, is_ours: Test, left_out: Counter[str]) -> Rule | None:
    try:
        return rule_of(text, is_ours)
    except UnsupportedError as error:
        left_out[str(error)] += 1
        return None
    except RuleError as error:
        raise RuleError(f"{where}: {error}") from error


def _check(folder: str) -> None:
    """Refuse a folder that cannot be listed; `rglob` would take it for an empty one."""
    try:
        os.listdir(folder)
    except OSError as error:
        raise RuleError(f"suricata_rules: {folder} cannot be read: {error.strerror}") from error


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            _check(path)
            yield from sorted(map(str, Path(path).rglob("*.rules")))
        else:
            yield path


def _content(path: str, open_file: OpenFile) -> str:
    try:
        with os.fdopen(open_file(path, os.O_RDONLY), encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read(LARGEST + 1)
    except OSError as error:
        raise RuleError(f"suricata_rules: {path} cannot be read: {error.strerror}") from error
    if len(text) > LARGEST:
        raise RuleError(f"suricata_rules: {path} has more than {LARGEST:,} bytes")
    return text
