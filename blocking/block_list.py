"""Decides whom to block, and for how long, from findings and alerts. Pure.

A client is blocked when a finding of enough severity, or an alert that was chosen, names it. An offence during a block
makes it longer. When the list is full, the block that would end first makes room: those who offend go on last longest.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from alerting.events import AlertContinued, AlertRaised, Event
from blocking.block import BY_USER, Block, Blocked, BlockEvent, Extended, Lifted, Why
from blocking.exempt import Exempt, Network, network_of, overlap, parsed, text_of
from traffic.finding import HIGH, SEVERITIES, Finding

STEP: Final = 10
"""A block is extended once that adds one part in so many, so that a busy client is no work for the front."""
LONGEST_REASON: Final = 500
"""Characters of a reason; longer ones are cut."""


class RefusedError(ValueError):
    """A user may not block this. The text is one line for the user."""


@dataclass(frozen=True)
class Terms:
    """When to block, and how."""

    severity: str = HIGH
    """Lowest severity of findings that block."""
    rules: frozenset[str] = frozenset()
    """Detectors and rules whose findings block whatever their severity."""
    ignored: frozenset[str] = frozenset()
    """Detectors and rules whose findings block nobody."""
    seconds: float = 600.0
    """Length of a block."""
    most: int = 1000
    """Maximum blocks at a time."""
    grace: float = 3600.0
    """Seconds for which a client is not blocked again after a user lifted its block."""
    prefix_v4: int = 32
    prefix_v6: int = 64
    """Length of the prefix that is blocked as a whole."""
    alerts: frozenset[str] = frozenset()
    """Signals whose alerts block their main contributors."""
    share: float = 0.5
    """Least share of a client in such an alert, from 0 to 1."""
    dry_run: bool = True


@dataclass(frozen=True)
class _Offence:
    time: float
    client: str
    server: str
    rule: str
    severity: str
    reason: str


class BlockList:
    """The current blocks."""

    def __init__(self, terms: Terms, exempt: Exempt) -> None:
        self.terms = terms
        self.spared: Counter[str] = Counter()
        """Offences that blocked nobody, by reason."""
        self._exempt = exempt
        self._blocks: dict[str, Block] = {}
        self._graces: dict[str, float] = {}
        self._least = SEVERITIES.index(terms.severity)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The current blocks; those that offended last come last."""
        return tuple(self._blocks.values())

    def found(self, finding: Finding, note: str = "") -> list[BlockEvent]:
        """Judge a finding. `note` says why the front cannot stop its client, if it cannot."""
        if not finding.client or not self._counts(finding):
            return []
        reason = finding.reason
        offence = _Offence(finding.time, finding.client, finding.server, finding.rule, finding.severity, reason)
        return self._judged(offence, note)

    def alerted(self, event: Event) -> list[BlockEvent]:
        """Judge an alert that was raised or goes on: it blocks clients with a large share in it, if it was chosen."""
        if not isinstance(event, AlertRaised | AlertContinued) or event.alert.signal not in self.terms.alerts:
            return []
        events: list[BlockEvent] = []
        for each in event.alert.contributors:
            if each.kind == "client" and each.share >= self.terms.share:
                reason = f"{round(100 * each.share)} % of an alert"
                events += self._judged(_Offence(event.time, each.name, "", event.alert.signal, HIGH, reason), "")
        return events

    def add(self, text: str, now: float, seconds: float, reason: str) -> list[BlockEvent]:
        """Block an address because a user says so.

        Raises:
            RefusedError: it is no address, or one that is never blocked.
        """
        network = self._network(text)
        if network is None:
            raise RefusedError(f"{text!r} is not an address")
        if self._exempt.includes(network):
            raise RefusedError(f"{text} is never blocked: see trusted_proxies, block_allow and block_own_host")
        name = text_of(network)
        self._graces.pop(name, None)
        block = Block(name, now, now + seconds, BY_USER, HIGH, reason, text, self.terms.dry_run)
        known = self._blocks.pop(name, None)
        events = [] if known is not None else self._room(now)
        self._blocks[name] = block
        return [*events, Blocked(now, block)]

    def lift(self, text: str, now: float) -> list[BlockEvent]:
        """Lift the block of an address, or the network that is blocked; nothing if there is none."""
        network = self._network(text)
        name = text if text in self._blocks or network is None else text_of(network)
        block = self._blocks.pop(name, None)
        if block is None:
            return []
        self._graces[name] = now + self.terms.grace
        return [Lifted(now, block, Why.LIFTED)]

    def advance(self, now: float) -> list[BlockEvent]:
        """End the blocks whose time is over."""
        over = sorted((each for each in self._blocks.values() if each.until <= now), key=lambda each: each.until)
        for block in over:
            del self._blocks[block.network]
        self._graces = {name: until for name, until in self._graces.items() if until > now}
        return [Lifted(block.until, block, Why.EXPIRED) for block in over]

    def end(self, now: float) -> list[BlockEvent]:
        """Lift everything, at the end of the program."""
        ended: list[BlockEvent] = [Lifted(now, block, Why.ENDED) for block in self._blocks.values()]
        self._blocks.clear()
        return ended

    def _counts(self, finding: Finding) -> bool:
        """Return whether a finding is one that blocks."""
        names = {finding.rule, finding.detector}
        if names & self.terms.ignored:
            return False
        return bool(names & self.terms.rules) or SEVERITIES.index(finding.severity) >= self._least

    def _judged(self, offence: _Offence, note: str) -> list[BlockEvent]:
        network = self._network(offence.client)
        if network is None:
            self.spared["no address"] += 1
            return []
        name = text_of(network)
        if (known := self._blocks.get(name)) is not None:
            return self._extended(known, offence, note)
        if why := self._spares(network, name, offence):
            self.spared[why] += 1
            return []
        events = self._room(offence.time)
        until, reason = offence.time + self.terms.seconds, offence.reason[:LONGEST_REASON]
        severity, dry_run = offence.severity, self.terms.dry_run
        block = Block(name, offence.time, until, offence.rule, severity, reason, offence.client, dry_run, 1, note)
        self._blocks[name] = block
        return [*events, Blocked(offence.time, block)]

    def _spares(self, network: Network, name: str, offence: _Offence) -> str:
        """Return why a client is not blocked; empty if it is."""
        if self._exempt.includes(network):
            return "never blocked"
        server = self._network(offence.server)
        if server is not None and overlap(server, network):
            return "the server's own"
        return "lifted by hand before" if self._graces.get(name, 0.0) > offence.time else ""

    def _extended(self, block: Block, offence: _Offence, note: str) -> list[BlockEvent]:
        """Count the offence. The block moves to the end of the list, and gets longer if that makes a difference."""
        until = max(block.until, offence.time + self.terms.seconds)
        grows = until - block.until >= self.terms.seconds / STEP
        longer = replace(
            block, offences=block.offences + 1, until=until if grows else block.until, note=block.note or note
        )
        del self._blocks[block.network]
        self._blocks[block.network] = longer
        return [Extended(offence.time, longer)] if grows else []

    def _room(self, now: float) -> list[BlockEvent]:
        """Make room for a block, if there is none."""
        if len(self._blocks) < self.terms.most:
            return []
        first = min(self._blocks.values(), key=lambda block: block.until)
        del self._blocks[first.network]
        self.spared["displaced"] += 1
        return [Lifted(now, first, Why.DISPLACED)]

    def _network(self, text: str) -> Network | None:
        address = parsed(text)
        return None if address is None else network_of(address, self.terms.prefix_v4, self.terms.prefix_v6)
