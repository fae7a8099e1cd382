"""Reports faults of the core itself, and saves the frame that caused one."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from capture.errors import CaptureError
from capture.writer import PcapWriter
from traffic.frame import Frame


class Fault(NamedTuple):
    """The message of a fault, and the frame that caused it."""

    text: str
    time: float
    link_type: int
    data: bytes


def report(faults: Sequence[Fault]) -> str:
    """Describe the first fault in one line, and write its frame to a file."""
    text, time, link_type, data = faults[0]
    said = f"the core failed on a packet ({text}) and dropped its connection; please report it"
    try:
        path = os.path.join(tempfile.gettempdir(), f"http-monitor-fault-{os.getpid()}-{secrets.token_hex(4)}.pcap")
        writer = PcapWriter(path, link_type, _new_file)
        writer.write([Frame(time, link_type, data, len(data))])
        writer.close()
    except (OSError, CaptureError) as reason:
        return f"{said}; saving the packet failed: {reason}"
    return f"{said} with {path}"


def _new_file(path: str, flags: int, _: int) -> int:
    """Create the file, which nobody else may read or have made. Locked down, we may create it, but not cut it."""
    return os.open(path, (flags | os.O_EXCL) & ~os.O_TRUNC, 0o600)
