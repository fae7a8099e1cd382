"""The corpus of public captures and the expected results: `HTTP_MONITOR_CORPUS`, default `../shared/corpus`.

Its README describes the fields of an expected row. Nothing of it is copied into this project.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
VARIABLE = "HTTP_MONITOR_CORPUS"
FOLDER = Path(os.environ.get(VARIABLE) or PROJECT.parent / "shared" / "corpus")

Row = dict[str, Any]
"""One line of expected results, or of the log."""


class Capture(NamedTuple):
    """One capture of the corpus."""

    name: str
    """Source and file, such as `zeek/web.pcap`."""

    @property
    def path(self) -> Path:
        return FOLDER / "pcaps" / self.name

    def expected(self, kind: str = "") -> list[Row]:
        """Return the expected rows: HTTP/1 transactions, or those of a kind such as `tls`."""
        path = FOLDER / "expected" / f"{self.name}.{kind}.json".replace("..", ".")
        return rows(path.read_text(encoding="utf-8")) if path.exists() else []


def present() -> bool:
    return (FOLDER / "pcaps").is_dir()


def captures() -> list[Capture]:
    found = (FOLDER / "pcaps").glob("*/*") if present() else ()
    return sorted(Capture(f"{path.parent.name}/{path.name}") for path in found)


def negatives() -> frozenset[str]:
    """Return the names of captures without any HTTP transaction."""
    return frozenset(json.loads((FOLDER / "negatives.json").read_text(encoding="utf-8"))) if present() else frozenset()


def rows(text: str) -> list[Row]:
    return [json.loads(line) for line in text.splitlines()]
