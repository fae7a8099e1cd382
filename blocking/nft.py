"""Has the Linux kernel drop the packets of blocked clients, by a table of nftables of our own.

Entries have a time-out in the kernel, so they end even if nobody removes them. Nothing but that table is touched.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from blocking.bouncer import BouncerError

CAP_NET_ADMIN: Final = 12
FAMILY: Final = "inet"
PRIORITY: Final = -310
"""Before connections are tracked (-300), so that a dropped packet costs little."""
LOOK: Final = 5.0
"""Seconds between looks whether the table is still there: reloading a firewall flushes all tables."""
PATH: Final = "/usr/sbin:/sbin:/usr/bin:/bin"
_TIMEOUT: Final = 10.0
_SLACK: Final = 5.0
"""Seconds for which the kernel keeps an entry after its time, so that we end it unless we are gone."""

Run = Callable[[str], str]
"""Runs a script of nft, and returns what it prints."""


class Nft:
    """The table. Two sets hold the addresses, and a chain drops what comes from them."""

    name: Final = "nft"

    def __init__(self, table: str, ports: str, most: int, run: Run | None = None) -> None:
        """Drop packets to these ports, such as `80,8000-8100`; all packets if it is `any`."""
        self._table = f"{FAMILY} {table}"
        self._ports = ports
        self._most = most
        self._run = run or _nft
        self._known: dict[str, float] = {}
        self._looked = 0.0

    def open(self) -> None:
        """Make the table, in place of one that an earlier run left."""
        self._make({})

    def sync(self, blocked: Mapping[str, float]) -> None:
        """Add and remove entries; if somebody has flushed the table, make it again."""
        if not self._is_there():
            self._make(blocked)
            return
        gone = [network for network in self._known if network not in blocked]
        new = {network: until for network, until in blocked.items() if self._known.get(network) != until}
        script = [*map(self._removed, gone), *(self._added(each, until) for each, until in new.items())]
        if script:
            self._run("\n".join(script) + "\n")
        self._known = dict(blocked)

    def close(self) -> None:
        """Remove the table."""
        self._run(f"table {self._table}\ndelete table {self._table}\n")

    def _make(self, blocked: Mapping[str, float]) -> None:
        """Replace the table as a whole, in one transaction."""
        self._run("\n".join((*self._table_script(), *(self._added(*each) for each in blocked.items()), "")))
        self._known, self._looked = dict(blocked), time.monotonic()

    def _table_script(self) -> Iterator[str]:
        """Yield the lines that make the table. Naming one makes it, so that deleting it never fails."""
        limits = f"flags interval, timeout; size {self._most + 1}"
        yield f"table {self._table}"
        yield f"delete table {self._table}"
        yield f"table {self._table} {{"
        yield f"set blocked4 {{ type ipv4_addr; {limits}; }}"
        yield f"set blocked6 {{ type ipv6_addr; {limits}; }}"
        yield f"chain refuse {{ type filter hook prerouting priority {PRIORITY}; policy accept;"
        ports = "" if self._ports == "any" else f"meta l4proto {{ tcp, udp }} th dport {{ {self._ports} }} "
        yield f"ip saddr @blocked4 {ports}drop"
        yield f"ip6 saddr @blocked6 {ports}drop"
        yield "}"
        yield "}"

    def _is_there(self) -> bool:
        if time.monotonic() < self._looked + LOOK:
            return True
        self._looked = time.monotonic()
        try:
            self._run(f"list chain {self._table} refuse\n")
        except BouncerError:
            return False
        return True

    def _added(self, network: str, until: float) -> str:
        """Return the lines that add an entry. The kernel keeps the time of one that is there, so it goes first."""
        seconds = max(1, round(until + _SLACK - time.time()))
        return f"{self._removed(network)}\nadd element {self._where(network)} {{ {network} timeout {seconds}s }}"

    def _removed(self, network: str) -> str:
        """Return the lines that remove an entry. It is added before, because it may be over already."""
        where = self._where(network)
        return f"add element {where} {{ {network} }}\ndelete element {where} {{ {network} }}"

    def _where(self, network: str) -> str:
        return f"{self._table} {'blocked6' if ':' in network else 'blocked4'}"


def _nft(script: str) -> str:
    program = shutil.which("nft", path=PATH)
    if program is None:
        raise BouncerError("command not found: nft; install the package nftables")
    try:
        done = subprocess.run(
            [program, "-f", "-"], input=script, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise BouncerError(f"nft does not answer within {_TIMEOUT:g} s") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nft failed"])[0]
        more = "; run as root, or give CAP_NET_ADMIN" if "not permitted" in said else ""
        raise BouncerError(f"nft: {said.partition('Error: ')[2] or said}{more}")
    return done.stdout
