"""`exercise.py store` sets up a ClickHouse database for many sensors, and says what is in it."""

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cli.history_file import retention
from cli.parser import OneLineParser, name_and_value
from cli.settings import plainly_configured
from dashboard.screen import Screen
from exercise_config import Config, SettingError
from fleet.stores import secret_of
from history.address import CLICKHOUSE, AddressError, StoreAddress, parse_store
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.door import Door
from history.clickhouse.migration import planned, require_version
from history.clickhouse.schema import Days, Place, Statement
from history.clickhouse.sensors import SensorReader
from history.clickhouse.status import sizes, status_lines
from history.clickhouse.users import User, statements
from history.record import StoreError

_EXAMPLES: Final = """\
examples:
  exercise.py store init --store clickhouse://admin@db/web?password_file=admin.password
  exercise.py store init --store clickhouse://admin@db/web --dry-run      print the SQL and change nothing
  exercise.py store users --store clickhouse://db/web --sensor web-1 --sensor web-2 --reader screen
  exercise.py store status --store clickhouse://screen@db/web?password_file=screen.password

docs/fleet.md explains the tables, the users and how to run a cluster.
"""
_PASSWORD: Final = 24
"""Random bytes of a password."""


def store(argv: Sequence[str]) -> int:
    """Run the command; return 0, 1 if the server failed, or 2 for wrong usage or settings."""
    parser = store_parser()
    given = parser.parse_args(argv)
    try:
        address = parse_store(given.store)
        if address.kind != CLICKHOUSE:
            parser.error("--store must be a clickhouse:// address; the other kinds need no set-up")
        action: Callable[[argparse.Namespace, StoreAddress, Screen], None] = given.action
        action(given, address, Screen(sys.stdout))
    except (AddressError, SettingError, ValueError) as error:
        parser.error(str(error))
    except StoreError as error:
        print(f"exercise.py: {error}", file=sys.stderr)
        return 1
    return 0


def store_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `store`."""
    parser = OneLineParser(
        prog="exercise.py store",
        description="Set up a ClickHouse database for many sensors, and print what is in it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="init, users or status", parser_class=OneLineParser)
    init = _command(commands, "init", _init, "make the tables, or change those of an earlier version")
    init.add_argument("--dry-run", action="store_true", help="print the statements and change nothing")
    init.add_argument("--config", metavar="FILE", help="settings file, as of the monitor")
    init.add_argument(
        "--set", metavar="NAME=VALUE", dest="settings", action="append", type=name_and_value, default=[],
        help="change a setting: stored_buckets, history_minutes, history_hours ...; may be repeated",
    )  # fmt: skip
    users = _command(commands, "users", _users, "print the statements that create users; an administrator runs them")
    users.add_argument("--sensor", metavar="NAME", action="append", default=[], help="a sensor; may be repeated")
    users.add_argument("--reader", metavar="NAME", action="append", default=[], help="a reader; may be repeated")
    users.add_argument("--certificates", action="store_true", help="use client certificates, not passwords")
    _command(commands, "status", _status, "print sensors, their clocks, and the size of the tables")
    return parser


def _command(
    commands: "argparse._SubParsersAction[OneLineParser]",
    name: str,
    action: Callable[[argparse.Namespace, StoreAddress, Screen], None],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument(
        "--store", metavar="URL", required=True, help="clickhouse://USER@HOST[:PORT]/DATABASE[?OPTION=...]"
    )
    parser.set_defaults(action=action)
    return parser


def _init(given: argparse.Namespace, address: StoreAddress, screen: Screen) -> None:
    """Make or change the tables."""
    keep = _kept(plainly_configured(given.config, dict(given.settings)))
    with _opened(address) as (door, place):
        needed = planned(door, place, keep)
        for statement in needed:
            screen.say(_printed(statement) if given.dry_run else statement.purpose)
            if not given.dry_run:
                door.command(statement.sql)
    if not needed:
        screen.say("nothing to change")
    else:
        screen.say("-- a dry run: nothing was changed" if given.dry_run else "done")


def _users(given: argparse.Namespace, address: StoreAddress, screen: Screen) -> None:
    """Print the statements for users."""
    if not given.sensor and not given.reader:
        raise ValueError("name whom to create: --sensor NAME, --reader NAME")

    def user(name: str) -> User:
        return User(name, "" if given.certificates else secrets.token_urlsafe(_PASSWORD))

    place = Place(address.database, address.cluster)
    for statement in statements(place, [user(name) for name in given.sensor], [user(name) for name in given.reader]):
        screen.say(_printed(statement))


def _status(given: argparse.Namespace, address: StoreAddress, screen: Screen) -> None:
    """Print sensors and sizes."""
    now = time.time()
    with _opened(address) as (door, place):
        require_version(door, place)
        states = SensorReader(door, place).states(now)
        found = sizes(door, place)
    for line in status_lines(states, found, now):
        screen.say(line)


@contextmanager
def _opened(address: StoreAddress) -> Iterator[tuple[Door, Place]]:
    door = ConnectDoor(address, secret_of(address))
    try:
        yield door, Place(address.database, address.cluster)
    finally:
        door.close()


def _kept(config: Config) -> Days:
    return Days(config.stored_buckets, *(int(seconds // 86400) for seconds in retention(config).spans))


def _printed(statement: Statement) -> str:
    return (f"-- {statement.purpose}\n" if statement.purpose else "") + f"{statement.sql};"
