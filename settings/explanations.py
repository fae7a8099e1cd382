"""Reads a class's source for the explanations of its settings: the docstring below each, and the headings
between them.
"""

import ast
import inspect
import re
from textwrap import dedent
from typing import Final, NamedTuple

_HEADING: Final = re.compile(r"^ *# (?P<words>\S.*?) -{3,}$", re.MULTILINE)


class Explanation(NamedTuple):
    """Explanation of one setting."""

    heading: str
    """Heading of the group that the setting starts; empty for the others in the group."""
    words: str
    """The docstring, in one line."""


def explanations(owner: type) -> dict[str, Explanation]:
    """Return the explanations by setting; empty if the source is not available."""
    try:
        source = dedent(inspect.getsource(owner))
    except OSError:
        return {}
    headings = [(source.count("\n", 0, match.start()) + 1, match["words"]) for match in _HEADING.finditer(source)]
    found = {}
    for line, name, words in _settings(source):
        above = [heading for place, heading in headings if place < line]
        headings = [(place, heading) for place, heading in headings if place > line]
        found[name] = Explanation(above[-1] if above else "", words)
    return found


def _settings(source: str) -> list[tuple[int, str, str]]:
    """Return line, name and docstring of each setting."""
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.ClassDef)
    body = definition.body
    return [
        (statement.lineno, statement.target.id, _text(following))
        for statement, following in zip(body, [*body[1:], None], strict=True)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]


def _text(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""
