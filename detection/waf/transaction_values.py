"""What the variables of a transaction (`TX`) can be before any rule that is seen has matched. Pure.

Rule sets keep their settings and scores in these variables. A value is followed as long as it does not depend on the
exchange.
"""

import re
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Final

from detection.waf.operators import Operator
from detection.waf.seclang import Actions
from detection.waf.variables import Variable

Values = frozenset[str | None]
"""What a variable may be; None stands for no value. Anything if it is `ANYTHING`."""
ANYTHING: Final[Values] = frozenset(("\0anything",))
UNSET: Final[Values] = frozenset((None,))
MOST: Final = 8
"""Values that are followed."""
MACRO: Final = re.compile(r"%\{([^}]*)\}")
_OF_THE_ENGINE: Final = (*"0123456789", "msc_")
"""Beginnings of names that the engine sets: captured groups, and errors."""
_COMPARED: Final = {
    "eq": int.__eq__, "gt": int.__gt__, "ge": int.__ge__, "lt": int.__lt__, "le": int.__le__,
}  # fmt: skip


class TransactionValues:
    """The variables by name, in lower case."""

    def __init__(self, open_names: Iterable[str] = (), scripts: bool = False) -> None:
        """`open_names` are beginnings of names that depend on the exchange; `scripts` may set anything."""
        self._values: dict[str, Values] = {}
        self._removable: dict[str, frozenset[str]] = {}
        self._tags: frozenset[str] | None = None
        self._open = (*open_names, *_OF_THE_ENGINE, *([""] if scripts else []))

    def get(self, name: str) -> Values:
        """Return what a variable may be."""
        name = name.lower()
        tags = self._removable.get(name, frozenset())
        if name.startswith(self._open) or (self._tags is not None and not tags <= self._tags):
            return ANYTHING
        return self._values.get(name, UNSET)

    def known_to(self, tags: frozenset[str]) -> "TransactionValues":
        """Return what a rule with these tags knows: nothing of variables whose rules may be removed without it."""
        view = copy(self)
        view._tags = tags
        return view

    def knows(self, beginning: str) -> bool:
        """Return whether a variable has a value whose name begins so."""
        return any(name.startswith(beginning) for name in self._values)

    def set(self, actions: Actions, certain: bool, known: "TransactionValues", removable: frozenset[str]) -> None:
        """Take over what a rule sets, by what it knows; it may not, unless it is `certain`.

        The rule may be removed by the tags in `removable`.
        """
        for text in actions.values("setvar"):
            name, value = assigned(text)
            if name is None:
                continue
            before = self.get(name)
            after = _after(before, value, known)
            self._values[name] = after if certain else _joined(before, after)
            self._removable[name] = self._removable.get(name, frozenset()) | removable

    def resolved(self, text: str) -> str | None:
        """Return a text with its macros replaced; None if one may have several values."""
        parts = []
        for place, part in enumerate(MACRO.split(text)):
            if place % 2 == 0:
                parts.append(part)
                continue
            values = self.get(part[3:]) if part.lower().startswith("tx.") else ANYTHING
            if values is ANYTHING or len(values) != 1:
                return None
            parts.append(next(iter(values)) or "")
        return "".join(parts)

    def holds(self, variables: list[Variable], operator: Operator) -> bool | None:
        """Return whether a test of these variables holds; None if it may."""
        argument = self.resolved(operator.argument)
        if argument is None or any(variable.name != "TX" or variable.expression for variable in variables):
            return None
        outcomes = {outcome for variable in variables for outcome in self._outcomes(variable, operator, argument)}
        return outcomes.pop() if len(outcomes) == 1 else None

    def _outcomes(self, variable: Variable, operator: Operator, argument: str) -> Iterator[bool | None]:
        values = self.get(variable.selector)
        if values is ANYTHING or not variable.selector or "!" in variable.prefix:
            yield None
            return
        for value in values:
            if "&" in variable.prefix:
                yield _passes("0" if value is None else "1", operator, argument)
            else:
                yield False if value is None else _passes(value, operator, argument)


def _after(before: Values, value: str, known: TransactionValues) -> Values:
    sign = value[:1] if value[:1] in ("+", "-") else ""
    added = known.resolved(value.removeprefix(sign))
    if added is None:
        return ANYTHING
    if not sign:
        return frozenset((added,))
    if before is ANYTHING:
        return ANYTHING
    return frozenset(str(number(one or "") + int(f"{sign}{abs(number(added))}")) for one in before)


def assigned(text: str) -> tuple[str | None, str]:
    """Return name, in lower case, and value of a `setvar`; None for other collections and names with macros."""
    name, equals, value = text.strip("'").partition("=")
    name = name.strip().lower()
    if not name.lstrip("!").startswith("tx.") or MACRO.search(name):
        return None, value
    if name.startswith("!"):
        return name[4:], "%{unset}"
    return name[3:], value.strip() if equals else "1"


def number(text: str) -> int:
    """Return the number that a text begins with, as C reads it; 0 if there is none."""
    found = re.match(r"\s*([+-]?\d{1,18})", text)
    return int(found[1]) if found else 0


def _passes(value: str, operator: Operator, argument: str) -> bool | None:
    if operator.name in _COMPARED:
        passes: bool | None = _COMPARED[operator.name](number(value), number(argument))
    elif operator.name == "streq":
        passes = value == argument
    elif operator.name == "unconditionalmatch":
        passes = True
    else:
        return None
    return passes != operator.negated


def _joined(one: Values, other: Values) -> Values:
    both = one | other
    return ANYTHING if one is ANYTHING or other is ANYTHING or len(both) > MOST else both


def variable_name(setvar: str) -> str:
    """Return the name of a variable in lower case, up to its first macro; empty for other collections."""
    name = MACRO.split(setvar.strip("'").partition("=")[0])[0].strip().lower().lstrip("!")
    return name.removeprefix("tx.") if name.startswith("tx.") else "\0"
