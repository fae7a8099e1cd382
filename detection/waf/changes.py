"""Finds out which rules are removed or changed by others, in files or while they run. Pure."""

import re
from collections.abc import Iterator

from detection.waf.seclang import Rule, RuleSet, matches_number
from detection.waf.variables import variables


def removals(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield how rules are removed, always or while others run, as `id` and numbers, or `tag` or `msg` and a pattern."""
    for line in rules.others:
        if line.name.startswith("secruleremoveby"):
            yield line.name.removeprefix("secruleremoveby"), " ".join(line.arguments)
    for rule in rules.rules:
        for link in rule.links:
            for text in link.actions.values("ctl"):
                name, _, value = text.partition("=")
                if name.lower().startswith("ruleremoveby"):
                    yield name.lower().removeprefix("ruleremoveby"), value


def removes(kind: str, text: str, rule: Rule) -> bool:
    """Return whether a rule is among those that `removals` names."""
    if kind == "id":
        return matches_number((text,), rule.number)
    names = rule.tags if kind == "tag" else rule.links[0].actions.values("msg")
    return any(found(text, name) for name in names)


def found(pattern: str, text: str) -> bool:
    """Return whether a pattern matches; one that Python does not know may."""
    try:
        return re.search(pattern.strip("\"'"), text) is not None
    except re.error:
        return True


def changes(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield the rules that get other variables or actions than they were written with, as `removals` does."""
    for line in rules.others:
        kind = line.name.removeprefix("secruleupdatetargetby").removeprefix("secruleupdateactionby")
        targets = line.arguments[1] if "target" in line.name and len(line.arguments) > 1 else "any"
        only_leaves_out = all("!" in variable.prefix for variable in variables(targets))
        if kind != line.name and line.arguments and not only_leaves_out:
            yield kind, line.arguments[0].partition(":")[0]
