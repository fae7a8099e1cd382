"""The agent that HAProxy asks: connections, each with a session, and a judge for all of them."""

import asyncio
from collections import Counter
from typing import Final

from verdicts.judge import Judge
from verdicts.spoe.checks import NAME, answer_to, question_of
from verdicts.spoe.session import NO_RESOURCES, Notified, Session
from verdicts.spoe.values import WrongFrame
from verdicts.verdict import Verdict

PATIENCE: Final = 5.0
"""Seconds for HAProxy to introduce itself."""
MOST_WAITING: Final = 1_000
"""Questions of a connection that wait for answers; then it is not read until some are answered."""
MALFORMED: Final = "malformed frames"
REFUSED: Final = "connections refused"


class Agent:
    """What all connections share."""

    def __init__(self, judge: Judge, most: int) -> None:
        """At most `most` connections are open at a time."""
        self.judge = judge
        self.most = most
        self.problems = Counter[str]()
        """What was wrong with connections."""
        self.connections: set[Connection] = set()

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection."""
        return Connection(self)

    def disconnect(self) -> None:
        """Say good-bye on all connections."""
        for connection in list(self.connections):
            connection.disconnect()


class Connection(asyncio.Protocol):
    """One connection of HAProxy."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._session = Session()
        self._transport: asyncio.Transport | None = None
        self._waiting = 0
        self._writable = True
        self._reading = False
        self._impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, if there are not too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._agent.connections) >= self._agent.most:
            self._agent.problems[REFUSED] += 1
            self._session.disconnect(NO_RESOURCES, "too many connections")
            self._flush()
            return
        self._agent.connections.add(self)
        self._impatience = asyncio.get_running_loop().call_later(PATIENCE, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; what still waits is answered to nobody."""
        self._transport = None
        self._agent.connections.discard(self)
        if self._impatience is not None:
            self._impatience.cancel()

    def data_received(self, data: bytes) -> None:
        """Have all that is asked judged."""
        self._reading = True  # what is answered at once is sent together
        for notified in self._session.receive(data):
            self._ask(notified)
        self._reading = False
        if self._session.problem:
            self._agent.problems[MALFORMED] += 1
        self._flush()

    def eof_received(self) -> bool:
        """Close the connection."""
        return False

    def pause_writing(self) -> None:
        """Read no questions while HAProxy reads no answers."""
        self._writable = False
        self._balance()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable = True
        self._balance()

    def disconnect(self) -> None:
        """Say good-bye."""
        self._session.disconnect()
        self._flush()

    def _ask(self, notified: Notified) -> None:
        check = next((message for message in notified.messages if message.name == NAME), None)
        if check is None:
            self._session.acknowledge(notified, {})
            return
        try:
            question = question_of(check.arguments)
        except WrongFrame as wrong:  # others ask on this connection too
            self._agent.problems[MALFORMED] += 1
            self._session.acknowledge(notified, answer_to(self._agent.judge.unreadable(str(wrong))))
            return
        self._waiting += 1
        self._agent.judge.ask(question, lambda verdict: self._answer(notified, verdict))
        if self._waiting >= MOST_WAITING:
            self._balance()

    def _answer(self, notified: Notified, verdict: Verdict) -> None:
        self._waiting -= 1
        self._session.acknowledge(notified, answer_to(verdict))
        self._flush()
        if self._waiting == MOST_WAITING - 1:
            self._balance()

    def _flush(self) -> None:
        if self._reading or self._transport is None or self._transport.is_closing():
            return
        if sent := self._session.take():
            self._transport.write(sent)
        if self._session.closed:
            self._transport.close()

    def _balance(self) -> None:
        """Read on only if there is room for more questions and their answers."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._writable and self._waiting < MOST_WAITING:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _lose_patience(self) -> None:
        if not self._session.greeted:
            self._agent.problems["no HELLO"] += 1
            self._session.disconnect(2, "a timeout occurred")
            self._flush()
