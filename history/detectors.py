"""What detectors have learned, in the file of the history: a table of its own with a row for each.

What is in it, only the detector knows. It is kept here for the same reasons as in `history.habits`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from history.database import Database

SHARE: Final = 16
"""All of it takes at most this part of the file's limit: it must not push out counts."""
MALFORMED: Final = "what detectors learned before cannot be read; they start anew"
TOO_LARGE: Final = "what detectors learned is too large to be kept; increase history_size"
_TABLE: Final = "CREATE TABLE IF NOT EXISTS detector (name TEXT PRIMARY KEY, learned BLOB NOT NULL)"


class Learned(NamedTuple):
    """What detectors have learned, by name."""

    states: Mapping[str, bytes]


class Learners(Protocol):
    """The detectors of a run."""

    def learned(self) -> Mapping[str, bytes]:
        """Return what they have learned, by name."""

    def restore(self, learned: Mapping[str, bytes]) -> Sequence[str]:
        """Give them back what they learned in an earlier run. Return sentences about what cannot be used."""


def write_learned(database: Database, learned: Learned) -> None:
    """Keep it, in place of what was kept before of the same detectors.

    Raises:
        HistoryError: nothing was written.
    """
    with database.transaction() as run:
        run(_TABLE, [()])
        run("INSERT OR REPLACE INTO detector VALUES (?, ?)", list(learned.states.items()))


def read_learned(database: Database, most: int) -> dict[str, bytes]:
    """Return what is kept, except what has more bytes than `most`.

    Raises:
        HistoryError: the file cannot be read.
        ValueError: something else wrote to the table.
    """
    if not database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'detector'", ()):
        return {}
    rows = database.rows("SELECT name, learned FROM detector WHERE length(learned) <= ?", (most,))
    if not all(isinstance(name, str) and isinstance(learned, bytes) for name, learned in rows):
        raise ValueError(MALFORMED)
    return dict(rows)
