"""Writes exclusion rules for false positives, in the language of ModSecurity. Pure."""

import re
from collections.abc import Sequence
from typing import Final

FIRST: Final = 10_000
"""Number of the first exclusion rule; 1 to 99,999 are for rules of one's own."""
MANY: Final = 3
"""Paths with false positives in the same variable from which on the exclusion is for all paths."""
_TARGET: Final = re.compile(
    r"(?:ARGS|ARGS_GET|ARGS_POST|ARGS_NAMES|REQUEST_COOKIES|REQUEST_HEADERS|FILES):[\w.\[\]$-]{1,60}"
)
"""Variables that an exclusion can name. A name comes from the traffic, so it must not have a quote."""
_PATH: Final = re.compile(r"[\w/.~+*@:,-]{1,200}")


def everywhere(rules: Sequence[int], place: str) -> tuple[str, ...]:
    """Return exclusions of the variable for all paths, which go after the rules; none if it cannot be written."""
    return tuple(f'SecRuleUpdateTargetById {rule} "!{place}"' for rule in rules) if _TARGET.fullmatch(place) else ()


def at_path(rules: Sequence[int], path: str, place: str, number: int) -> tuple[str, ...]:
    """Return an exclusion for the path, which goes before the rules; none if the path cannot be written."""
    if not _PATH.fullmatch(path):
        return ()
    named = bool(_TARGET.fullmatch(place))
    actions = [f"ctl:ruleRemoveTargetById={rule};{place}" if named else f"ctl:ruleRemoveById={rule}" for rule in rules]
    return (f'SecRule REQUEST_FILENAME "{_condition(path)}" "id:{number},phase:1,pass,nolog,{",".join(actions)}"',)


def _condition(path: str) -> str:
    if "*" not in path:
        return f"@streq {path}"
    return "@rx ^" + "[^/]+".join(re.escape(part) for part in path.split("*")) + "$"
