"""What can go wrong with the environment. The text of each error is one line for the user and names the way out."""

# ruff: noqa: N818 - the names say what is the matter; that it is an error says the base class

import errno
import sys
from collections.abc import Sequence
from pathlib import Path


class CaptureError(Exception):
    """Capture cannot start or go on."""


class NobodyReads(CaptureError):
    """What is kept goes to standard output, which was closed."""


class PermissionDenied(CaptureError):
    """The system does not let this process capture."""

    def __init__(self, interface: str) -> None:
        ways = ["sudo"]
        if sys.platform == "linux":
            copy = f"{Path(sys.prefix, 'bin', 'python-capture')}"
            ways.append(
                f"a copy of the interpreter that has the capability "
                f"(cp $(readlink -f {sys.executable}) {copy}; sudo setcap cap_net_raw+ep {copy})"
            )
        ways.append("-r FILE to read a capture, or --demo")
        super().__init__(f"no permission to capture on {interface}; use " + "; or ".join(ways))


class UnknownInterface(CaptureError):
    """There is no such network interface."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """`known`: the interfaces that exist, nearest first."""
        listed = ", ".join(known) if known else "none"
        super().__init__(f"no interface {name!r}; there are: {listed}")


class BadFilter(CaptureError):
    """A filter expression that cannot be used."""


class LibpcapMissing(CaptureError):
    """There is no libpcap on this machine."""


class RingUnavailable(CaptureError):
    """Linux refuses a memory-mapped ring."""

    def __init__(self, reason: OSError) -> None:
        self.out_of_memory = reason.errno == errno.ENOMEM
        super().__init__(reason.strerror or str(reason))


class DamagedCapture(CaptureError):
    """A capture file is broken or cut from some byte on; all that comes before was handed over."""

    def __init__(self, name: str, damage: str, offset: int) -> None:
        """`offset`: of the first byte that could not be used, after decompression."""
        self.offset = offset
        super().__init__(f"{name} is damaged: {damage} at byte {offset}; what comes before it was read")
