"""The corpus of public captures and what is expected of each: `HTTP_MONITOR_CORPUS`, default `../shared/corpus`.

Its README says what the fields of an expected row mean. Nothing of it is copied into this project.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
VARIABLE = "HTTP_MONITOR_CORPUS"
FOLDER = Path(os.environ.get(VARIABLE) or PROJECT.parent / "shared" / "corpus")

Row = dict[str, Any]
"""One line of an expectation, or of the log."""


class Capture(NamedTuple):
    """One capture of the corpus."""

    name: str
    """Source and file, as `zeek/web.pcap`."""

    @property
    def path(self) -> Path:
        return FOLDER / "pcaps" / self.name

    def expected(self, kind: str = "") -> list[Row]:
        """The rows expected: HTTP/1 transactions, or those of a kind such as `tls`."""
        path = FOLDER / "expected" / f"{self.name}.{kind}.json".replace("..", ".")
        return rows(path.read_text(encoding="utf-8")) if path.exists() else []


def present() -> bool:
    return (FOLDER / "pcaps").is_dir()


def captures() -> list[Capture]:
    found = (FOLDER / "pcaps").glob("*/*") if present() else ()
    return sorted(Capture(f"{path.parent.name}/{path.name}") for path in found)


def negatives() -> frozenset[str]:
    """Names of the captures in which there is no HTTP transaction."""
    return frozenset(json.loads((FOLDER / "negatives.json").read_text(encoding="utf-8"))) if present() else frozenset()


def rows(text: str) -> list[Row]:
    return [json.loads(line) for line in text.splitlines()]
