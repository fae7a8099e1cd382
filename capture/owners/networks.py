"""The networks of this host: its own, and those of containers and other network namespaces (network_namespaces(7))."""

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from capture.owners.addresses import local_addresses
from capture.owners.conntrack import TABLE, Conntrack, Translated
from capture.owners.owner import Ends
from capture.owners.sock_diag import SockDiag, Socket

MOST: Final = 256
"""Maximum networks that are followed."""
_NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET


class Network:
    """One network. While it is open, the kernel keeps it, even if its last process has gone."""

    def __init__(self, number: int) -> None:
        """Open the network of this thread.

        Raises:
            OSError: The kernel does not tell its sockets or addresses.
        """
        self.number = number
        """0 is that of the capture."""
        self.addresses = local_addresses()
        self._sockets = SockDiag()

    def listening(self) -> list[Socket]:
        """Return its sockets that listen; none if the kernel does not answer."""
        with suppress(OSError):
            return list(self._sockets.listening())
        return []

    def connected(self, local: tuple[str, int], remote: tuple[str, int]) -> Socket | None:
        """Return the socket of a connection, or the one that listens for it; None if there is neither."""
        with suppress(OSError):
            return self._sockets.connected(local, remote)
        return None

    def has(self, address: str) -> bool:
        """Return whether an address is one of its own. Loopback addresses are those of the capture."""
        return address in self.addresses or (self.number == 0 and address.startswith("127."))

    def close(self) -> None:
        """Close it."""
        self._sockets.close()


class Networks:
    """The networks of all processes, the one of the capture first."""

    def __init__(self, proc: Path = Path("/proc"), *, others: bool) -> None:
        """Open our own network; `others` says whether to follow others too.

        Raises:
            OSError: The kernel does not tell its sockets or addresses.
        """
        self._proc = proc
        self._others = others
        self._home = os.open(proc / "self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._number = 0
        self._open: dict[int, Network] = {os.fstat(self._home).st_ino: Network(0)}
        self._refused: set[int] = set()
        self._conntrack = Conntrack() if others and TABLE.exists() else None

    @property
    def open(self) -> tuple[Network, ...]:
        """The networks."""
        return tuple(self._open.values())

    def translated(self, ends: Ends) -> Translated | None:
        """Return a connection as its sockets see it, if this host translates its addresses; else None."""
        return self._conntrack.translated(ends) if self._conntrack is not None else None

    def refresh(self, processes: Iterable[int]) -> None:
        """Follow the networks of these processes, and no others but our own; read the addresses of our own again."""
        with suppress(OSError):
            self.open[0].addresses = local_addresses()
        if not self._others:
            return
        found = self._of_processes(processes)
        for inode in [inode for inode, network in self._open.items() if network.number and inode not in found]:
            self._open.pop(inode).close()
        self._refused &= found.keys()
        for inode, number in found.items():
            self._follow(inode, number)

    def _of_processes(self, processes: Iterable[int]) -> dict[int, int]:
        """Return a process in each network, by the inode of the network."""
        found: dict[int, int] = {}
        for number in processes:
            with suppress(OSError):
                found.setdefault(os.stat(f"{self._proc}/{number}/ns/net").st_ino, number)
        return found

    def _follow(self, inode: int, process: int) -> None:
        known = self._open.get(inode)
        if inode in self._refused or (known is not None and known.number == 0):
            return
        if known is None and len(self._open) >= MOST:
            return
        try:
            place = os.open(f"{self._proc}/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            self._enter(place, inode, known)
        except OSError:
            self._refused.add(inode)
        finally:
            os.close(place)

    def _enter(self, place: int, inode: int, known: Network | None) -> None:
        _set_network(place)
        try:
            if known is not None:
                known.addresses = local_addresses()
            else:
                self._number += 1
                self._open[inode] = Network(self._number)
        finally:
            self._return()

    def _return(self) -> None:
        """Return to our own network.

        Raises:
            RuntimeError: We cannot, so whatever we find from now on would be that of another network.
        """
        try:
            _set_network(self._home)
        except OSError as reason:
            raise RuntimeError(f"cannot return to the network of the capture: {reason.strerror}") from reason


def _set_network(place: int) -> None:
    """Move this thread to a network (setns(2)); `os.setns` came with Python 3.12.

    Raises:
        OSError: We may not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(place, _NEW_NETWORK) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
