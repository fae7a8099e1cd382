"""What the user decided about signals, in the file of the history: a table of its own with one row of JSON.

It is kept there, not in a file beside it, because it belongs to the same source, user and machine, is written by the
same thread in a transaction, and goes where the history goes. Other programs ignore the table.
"""

import json
from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any, Final, TypeVar

from alerting.habits import Accepted, Chosen, Habits
from alerting.terms import KINDS
from history.database import Database

MAX_NAMES: Final = 2000
"""Maximum signals, and subjects of a signal; a judge knows half as many. More is damage."""
MALFORMED: Final = "what was muted, accepted and acknowledged before cannot be read; it starts anew"
_TABLE: Final = "CREATE TABLE IF NOT EXISTS habits (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL)"

Value = TypeVar("Value")


def write_habits(database: Database, habits: Habits) -> None:
    """Keep them, in place of what was kept before.

    Raises:
        HistoryError: nothing was written.
    """
    with database.transaction() as run:
        run(_TABLE, [()])
        run("INSERT OR REPLACE INTO habits VALUES (1, ?)", [(habits_text(habits),)])


def read_habits(database: Database) -> Habits:
    """Return what is kept; nothing if there is none.

    Raises:
        HistoryError: the file cannot be read.
        ValueError: something else wrote to the table.
    """
    if not database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'habits'", ()):
        return Habits()
    rows = database.rows("SELECT text FROM habits", ())
    return habits_in(rows[0][0]) if rows else Habits()


def habits_text(habits: Habits) -> str:
    """Return them as JSON, in which a mute without an end is null."""
    known = habits._asdict()
    known["muted"] = {signal: until if until < inf else None for signal, until in habits.muted.items()}
    return json.dumps(known, default=dict)


def habits_in(text: Any) -> Habits:
    """Return the habits of a text.

    Raises:
        ValueError: it is malformed.
    """
    try:
        known = json.loads(text)
        return Habits(
            muted=_named(known["muted"], lambda until: inf if until is None else _number(until)),
            accepted=_named(known["accepted"], lambda levels: _named(levels, _level)),
            relearned=_named(known["relearned"], _number),
            acknowledged=_named(known["acknowledged"], _number),
            baselines=_named(known.get("baselines", {}), _choice),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(MALFORMED) from error


def _named(values: Mapping[str, Any], converted: Callable[[Any], Value]) -> dict[str, Value]:
    if len(values) > MAX_NAMES:
        raise ValueError(MALFORMED)
    return {name: converted(value) for name, value in values.items()}


def _level(value: Any) -> Accepted:
    time, level = value
    return Accepted(_number(time), _number(level))


def _choice(value: Any) -> Chosen:
    kind, instead_of = value
    if kind not in KINDS or instead_of not in KINDS:
        raise ValueError(MALFORMED)
    return Chosen(kind, instead_of)


def _number(value: Any) -> float:
    if not isinstance(value, float | int) or not isfinite(value):
        raise ValueError(MALFORMED)
    return float(value)
