"""What a front is answered. Pure."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """An answer."""

    blocked: bool = False
    """Whether the front must refuse the request."""
    would_block: bool = False
    """Whether the rules say so, but the route or the rules are only tried out (shadow)."""
    inspected: bool = True
    """False if it is undecided: the deadline passed, too many wait, a worker ended, or the route is off."""
    score: int = 0
    """Anomaly score of the request; 0 if no rule matched."""
    rules: tuple[str, ...] = ()
    """Numbers of the rules that matched: those that count, if they are a reason to refuse the request."""
    reason: str = ""
    """One line of ASCII; empty if no rule matched."""
    id: str = ""
    """What the front calls the request, or a name that we made: the log has it."""
