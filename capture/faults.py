"""A fault of the core itself: the frame at which it came is kept, so that it can be reported."""

import os
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from capture.errors import CaptureError
from capture.writer import PcapWriter
from traffic.frame import Frame


class Fault(NamedTuple):
    """What the core said, and the frame."""

    text: str
    time: float
    link_type: int
    data: bytes


def report(faults: Sequence[Fault]) -> str:
    """One line about the first of them, whose frame is written to a file of its own."""
    text, time, link_type, data = faults[0]
    said = f"the core failed at a packet ({text}) and goes on with the next connection; please report it"
    try:
        file, path = tempfile.mkstemp(prefix="http-monitor-fault-", suffix=".pcap")
        os.close(file)
        writer = PcapWriter(path, link_type)
        writer.write([Frame(time, link_type, data, len(data))])
        writer.close()
    except (OSError, CaptureError) as reason:
        return f"{said}; its packet could not be kept: {reason}"
    return f"{said} with {path}"
