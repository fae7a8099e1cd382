"""A server for the tests of this folder, and databases in it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from history.address import StoreAddress, parse_store
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.migration import planned
from history.clickhouse.schema import Days, Place

SERVER = Path(__file__).parent / "chdb_server.py"
PASSWORDS = {"default": "", "sensor": "let me in", "reader": "read only"}
KEEP = Days(3, 2, 60, 731)
NAMES = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[int]:
    """Run a server; give its port."""
    pytest.importorskip("clickhouse_connect", reason="the package of requirements-clickhouse.txt is not there")
    pytest.importorskip("chdb", reason="chdb-core of requirements-dev.txt is not there")
    with subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()


AddressOf = Callable[[str], StoreAddress]


@pytest.fixture
def address_of(server: int) -> AddressOf:
    """Return a function that returns the address of a new database for a user."""
    database = f"test_{next(NAMES)}"
    return lambda user: parse_store(f"clickhouse://{user}@127.0.0.1:{server}/{database}")


@pytest.fixture
def door(address_of: AddressOf) -> Iterator[ConnectDoor]:
    opened = ConnectDoor(address_of("default"), "")
    yield opened
    opened.close()


@pytest.fixture
def place(door: ConnectDoor, address_of: AddressOf) -> Place:
    """Return a database with all tables."""
    made = Place(address_of("default").database)
    for statement in planned(door, made, KEEP):
        door.command(statement.sql)
    return made
