"""Makes the run a sensor of a fleet, if a store is named: see docs/fleet.md."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from capture.intake import Status
from capture.named_files import NamedFiles
from capture.privileges import chosen_user
from cli.arguments import Arguments
from cli.build import VERSION
from cli.history_file import folder_of, make_ready
from exercise_config import Config, SettingError
from history.address import AddressError, StoreAddress, parse_store
from outputs.errors import UnavailableError
from run.signals import units_of
from stats.statistic import Statistic
from traffic.health import Health
from view.cells import visible

if TYPE_CHECKING:
    from fleet.sensor import Sensor

NUMBERS: Final = tuple(each.name for each in fields(Health) if isinstance(each.default, int))
OPEN_NOW: Final = "connections"
"""The number in `Health` that is no total."""
LONGEST: Final = 200
"""Characters of a fact."""


def is_sensor(arguments: Arguments, config: Config) -> bool:
    """Return whether this run sends to a store. Files are sent only if the command line says so: the settings are for
    live traffic.
    """
    return bool(config.store) and (arguments.read is None or "store" in arguments.settings)


def store_address(config: Config) -> StoreAddress:
    """Return the address of the store.

    Raises:
        SettingError: it is wrong.
    """
    try:
        return parse_store(config.store)
    except AddressError as error:
        raise SettingError(f"--store: {error}") from None


def sensor_name(config: Config) -> str:
    """Return the name of the sensor, by default the host's.

    Raises:
        SettingError: it is not valid.
    """
    from history.record_codec import NAME

    name = config.sensor or socket.gethostname()
    if NAME.fullmatch(name) is None:
        where = "--sensor" if config.sensor else "the name of this host; use --sensor NAME"
        raise SettingError(f"{name!r} is no name of a sensor ({where}): 1 to 64 of A-Z a-z 0-9 . _ -")
    return name


def open_sensor(
    arguments: Arguments, config: Config, statistics: Sequence[Statistic], source: str, files: NamedFiles
) -> "Sensor | None":
    """Return the sensor, whose secret and certificates were read; None if no store is named. It starts later.

    Raises:
        SettingError: the address or the name is wrong.
        UnavailableError: the store cannot be used, or the folder of the spool not be made.
    """
    if not is_sensor(arguments, config):
        return None
    from fleet.sensor import Identity, Sensor
    from fleet.spool import Bounds
    from fleet.stores import open_target
    from history.record import Facts, StoreError

    address, name = store_address(config), sensor_name(config)
    vantage, watched = (visible(text, True)[:LONGEST] for text in (config.vantage, source))
    facts = Facts(vantage, watched, VERSION, config.dashboard_bucket_size)
    units = units_of(config, statistics)
    try:
        target = open_target(address, units, files.open)
    except (StoreError, ImportError) as reason:
        raise UnavailableError(f"--store: {reason}") from None
    identity = Identity(name, facts, units, config.history_keys, str(address), _files(address))
    bounds = Bounds(config.spool_size * 2**20, config.spool_days)
    flush_time = config.store_flush_time if arguments.read is None else config.store_replay_time
    live = arguments.read is None
    return Sensor(identity, target, _folder(config, name, files), bounds, flush_time, live=live)


def totals(status: Status) -> Mapping[str, int]:
    """Return what capture and decoder counted since the start, by name: the numbers of `Health`, `dropped`, what could
    not be read by kind, and oddities.
    """
    health = status.health
    found = {name: getattr(health, name) for name in NUMBERS if name != OPEN_NOW}
    unreadable = {f"unreadable {kind}": number for kind, number in health.unreadable.items()}
    return {**health.oddities, **unreadable, **found, "dropped": status.counters.dropped}


def _files(address: StoreAddress) -> tuple[str, ...]:
    return tuple(os.path.abspath(path) for path in (address.ca, address.cert, address.key) if path)


def _folder(config: Config, name: str, files: NamedFiles) -> Path:
    """Return the folder of the spool. One that was named is made now, the default one by the user who owns it."""
    user = chosen_user(config.user, os.environ)
    if not config.spool:
        path = folder_of(user, os.environ) / f"spool-{name}"
        make_ready(path, user)
        return path
    try:
        files.make_folder(config.spool)
    except OSError as reason:
        raise UnavailableError(f"--spool: cannot make {config.spool}: {reason.strerror}") from None
    return Path(config.spool)
