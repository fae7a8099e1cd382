"""Opens a store of many sensors by its address. What a kind of store needs is imported only for that kind."""

from typing import Final

from history.address import CLICKHOUSE, COLLECTOR, FOLDER, StoreAddress
from history.fleet import FleetArchive
from history.record import StoreError, Target

LONGEST_SECRET: Final = 4096


def open_target(address: StoreAddress) -> Target:
    """Return where a sensor sends its records.

    Raises:
        StoreError: the store cannot be used for that.
    """
    if address.kind == COLLECTOR:
        from fleet.collector_target import CollectorTarget

        return CollectorTarget(address, secret_of(address))
    if address.kind == FOLDER:
        raise StoreError(
            f"{address} is a collector's folder, which is for readers; sensors need https:// or clickhouse://"
        )
    raise _unknown(address)


def open_fleet(address: StoreAddress) -> FleetArchive:
    """Return the records of all sensors, for reading.

    Raises:
        StoreError: the store cannot be read.
    """
    if address.kind == FOLDER:
        from history.collected.reading import CollectedFleet

        return CollectedFleet(address.folder)
    if address.kind == COLLECTOR:
        raise StoreError(f"{address} only takes records; on its host, use the folder of its --store")
    raise _unknown(address)


def secret_of(address: StoreAddress) -> str:
    """Return the password or token of an address, which is the only line of its file; empty if it names none.

    Raises:
        StoreError: the file cannot be read, or is something else.
    """
    if not address.secret_file:
        return ""
    try:
        with open(address.secret_file, "rb") as file:
            text = file.read(LONGEST_SECRET + 1).decode().strip()
    except OSError as reason:
        raise StoreError(f"cannot read {address.secret_file}: {reason.strerror}") from reason
    except ValueError as reason:
        raise StoreError(f"{address.secret_file} is not UTF-8 text") from reason
    if not 0 < len(text) <= LONGEST_SECRET or "\n" in text:
        raise StoreError(f"{address.secret_file} must have one line with the password or token")
    return text


def _unknown(address: StoreAddress) -> StoreError:
    kinds = (CLICKHOUSE, COLLECTOR, FOLDER)
    return StoreError(f"{address.kind} is not a kind of store here; there are {', '.join(kinds)}")
