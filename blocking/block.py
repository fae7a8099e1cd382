"""A block of a client, and what happened to it."""

from dataclasses import dataclass
from enum import Enum

BY_USER = "by hand"
"""The rule of a block that a user asked for."""


class Why(Enum):
    """Why a block ended."""

    EXPIRED = "its time is over"
    LIFTED = "lifted by hand"
    DISPLACED = "displaced by a newer block (max_blocks)"
    ENDED = "the monitor ended"


@dataclass(frozen=True)
class Block:
    """A client that the front refuses. Times are in seconds since the epoch, in packet time."""

    network: str
    """Whom: an address, as `203.0.113.7`, or a network, as `2001:db8::/64`."""
    since: float
    until: float
    """When it ends, unless the client offends again."""
    rule: str
    """Rule of the finding, as `path_scan`, name of the alert's signal, or `BY_USER`."""
    severity: str
    """One of `traffic.finding.SEVERITIES`."""
    reason: str
    """One line: what the client did."""
    client: str
    """The address that was seen; in `network`."""
    dry_run: bool = False
    """Whether the front is not told of it."""
    offences: int = 1
    """Findings and alerts so far."""
    note: str = ""
    """Why the front cannot act, if it cannot; empty otherwise."""

    def left(self, now: float) -> float:
        """Return the seconds until it ends."""
        return max(0.0, self.until - now)


@dataclass(frozen=True)
class Blocked:
    """A client is blocked from now on."""

    time: float
    block: Block


@dataclass(frozen=True)
class Extended:
    """A blocked client offended again, and stays blocked for longer. Nobody is notified of it."""

    time: float
    block: Block


@dataclass(frozen=True)
class Lifted:
    """A client is no longer blocked."""

    time: float
    block: Block
    why: Why


BlockEvent = Blocked | Extended | Lifted


def said(event: BlockEvent) -> str:
    """Say in one line what happened; in a dry run, what would have happened."""
    block = event.block
    after = f"; {block.note}" if block.note else ""
    if isinstance(event, Lifted):
        verb = "Would no longer block" if block.dry_run else "No longer blocked:"
        return f"{verb} {block.network}: {event.why.value} (was {block.rule})"
    verb = "Would block" if block.dry_run else "Blocked"
    return f"{verb} {block.network} for {round(block.until - event.time)} s: {block.rule}: {block.reason}{after}"
