"""Inspectors for tests: one that finds a word, and some that misbehave if they read their own name."""

import os
import signal
from collections.abc import Iterable
from typing import Any, Final

from detection.inspector import Inspected
from traffic.finding import Finding


def finding(exchange: Inspected, **fields: Any) -> Finding:
    """Return a finding about an exchange."""
    told = exchange.content
    made = Finding(
        told.time, "attack", "word", "high", told.client, told.client_port, told.server, told.server_port,
        told.host, told.path, "the word attack",
    )  # fmt: skip
    return made._replace(**fields)


class Double:
    """What they have in common."""

    name, title = "double", "Test double"

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Act on the body of the request."""
        assert exchange.request is not None
        return self.act(exchange, exchange.request.body)

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        """Do it."""
        raise NotImplementedError


class Word(Double):
    name = "word"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        return [finding(exchange)] if b"attack" in body else []


class Loops(Double):
    name = "loops"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        while b"loop" in body:
            pass
        return []


class Allocates(Double):
    name = "allocates"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        kept = []
        while b"allocate" in body:
            kept.append(bytearray(2**24))
        return []


class Nests(Double):
    name = "nests"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        return self.act(exchange, body) if b"nest" in body else []


class Crashes(Double):
    name = "crashes"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"crash" in body:
            os.kill(os.getpid(), signal.SIGSEGV)
        return []


class Sleeps(Double):
    name = "sleeps"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"sleep" in body:
            signal.pause()
        return []


class Raises(Double):
    name = "raises"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"raise" in body:
            raise ZeroDivisionError("it is broken")
        return []


class Garbage(Double):
    name = "garbage"

    def act(self, exchange: Inspected, body: bytes) -> Any:
        return [42] if b"garbage" in body else []


DOUBLES: Final = {kind.name: kind for kind in (Word, Loops, Allocates, Nests, Crashes, Sleeps, Raises, Garbage)}
