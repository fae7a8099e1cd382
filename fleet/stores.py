"""Opens a store of many sensors by its address. What a kind of store needs is imported only for that kind."""

import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Final

from history.address import CLICKHOUSE, COLLECTOR, FOLDER, StoreAddress
from history.fleet import FleetArchive
from history.record import StoreError, Target

LONGEST_SECRET: Final = 4096
_TARGETS: Final = {
    CLICKHOUSE: ("history.clickhouse.target", "ClickhouseTarget"),
    COLLECTOR: ("fleet.collector_target", "CollectorTarget"),
}
OpenFile = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""


def open_target(address: StoreAddress, units: Mapping[str, str], open_file: OpenFile = os.open) -> Target:
    """Return where a sensor sends its records; nothing is connected yet. `units` are those of the statistics, by name;
    `open_file` opens the file with the secret.

    Raises:
        StoreError: the store cannot be used for that.
    """
    if address.kind == FOLDER:
        raise StoreError(f"{address} is a folder, which only readers use; sensors need clickhouse:// or https://")
    secret = secret_of(address, open_file)
    if address.kind not in _TARGETS:
        raise StoreError(f"{address.kind} is not a kind of store")
    "localhost".encode("idna")  # loads a module that every look-up of a name needs, while it can be read
    module, name = _TARGETS[address.kind]
    kind: Callable[..., Target] = getattr(import_module(module), name)
    return kind(address, secret, units) if address.kind == CLICKHOUSE else kind(address, secret)


def open_fleet(address: StoreAddress) -> FleetArchive:
    """Return the records of all sensors, for reading.

    Raises:
        StoreError: the store cannot be read.
    """
    return fleet_opener(address)()


def fleet_opener(address: StoreAddress) -> Callable[[], FleetArchive]:
    """Return a function that opens a store for reading, as `open_fleet` does, as often as it is called. The secret is
    read now, as the rights to do so may be dropped.

    Raises:
        StoreError: the store cannot be read, or not its secret.
    """
    if address.kind == COLLECTOR:
        raise StoreError(f"{address} only takes records; on its host, use the folder of its --store")
    if address.kind == FOLDER:
        from history.collected.reading import CollectedFleet

        return partial(CollectedFleet, address.folder)
    from history.clickhouse.reading import ClickhouseFleet

    return partial(ClickhouseFleet, address, secret_of(address))


def secret_of(address: StoreAddress, open_file: OpenFile = os.open) -> str:
    """Return the password or token of an address, the only line of its file; empty if it names none.

    Raises:
        StoreError: the file cannot be read, others can read it too, or it is something else.
    """
    path = address.secret_file
    if not path:
        return ""
    try:
        with open(path, "rb", opener=open_file) as file:
            status = os.fstat(file.fileno())
            raw = file.read(LONGEST_SECRET + 1)
        text = raw.decode().strip()
    except OSError as reason:
        raise StoreError(f"cannot read {path}: {reason.strerror}") from reason
    except ValueError as reason:
        raise StoreError(f"{path} is not UTF-8 text") from reason
    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(f"others can read the secret in {path}; run: chmod 600 {path}")
    if not text or len(raw) > LONGEST_SECRET or not text.isprintable():
        raise StoreError(f"{path} must have one line with the password or token")
    return text
