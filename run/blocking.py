"""Blocks clients in a run: it hands findings and alerts to the block list, and what follows to the bouncers."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from alerting.events import Event
from blocking.block import Blocked, BlockEvent, said
from blocking.block_list import BlockList, RefusedError, Terms
from blocking.bouncer import Bouncer, BouncerError
from blocking.exempt import Exempt
from blocking.process import BouncerProcess
from blocking.proxied import Proxied
from capture import packet_socket
from capture.owners.addresses import local_addresses
from capture.privileges import ROOT, User, sudo_caller
from cli.arguments import Arguments
from cli.build import PROGRAM
from exercise_config import Config, SettingError
from traffic.batch import Batch
from traffic.finding import Finding
from view.blocks import BlocksView, blocks_view

BLOCKS: Final = "blocks"
"""What commands about blocks are about."""
PROXY: Final = "proxy"
"""The bouncer that is part of the proxy, and needs no process."""
BEHIND: Final = "its packets come from a proxy, so nft cannot stop it"
DAY: Final = 86400.0
LONGEST_BY_USER: Final = 30 * DAY
"""Seconds of a block that a user asks for."""


class Blocker:
    """What blocks clients, on the main thread."""

    def __init__(self, blocks: BlockList, fronts: Sequence[str], bouncers: Sequence[Bouncer] = ()) -> None:
        """`fronts` are names to show; without `bouncers`, nobody is told, as in a dry run."""
        self._blocks = blocks
        self._fronts = tuple(fronts)
        self._bouncers = tuple(bouncers)
        self._proxied = Proxied() if "nft" in fronts else None
        self._events: list[BlockEvent] = []
        self._total = 0
        self._now = 0.0

    def tell(self, bouncer: Bouncer) -> None:
        """Tell this one too whom to refuse, unless nobody is told or it was not asked for."""
        if bouncer.name in self._fronts and not self._blocks.terms.dry_run:
            self._bouncers += (bouncer,)

    def take(self, batch: Batch) -> None:
        """Judge the findings of a batch."""
        if self._proxied is not None:
            self._proxied.take(batch)
        for finding in batch.table(Finding).records():
            self._add(self._blocks.found(finding, self._note(finding.client)))

    def judge(self, event: Event) -> None:
        """Judge an event of the signals."""
        self._add(self._blocks.alerted(event))

    def advance(self, now: float) -> list[BlockEvent]:
        """End what is over, tell the bouncers, and return what has happened since the last call."""
        self._now = now
        self._add(self._blocks.advance(now))
        self._tell()
        events, self._events = self._events, []
        return events

    def lift(self, network: str) -> bool:
        """Lift a block; return whether there was one."""
        events = self._blocks.lift(network, self._now)
        self._add(events)
        self._tell()
        return bool(events)

    def end(self, now: float) -> list[BlockEvent]:
        """Lift everything, because the run ends, and return what has happened since the last call."""
        self._add(self._blocks.end(now))
        self._tell()
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Have the bouncers undo everything."""
        for bouncer in self._bouncers:
            _close(bouncer)

    @property
    def view(self) -> BlocksView:
        """The current blocks."""
        blocks = self._blocks
        return blocks_view(self._fronts, blocks.blocks, self._total, blocks.spared, dry_run=blocks.terms.dry_run)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about fronts that do not obey."""
        return tuple(f"--block: {warning}" for each in self._bouncers if (warning := getattr(each, "warning", "")))

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer a command of the user's: `list`, `lift` or `add`."""
        command, address = asked.get("command"), str(asked.get("address", ""))
        if command == "list":
            return {"blocks": [vars(block) for block in self._blocks.blocks], "now": self._now, "fronts": self._fronts}
        if command == "lift":
            return {"lifted": self.lift(address)}
        if command == "add":
            return self._added(address, asked)
        return {"error": f"no command {command!r}"}

    def _added(self, address: str, asked: dict[str, Any]) -> dict[str, Any]:
        given, reason = asked.get("seconds") or self._blocks.terms.seconds, str(asked.get("reason", ""))
        seconds = float(given) if isinstance(given, int | float) else 0.0
        if not 1 <= seconds <= LONGEST_BY_USER:
            return {"error": f"between 1 and {LONGEST_BY_USER:g} s are possible"}
        try:
            events = self._blocks.add(address, self._now, seconds, _one_line(reason) or "no reason given")
        except RefusedError as refused:
            return {"error": str(refused)}
        self._add(events)
        return {"said": [said(event) for event in events]}

    def _add(self, events: Sequence[BlockEvent]) -> None:
        self._total += sum(isinstance(event, Blocked) for event in events)
        self._events += events

    def _note(self, client: str) -> str:
        return BEHIND if self._proxied is not None and client in self._proxied else ""

    def _tell(self) -> None:
        """Tell the bouncers whom to refuse."""
        wanted = {block.network: block.until for block in self._blocks.blocks}
        for bouncer in self._bouncers:
            bouncer.sync(wanted)


def open_blocker(arguments: Arguments, config: Config, user: User | None, stack: ExitStack) -> Blocker | None:
    """Return what blocks; None if nobody asked for it. The stack undoes everything. Without a dry run, the processes
    that tell the fronts start now, while there are rights to keep. With `-r`, it is always a dry run.

    Raises:
        BouncerError: a front is not there, or does not obey.
        SettingError: a network is none.
    """
    if not config.block:
        return None
    live = arguments.read is None
    dry_run = config.block_dry_run or not live
    try:
        exempt = exempted(config, live=live)
    except ValueError as error:
        raise SettingError(f"block_allow or trusted_proxies: {error}") from None
    if not config.block_nft_table.startswith("http_monitor") or not config.block_nft_table.isidentifier():
        raise SettingError(f"block_nft_table = {config.block_nft_table!r} does not begin with http_monitor")
    if PROXY in config.block and arguments.proxy is None:
        raise SettingError("--block proxy is for exercise.py proxy only; here, choose nft, haproxy or nginx")
    told = () if dry_run else [name for name in config.block if name != PROXY]
    processes = [BouncerProcess(process_settings(name, arguments, config, exempt, user)) for name in told]
    blocker = Blocker(BlockList(terms(config, dry_run=dry_run), exempt), config.block, processes)
    stack.callback(blocker.close)
    for process in processes:
        process.open()
    return blocker


def terms(config: Config, *, dry_run: bool) -> Terms:
    """Return when to block, and how."""
    return Terms(
        severity=config.block_severity,
        rules=frozenset(config.block_rules),
        ignored=frozenset(config.block_ignored),
        seconds=config.block_seconds,
        most=config.max_blocks,
        grace=config.block_grace,
        prefix_v4=config.block_prefix_v4,
        prefix_v6=config.block_prefix_v6,
        alerts=frozenset(config.block_alerts),
        share=config.block_alert_share / 100,
        dry_run=dry_run,
    )


def exempted(config: Config, *, live: bool) -> Exempt:
    """Return who is never blocked."""
    own: frozenset[str] = frozenset()
    if live and packet_socket.available():
        own = local_addresses()
    return Exempt((*config.trusted_proxies, *config.block_allow), own, blocks_own=config.block_own_host)


def process_settings(
    name: str, arguments: Arguments, config: Config, exempt: Exempt, user: User | None
) -> dict[str, Any]:
    """Return what the process of a bouncer needs. For nft it becomes `user`. Files of a front are root's, so there it
    stays root, unless somebody called us by sudo, who may use no files but their own.
    """
    caller = sudo_caller(os.environ) if config.user != ROOT else None
    become = user if name == "nft" else caller
    own: dict[str, dict[str, Any]] = {
        "nft": {"table": config.block_nft_table, "ports": str(arguments.ports)},
        "haproxy": {"sockets": config.block_haproxy_sockets, "file": config.block_haproxy_file},
        "nginx": {
            "file": config.block_nginx_file,
            "pid": config.block_nginx_pid,
            "reload": config.block_nginx_reload,
            "pause": config.block_nginx_pause,
        },
    }
    return {
        "name": name,
        "user": become,
        "prefix_v4": config.block_prefix_v4,
        "prefix_v6": config.block_prefix_v6,
        "never": exempt.texts(),
        "most": config.max_blocks,
        "longest": max(config.block_seconds, LONGEST_BY_USER) + DAY,
        **own[name],
    }


def _close(bouncer: Bouncer) -> None:
    try:
        bouncer.close()
    except BouncerError as error:
        print(f"{PROGRAM}: --block: {error}", file=sys.stderr)


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:200]
