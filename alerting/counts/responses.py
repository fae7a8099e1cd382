"""Responses by their status, and requests that had none, in the bucket of the time they ended."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from alerting.counts.sections import sections
from alerting.counts.servers import server_name
from alerting.part import Part
from traffic.records import CAPTURE_END, EVICTED, GAP, Exchange, Request

UNKNOWN: Final = frozenset({CAPTURE_END, EVICTED, GAP})
"""Endings that say something about the capture, and nothing about the server."""
ABSENT: Final = frozenset({404, 410})
"""What was asked for is not there: the answer to crawlers, scanners and dead links on every web server, day by day. It
counts as a response and is no error."""
_OUTCOME = attrgetter("status", "ending")


class Responses:
    """How requests ended."""

    def __init__(self) -> None:
        self.answered = 0
        """Exchanges with a status, whether their request was seen or not."""
        self.ended = 0
        """Requests that were answered, and those that will not be."""
        self.server_errors = Part("status", "section", "client", "server")
        """5xx."""
        self.client_errors = Part("status", "section", "client", "server")
        """4xx without ABSENT."""
        self.unanswered = Part("ending", "section", "client", "server")

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count exchanges. Most are fine, and are counted by their outcome only."""
        outcomes = Counter(map(_OUTCOME, exchanges))
        answered = sum(count for (status, _), count in outcomes.items() if status is not None)
        unanswered = sum(count for outcome, count in outcomes.items() if _is_unanswered(*outcome))
        self.answered += answered
        self.ended += answered + unanswered
        faulty = [one for one in exchanges if one.status is None or one.status >= 400] if _any_fault(outcomes) else []
        _blame(self.server_errors, [one for one in faulty if one.status is not None and one.status >= 500])
        _blame(self.client_errors, [one for one in faulty if one.status is not None and _is_client_error(one.status)])
        _blame(self.unanswered, [one for one in faulty if _is_unanswered(one.status, one.ending)])

    def successor(self) -> "Responses":
        """Empty."""
        return Responses()


def _any_fault(outcomes: Counter[tuple[int | None, str]]) -> bool:
    return any(status is None or status >= 400 for status, _ in outcomes)


def _is_client_error(status: int) -> bool:
    return 400 <= status < 500 and status not in ABSENT


def _is_unanswered(status: int | None, ending: str) -> bool:
    return status is None and ending not in UNKNOWN


def _blame(part: Part, exchanges: Sequence[Exchange]) -> None:
    """Add exchanges to the part of a fault, with whose they are."""
    if not exchanges:
        return
    amounts = {
        "section": sections([one.request for one in exchanges if one.request is not None]),
        "client": Counter(one.client for one in exchanges),
        "server": Counter(server_name(one.server, one.server_port) for one in exchanges),
    }
    if "status" in part.shares:
        amounts["status"] = Counter(str(one.status) for one in exchanges)
    else:
        amounts["ending"] = Counter(one.ending for one in exchanges)
    part.add(len(exchanges), **amounts)
