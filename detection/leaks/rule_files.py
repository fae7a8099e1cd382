"""Reads files with rules: that of the program, and the user's."""

import re
import sys
from pathlib import Path
from typing import Final

from detection.leaks.rules import LeakRule, RuleError, rules_in

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BUILT_IN: Final = Path(__file__).with_name("rules.toml")
LARGEST: Final = 2**20
"""Bytes of a file."""


def built_in() -> list[LeakRule]:
    """Return the rules of the program."""
    return _rules(BUILT_IN.read_text(encoding="utf-8"), BUILT_IN.name)


def own(path: str) -> list[LeakRule]:
    """Return the rules in a file of the user's own; none without a file.

    Raises:
        RuleError: the file cannot be read or used.
    """
    if not path:
        return []
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise RuleError(f"data_leak_patterns: {path} has more than {LARGEST:,} bytes")
        return _rules(content.decode().removeprefix("\ufeff"), path)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RuleError(f"data_leak_patterns: {path} cannot be read: {reason}") from None


def _rules(text: str, file: str) -> list[LeakRule]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", str(error))
        where, reason = (f":{found[2]}", found[1]) if found else ("", str(error))
        raise RuleError(f"{file}{where}: not TOML: {reason}") from None
    return rules_in(content, text, file)
