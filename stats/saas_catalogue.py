"""Which application a server belongs to, and what a request does there: see `saas.toml`."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from stats.loading import StatisticError

OURS: Final = Path(__file__).with_name("saas.toml")
OTHER: Final = "other"
"""An action that no line knows."""
REMEMBERED: Final = 8192
"""Hosts, and targets, that are not looked up again."""


class Line(NamedTuple):
    """One way to know an action."""

    action: str
    methods: frozenset[str]
    """Empty for all."""
    pattern: re.Pattern[str]

    def fits(self, method: str, target: str) -> bool:
        """Whether a request is of that kind."""
        return (not self.methods or method in self.methods) and self.pattern.search(target) is not None


class Catalogue:
    """Applications by domain, and actions by method and target."""

    def __init__(self, own: str = "") -> None:
        """Ours, after that of the user in the file `own`, if there is one.

        Raises:
            StatisticError: the file cannot be read, or says something that is not understood.
        """
        files = [*([Path(own).expanduser()] if own else []), OURS]
        self._names: dict[str, str] = {}
        self._lines: dict[str, list[Line]] = {}
        for path in files:
            self._add(path, _read(path))
        self.application = lru_cache(maxsize=REMEMBERED)(self._application)
        """From the name of a host, in lower case, to the application; None of none that is known."""
        self.action = lru_cache(maxsize=REMEMBERED)(self._action)
        """From application, method and target to the action; OTHER of none that is known."""

    def request(self, domain: str, method: str, target: str) -> tuple[str, str] | None:
        """Application and action; None of no application that is known."""
        name = self.application(domain)
        return None if name is None else (name, self.action(name, method, target))

    def _application(self, host: str) -> str | None:
        while host:
            if host in self._names:
                return self._names[host]
            host = host.partition(".")[2]
        return None

    def _action(self, application: str, method: str, target: str) -> str:
        lines = [*self._lines.get(application, ()), *self._lines.get("", ())]
        return next((line.action for line in lines if line.fits(method, target)), OTHER)

    def _add(self, path: Path, content: Mapping[str, Any]) -> None:
        try:
            self._lines.setdefault("", []).extend(_lines(content.get("actions", {})))
            for name, facts in content.get("applications", {}).items():
                self._lines.setdefault(name, []).extend(_lines(facts.get("actions", {})))
                for domain in facts["domains"]:
                    self._names.setdefault(domain.lower(), name)
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
            raise StatisticError(f"{path}: not understood: {error}; see stats/saas.toml for the form") from error


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StatisticError(f"saas_catalogue: {path} cannot be read: {error}") from error


def _lines(actions: Mapping[str, Iterable[str]]) -> list[Line]:
    return [_line(action, text) for action, texts in actions.items() for text in texts]


def _line(action: str, text: str) -> Line:
    methods, _, pattern = text.partition(" ")
    if not pattern:
        raise ValueError(f"{text!r} is no METHODS PATTERN")
    return Line(action, frozenset() if methods == "*" else frozenset(methods.split(",")), re.compile(pattern))
