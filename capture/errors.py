"""Errors caused by the environment. Their text is one line for the user, with the fix."""

# ruff: noqa: N818 - the names say what happened; the base class says that it is an error

import errno
import sys
from collections.abc import Sequence
from pathlib import Path


class CaptureError(Exception):
    """The capture cannot start or continue."""


class NobodyReads(CaptureError):
    """The reader of standard output, to which frames are written, is gone."""


class PermissionDenied(CaptureError):
    """The system does not allow this process to capture."""

    def __init__(self, interface: str) -> None:
        ways = ["sudo"]
        if sys.platform == "linux":
            copy = f"{Path(sys.prefix, 'bin', 'python-capture')}"
            ways.append(
                f"a copy of the interpreter with the capability "
                f"(cp $(readlink -f {sys.executable}) {copy}; sudo setcap cap_net_raw+ep {copy})"
            )
        ways.append("-r FILE to read a capture, or --demo")
        super().__init__(f"no permission to capture on {interface}; use " + "; or ".join(ways))


class UnknownInterface(CaptureError):
    """There is no network interface of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """`known` lists the existing interfaces, most similar first."""
        listed = ", ".join(known) if known else "none"
        super().__init__(f"no interface {name!r}; available: {listed}")


class BadFilter(CaptureError):
    """The filter expression cannot be used."""


class LibpcapMissing(CaptureError):
    """libpcap is not installed."""


class RingUnavailable(CaptureError):
    """Linux refused a memory-mapped ring."""

    def __init__(self, reason: OSError) -> None:
        self.out_of_memory = reason.errno == errno.ENOMEM
        super().__init__(reason.strerror or str(reason))


class DamagedCapture(CaptureError):
    """A capture file is invalid or truncated from some byte on; all frames before it were handed over."""

    def __init__(self, name: str, damage: str, offset: int) -> None:
        """`offset` is that of the first unusable byte, after decompression."""
        self.offset = offset
        super().__init__(f"{name} is damaged: {damage} at byte {offset}; frames before it were read")
