"""Reads files with rules: that of the program, and the user's."""

from pathlib import Path
from typing import Final

from detection.leaks.rules import LeakRule, RuleError, rules_in

BUILT_IN: Final = Path(__file__).with_name("rules.toml")
LARGEST: Final = 2**20
"""Bytes of a file."""


def built_in() -> list[LeakRule]:
    """Return the rules of the program."""
    return rules_in(BUILT_IN.read_text(encoding="utf-8"), BUILT_IN.name)


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
        return rules_in(content.decode("utf-8-sig"), path)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RuleError(f"data_leak_patterns: {path} cannot be read: {reason}") from None
