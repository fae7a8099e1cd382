"""Decides for most exchanges that no rule can match, in the core, so that they cost microseconds. Pure."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from detection.inspector import Inspected
from detection.waf.conditions import conditions
from detection.waf.needs import Condition, Step, Test
from detection.waf.seclang import directives, rule_set

MOST_ARGUMENTS: Final = 250
"""Exchanges with more arguments go to the engine."""
LONGEST_BODY: Final = 1 << 18
"""Exchanges with longer bodies go to the engine, in bytes."""
NOTHING: Final = range(0)

Included = Callable[[str, str], Iterable[tuple[str, str]]]
"""Returns path and text of the files for the path of a file and what it includes."""
WordsOf = Callable[[str, str], str | None]
"""Returns the text of a file of words for the path of a rule file and the name in a rule; None if there is none."""


class Prefilter:
    """Whether the rules of a text may match exchanges. Without the core's part, they may match all."""

    def __init__(self, core: Any, text: str, included: Included, words_of: WordsOf, ignored: range = NOTHING) -> None:
        """Read the rules as the engine gets them. Rules whose numbers are `ignored` always run, or are nobody's."""
        made = getattr(core, "Prefilter", None)
        self._core = None
        self.conditions: list[Condition] = []
        if made is not None:
            self.conditions = conditions(rule_set(directives(text, included)), words_of, ignored)
            told = [(rule, [_told(test) for test in tests]) for rule, tests in self.conditions]
            self._core = made(told, MOST_ARGUMENTS, LONGEST_BODY)

    @property
    def unbounded(self) -> list[str]:
        """Rules that may match everything, as far as is known: because of one, all exchanges go to the engine."""
        return [] if self._core is None else list(self._core.unbounded)

    @property
    def core(self) -> Any:
        """The core's part, for what asks it without Python; None if there is none."""
        return self._core

    def may_match(self, exchange: Inspected) -> bool:
        """Return whether a rule may match an exchange; if not, none does."""
        return self.reason(exchange) is not None

    def reason(self, exchange: Inspected) -> str | None:
        """Return a rule that may match, or why it is not known; None if no rule can match."""
        content = exchange.content
        if self._core is None:
            return "no core"
        if content.missing_bytes or len(content.request_body) < content.request_bytes:
            return "cut"
        body = b""
        if content.response_head:
            response = exchange.response
            if response is None or response.cut or response.coding_problem:
                return "cut"
            body = response.body
        reason: str | None = self._core.reason(content.request_head, content.request_body, content.response_head, body)
        return reason


def _told(test: Test) -> tuple[object, ...]:
    """Return a test as the core takes it."""
    subjects = [(part, name, list(but), counted) for part, name, but, counted in test.subjects]
    return subjects, [_step(step) for step in test.steps], test.at_each_step, tuple(test.check), test.negated


def _step(step: Step) -> tuple[str, object]:
    return step.name, None if step.capture is None else tuple(step.capture)
