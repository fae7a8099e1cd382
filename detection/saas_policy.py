"""What people may do in which SaaS application: rules such as `deny Dropbox: upload`. Pure."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from settings.closest import did_you_mean

ALLOW: Final = "allow"
WATCH: Final = "watch"
DENY: Final = "deny"
VERDICTS: Final = (ALLOW, WATCH, DENY)


class PolicyError(ValueError):
    """A rule is wrong. The text is one line for the user."""


class Rule(NamedTuple):
    """A verdict on applications and actions; both may have `*` and `?`."""

    verdict: str
    application: str
    action: str

    def fits(self, application: str, action: str | None) -> bool:
        """Return whether the rule is about this action of this application; None is an unknown action."""
        if action is None and self.action != "*":
            return False
        fits = fnmatchcase(application.casefold(), self.application)
        return fits and fnmatchcase((action or "").casefold(), self.action)


class Policy:
    """Rules in order; the first one that fits decides."""

    def __init__(self, texts: Sequence[str], applications: Iterable[str], actions: Iterable[str]) -> None:
        """Read rules; they may name only these applications and actions.

        Raises:
            PolicyError: a rule has another form, or names something unknown.
        """
        known = {application.casefold(): application for application in applications}
        self._rules = [_rule(text, known, {action.casefold() for action in actions}) for text in texts]

    def verdict(self, application: str, action: str | None) -> str:
        """Return the verdict on an action, empty if no rule fits. None is an action that nobody can see."""
        return next((rule.verdict for rule in self._rules if rule.fits(application, action)), "")


def _rule(text: str, applications: dict[str, str], actions: set[str]) -> Rule:
    verdict, _, rest = text.strip().partition(" ")
    application, _, action = (part.strip() for part in rest.partition(": "))
    if verdict not in VERDICTS or not application:
        raise PolicyError(f"saas_policy: {text!r} is no rule; write it as `deny Dropbox: upload` or `watch *`")
    _check(text, application, applications.keys(), applications.values())
    if action:
        _check(text, action, actions, actions)
    return Rule(verdict, application.casefold(), action.casefold() or "*")


def _check(text: str, name: str, known: Iterable[str], shown: Iterable[str]) -> None:
    if not any(fnmatchcase(each, name.casefold()) for each in known):
        hint = did_you_mean(name, shown) or "see stats/saas.toml"
        raise PolicyError(f"saas_policy: {text!r} names {name!r}, which is unknown; {hint}")
