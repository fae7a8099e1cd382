"""Finds the application that a server belongs to, and the action of a request; see `saas.toml`."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from stats.loading import StatisticError

BUILT_IN: Final = Path(__file__).with_name("saas.toml")
OTHER: Final = "other"
"""Any action without a rule."""
CACHED: Final = 8192
"""Number of hosts, and of targets, whose result is cached."""


class ActionRule(NamedTuple):
    """A rule that recognises an action."""

    action: str
    methods: frozenset[str]
    """Empty for all methods."""
    pattern: re.Pattern[str]

    def matches(self, method: str, target: str) -> bool:
        """Return whether a request matches."""
        return (not self.methods or method in self.methods) and self.pattern.search(target) is not None


class Catalogue:
    """Applications by domain, and actions by method and target."""

    def __init__(self, own: str = "") -> None:
        """Load the built-in catalogue, after the user's file `own`, if there is one.

        Raises:
            StatisticError: the file cannot be read, or is not a valid catalogue.
        """
        files = [*([Path(own).expanduser()] if own else []), BUILT_IN]
        self._names: dict[str, str] = {}
        self._rules: dict[str, list[ActionRule]] = {}
        for path in files:
            self._add(path, _read(path))
        self.application = lru_cache(maxsize=CACHED)(self._application)
        """Returns the application for a lower-case host name; None if it is unknown."""
        self.action = lru_cache(maxsize=CACHED)(self._action)
        """Returns the action for application, method and target; OTHER if it is unknown."""

    @property
    def applications(self) -> frozenset[str]:
        """Names of all applications."""
        return frozenset(self._names.values())

    @property
    def actions(self) -> frozenset[str]:
        """Names of all actions, OTHER too."""
        return frozenset(rule.action for rules in self._rules.values() for rule in rules) | {OTHER}

    def request(self, domain: str, method: str, target: str) -> tuple[str, str] | None:
        """Return application and action; None for unknown applications."""
        name = self.application(domain)
        return None if name is None else (name, self.action(name, method, target))

    def _application(self, host: str) -> str | None:
        while host:
            if host in self._names:
                return self._names[host]
            host = host.partition(".")[2]
        return None

    def _action(self, application: str, method: str, target: str) -> str:
        rules = [*self._rules.get(application, ()), *self._rules.get("", ())]
        return next((rule.action for rule in rules if rule.matches(method, target)), OTHER)

    def _add(self, path: Path, content: Mapping[str, Any]) -> None:
        try:
            self._rules.setdefault("", []).extend(_rules(content.get("actions", {})))
            for name, facts in content.get("applications", {}).items():
                self._rules.setdefault(name, []).extend(_rules(facts.get("actions", {})))
                for domain in facts["domains"]:
                    self._names.setdefault(domain.lower(), name)
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
            raise StatisticError(
                f"{path}: not a valid catalogue: {error}; see stats/saas.toml for the format"
            ) from error


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StatisticError(f"saas_catalogue: {path} cannot be read: {error}") from error


def _rules(actions: Mapping[str, Iterable[str]]) -> list[ActionRule]:
    return [_rule(action, text) for action, texts in actions.items() for text in texts]


def _rule(action: str, text: str) -> ActionRule:
    methods, _, pattern = text.partition(" ")
    if not pattern:
        raise ValueError(f"{text!r} is not METHODS PATTERN")
    return ActionRule(action, frozenset() if methods == "*" else frozenset(methods.split(",")), re.compile(pattern))
