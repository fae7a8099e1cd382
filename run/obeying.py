"""Answers the commands about signals that a running monitor is given: `exercise.py signals`."""

from math import inf
from typing import Final, Protocol

from run.blocking import BLOCKS, Blocker
from run.decisions import CHOICES, Decisions
from run.door import Answer, Answers, Door, Request
from run.session import Session
from view.json_view import json_of
from view.view import View

SIGNALS: Final = "signals"
"""What these commands are about."""
LONGEST_MUTE: Final = 366 * 86400.0
"""Seconds for which a signal can be muted; longer means until that is ended."""


class Books(Protocol):
    """Who knows the signals, and whom to tell what the user says; a session does."""

    @property
    def now(self) -> float:
        """The time up to which everything was judged."""

    @property
    def source(self) -> str:
        """What is monitored."""

    def view(self, window: float | None, rows: int | None = None) -> View | None:
        """Return the current View; None before there is one."""

    @property
    def decisions(self) -> Decisions:
        """Who acts on what the user decides about signals."""


def obey(session: Session, door: Door, blocker: Blocker | None) -> None:
    """Have a session answer the user's commands."""
    door.answer(SIGNALS, signal_answers(session))
    if blocker is not None:
        door.answer(BLOCKS, blocker.answer)
    session.obey(door.serve)


def signal_answers(books: Books) -> Answers:
    """Return what answers commands about signals. Each answer names what is monitored."""

    def answer(asked: Request) -> Answer:
        view = books.view(None, 1)
        if view is None:
            return {"source": books.source, "error": "nothing was captured yet; try again"}
        return {"source": books.source, **_answered(books, view, asked)}

    return answer


def _answered(books: Books, view: View, asked: Request) -> Answer:
    command, name = asked.get("command"), str(asked.get("name", ""))
    if command == "list":
        return {"now": books.now, "signals": [json_of(signal) for signal in view.signals]}
    known = [signal.name for signal in view.signals]
    if name and name not in known:
        return {"error": f"no signal {name!r}; available: {', '.join(known)}"}
    if command == "relearn":
        books.decisions.relearn(name)
        return {"done": [name] if name else known}
    if command == "mute":
        return _muted(books, name, asked.get("seconds"))
    if command == "unmute":
        return _each(books, command, [name] if name else [each.name for each in view.signals if each.muted])
    alerting = [alert.signal for alert in view.alerts if alert.end is None and not alert.sensor]
    if command in ("accept", "acknowledge"):
        return _each(books, command, [name] if name else list(dict.fromkeys(alerting)))
    if command == "baseline":
        return _chosen(books, name, asked.get("kind"))
    return {"error": f"no command {command!r}"}


def _muted(books: Books, name: str, seconds: object) -> Answer:
    if not name:
        return {"error": "which signal? exercise.py signals lists them"}
    length = float(seconds) if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_MUTE else inf
    books.decisions.mute(name, length)
    return {"done": [name]}


def _chosen(books: Books, name: str, kind: object) -> Answer:
    wanted = next((each for each in CHOICES if each == kind), None)
    if not name or wanted is None:
        return {"error": f"which signal, and which baseline? available: {', '.join(CHOICES)}"}
    chosen = books.decisions.choose_baseline(name, wanted)
    return {"done": [f"{name} {chosen}"] if chosen else []}


def _each(books: Books, command: str, names: list[str]) -> Answer:
    for name in names:
        if command == "unmute":
            books.decisions.mute(name, 0.0)
        elif command == "accept":
            books.decisions.accept(name)
        else:
            books.decisions.acknowledge(name)
    return {"done": names}
