"""The counters of a proxy that prints one line of JSON for each refresh (`--ui json`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

Counters = Mapping[str, int]
"""Totals by name, and the connections that are open."""
_TAIL: Final = 4_000_000
"""Bytes of the file that certainly hold a whole line."""


def counters(lines: bytes) -> Counters:
    """Return the counters of the last whole line; none without one."""
    for line in reversed(lines.split(b"\n")[:-1]):
        if line.startswith(b"{") and line.endswith(b"}"):
            return {each["name"]: each["count"] for each in json.loads(line)["proxy"]["counts"]}
    return {}


def latest(output: Path) -> Counters:
    """Return the counters of the last line in a file that is written to."""
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _TAIL))
        return counters(file.read())
