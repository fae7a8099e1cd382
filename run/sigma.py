"""Sigma rules in a run. pySigma is optional."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from capture.core import CORE
from detection.detectors.sigma import Sigma
from detection.sigma.patterns import Pattern, PatternError, Search, searching
from detection.sigma.reading import MalformedError, Reading
from detection.sigma.rules import RuleSet
from exercise_config import SettingError
from run.rule_files import OpenFile, line

_LARGEST: Final = 64 * 2**20
"""Bytes of a file."""
_ENDINGS: Final = (".yml", ".yaml")


def use_sigma(detector: Sigma, paths: Sequence[str], open_file: OpenFile) -> str:
    """Have the detector apply the rules at `paths`: files, and those in folders. Return a line for the user.

    Raises:
        SettingError: a file cannot be read, or is wrong.
    """
    prepare = linear if hasattr(CORE, "Patterns") else searching
    reading = Reading(prepare)
    try:
        for path in files_of(paths):
            reading.take(path, _content(path, open_file))
        detector.use(RuleSet(reading.rules, reading.patterns, prepare))
    except MalformedError as error:
        raise SettingError(f"sigma_rules: {error}") from error
    except PatternError as error:
        raise SettingError(f"sigma_rules: all rules together are too large: {error.args[0]}") from error
    return line("sigma", len(reading.rules), Counter(reading.left_out.values()).most_common())


def files_of(paths: Sequence[str]) -> Iterator[str]:
    """Iterate over the files at these paths, and those with rules in folders, sorted.

    Raises:
        SettingError: a folder cannot be listed.
    """
    for path in paths:
        if os.path.isdir(path):
            _check(path)
            yield from sorted(str(each) for each in Path(path).rglob("*") if each.suffix in _ENDINGS)
        else:
            yield path


def _check(folder: str) -> None:
    """Refuse a folder that cannot be listed; `rglob` would take it for an empty one."""
    try:
        os.listdir(folder)
    except OSError as error:
        raise SettingError(f"sigma_rules: {folder} cannot be read: {error.strerror}") from error


def _content(path: str, open_file: OpenFile) -> str:
    try:
        with os.fdopen(open_file(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), encoding="utf-8") as opened:
            return opened.read(_LARGEST)
    except OSError as error:
        raise SettingError(f"sigma_rules: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingError(f"sigma_rules: {path} is not a text in UTF-8: {error}") from error


def linear(patterns: Sequence[Pattern]) -> Search:
    """Search for all patterns at once, with the core, in time that is linear in the text."""
    rules: list[tuple[str, list[str], float, list[str]]] = [
        (each.expression, [each.keyword] if each.keyword else [], 0.0, []) for each in patterns
    ]
    try:
        found = CORE.Patterns(rules)
    except ValueError as error:
        raise PatternError(*error.args) from error
    return lambda text: [place for place, _, _ in found.find(text.encode("utf-8", "surrogatepass"), 1)]
