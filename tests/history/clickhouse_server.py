"""A ClickHouse server for tests, and databases in it. What only these tests need is imported when they run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from history.address import StoreAddress
    from history.clickhouse.connect import ConnectDoor
    from history.clickhouse.schema import Place

SERVER = Path(__file__).parent / "clickhouse" / "chdb_server.py"
KEEP = (5, 5, 60, 731)
"""Days that the tables of tests keep buckets, minutes, hours and days."""
NUMBERS = count(1)
AddressOf = Callable[[str], "StoreAddress"]


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[int]:
    """Run a server; give its port."""
    pytest.importorskip("clickhouse_connect", reason="the package of requirements-clickhouse.txt is not there")
    pytest.importorskip("chdb", reason="the package chdb-core is not there")
    command = [sys.executable, str(SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()


@pytest.fixture
def address_of(clickhouse: int) -> AddressOf:
    """Return a function that returns the address of a new database for a user."""
    from history.address import parse_store

    database = f"test_{next(NUMBERS)}"
    return lambda user: parse_store(f"clickhouse://{user}@127.0.0.1:{clickhouse}/{database}")


@pytest.fixture
def door(address_of: AddressOf) -> Iterator[ConnectDoor]:
    """Return the door of a user who may do everything."""
    from history.clickhouse.connect import ConnectDoor

    opened = ConnectDoor(address_of("default"), "")
    yield opened
    opened.close()


@pytest.fixture
def place(door: ConnectDoor, address_of: AddressOf) -> Place:
    """Make all tables in the new database."""
    from history.clickhouse.migration import planned
    from history.clickhouse.schema import Days, Place

    made = Place(address_of("default").database)
    for statement in planned(door, made, Days(*KEEP)):
        door.command(statement.sql)
    return made
