"""Necessary conditions of rules, as the core takes them. Pure."""

from typing import NamedTuple

from detection.waf.operators import Check
from detection.waf.variables import Subject


class Capture(NamedTuple):
    """A group of an expression, between two strings."""

    pattern: str
    group: int
    before: bytes
    after: bytes


class Step(NamedTuple):
    """A transformation of a value: one of the engine's, or a capture."""

    name: str
    capture: Capture | None = None


class Test(NamedTuple):
    """Holds if some value of some subject passes the check after all steps."""

    subjects: tuple[Subject, ...]
    steps: tuple[Step, ...]
    at_each_step: bool
    """Whether the check is also made before and between the steps."""
    check: Check
    negated: bool


class Condition(NamedTuple):
    """If a rule matches, all of these tests hold. Without any, it may always match."""

    rule: str
    tests: tuple[Test, ...]
