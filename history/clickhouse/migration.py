"""Makes the tables, and changes those of earlier versions of the program. Pure, apart from the door."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from history.clickhouse.dialect import Dialect
from history.clickhouse.door import Door
from history.clickhouse.schema import META, Days, Place, Statement, creation, tables
from history.record import StoreError

_VERSION: Final = "version"
_DAYS: Final = "days"
"""Names in the table META."""


class Step(NamedTuple):
    """What leads from one version of the tables to the next."""

    version: int
    """Version after the step; steps ascend."""
    statements: Callable[[Dialect, Place, Days], list[Statement]]


class State(NamedTuple):
    """What the store says of itself."""

    version: int
    """Version of the tables; 0 if there are none."""
    days: str = ""


def _first(dialect: Dialect, place: Place, keep: Days) -> list[Statement]:
    database = Statement("the database", f"CREATE DATABASE IF NOT EXISTS {place.database}{place.on_cluster}")
    made = (creation(table, dialect, place) for table in tables(dialect, keep))
    return [database, *(statement for statements in made for statement in statements)]


STEPS: Final = (Step(1, _first),)
"""From an empty server to this version. A step must not fail where it was run before but not noted."""


def planned(door: Door, place: Place, keep: Days, steps: Sequence[Step] = STEPS) -> list[Statement]:
    """Return the statements that are needed, in order; none if the tables are as they should be.

    Raises:
        StoreError: the server cannot be asked, or its tables are of a later version.
    """
    state, dialect = current(door, place), door.dialect
    _refuse_later(place, state, steps)
    statements = []
    for step in steps:
        if step.version > state.version:
            statements += step.statements(dialect, place, keep)
            statements.append(_noted(place, _VERSION, str(step.version)))
    if _text(keep) != state.days:
        if state.version:
            statements += _expiry(dialect, place, keep)
        statements.append(_noted(place, _DAYS, _text(keep)))
    return statements


def require_version(door: Door, place: Place, steps: Sequence[Step] = STEPS) -> None:
    """Check that the tables are of this version.

    Raises:
        StoreError: they are not.
    """
    state = current(door, place)
    _refuse_later(place, state, steps)
    if not state.version:
        raise StoreError(f"{place.database} has no tables; run: exercise.py store init --store URL")
    if state.version < steps[-1].version:
        raise StoreError(
            f"the tables in {place.database} are of version {state.version}, not {steps[-1].version};"
            " run: exercise.py store init --store URL"
        )


def current(door: Door, place: Place) -> State:
    """Ask for the version of the tables."""
    found = door.query(
        "SELECT count() FROM system.tables WHERE database = {database:String} AND name = {name:String}",
        {"database": place.database, "name": META},
    )
    if not found[0][0]:
        return State(0)
    rows = dict(zip(*door.query(f"SELECT name, value FROM {place.table(META)} FINAL"), strict=True) or ())
    version = str(rows.get(_VERSION, "0"))
    return State(int(version) if version.isdecimal() else 0, str(rows.get(_DAYS, "")))


def _refuse_later(place: Place, state: State, steps: Sequence[Step]) -> None:
    if state.version > steps[-1].version:
        raise StoreError(
            f"the tables in {place.database} are of version {state.version}, this program knows {steps[-1].version};"
            " install the program's current version"
        )


def _noted(place: Place, name: str, value: str) -> Statement:
    return Statement(
        f"note {name}: {value}", f"INSERT INTO {place.table(META)} (name, value) SELECT '{name}', '{value}'"
    )


def _expiry(dialect: Dialect, place: Place, keep: Days) -> list[Statement]:
    return [
        Statement(
            f"table {table.name}: {table.purpose}",
            f"ALTER TABLE {place.local(table.name)}{place.on_cluster} MODIFY {dialect.ttl(table.expires)}",
        )
        for table in tables(dialect, keep)
        if table.expires and dialect.has_ttl
    ]


def _text(keep: Days) -> str:
    return " ".join(map(str, keep))
