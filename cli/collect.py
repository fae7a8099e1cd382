"""The command line of `exercise.py collect`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cli.parser import OneLineParser, address_and_port, name_and_value
from history.address import LOOPBACK
from outputs.address import Address

_EXAMPLES: Final = """\
examples:
  exercise.py collect --listen 0.0.0.0:8444 --store /srv/sensors --token-file tokens --cert cert.pem --key key.pem
  exercise.py collect --listen 8444 --store /tmp/sensors --token-file tokens     on this host only, without TLS
  exercise.py report --store /srv/sensors --by sensor                            what they counted

docs/fleet.md says how to make the certificate and the tokens.
"""


@dataclass(frozen=True)
class CollectArguments:
    """The parsed command line."""

    listen: Address
    store: str
    """Folder of the sensors' files."""
    token_file: str
    cert: str
    """File with the certificate, and `key` with its key; both empty for no TLS."""
    key: str
    ca: str
    """File with the authority of the sensors' certificates; empty if they need none."""
    config: str | None
    settings: dict[str, str]
    verbose: bool


def parse_collect(argv: Sequence[str]) -> CollectArguments:
    """Return the arguments. --help and wrong usage end the program."""
    parser = collect_parser()
    given = parser.parse_args(argv)
    if bool(given.cert) != bool(given.key):
        parser.error("--cert and --key must both be given")
    if not given.cert and given.listen.host not in LOOPBACK:
        parser.error(f"tokens must not cross a network without TLS: use --cert and --key, or listen on {LOOPBACK[1]}")
    if given.ca and not given.cert:
        parser.error("--ca needs --cert and --key")
    settings = dict(given.settings)
    if given.user is not None:
        settings["user"] = given.user
    return CollectArguments(
        given.listen,
        given.store,
        given.token_file,
        given.cert,
        given.key,
        given.ca,
        given.config,
        settings,
        given.verbose,
    )


def collect_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `collect`."""
    parser = OneLineParser(
        prog="exercise.py collect",
        description="Collect what sensors count, by HTTPS, into a history file for each of them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--listen",
        metavar="ADDRESS:PORT",
        type=address_and_port,
        required=True,
        help="listen here; a port alone is 127.0.0.1",
    )
    add("--store", metavar="DIR", required=True, help="folder of the history files; made if it is missing")
    add("--token-file", metavar="FILE", required=True, help="file with a line `SENSOR TOKEN` for each sensor")
    add("--cert", metavar="FILE", default="", help="certificate of this host (PEM), with its chain")
    add("--key", metavar="FILE", default="", help="key of the certificate (PEM), without a password")
    add("--ca", metavar="FILE", default="", help="demand certificates of sensors, signed by this authority (PEM)")
    add("--user", metavar="NAME", help="as root, switch to this user (default: the sudo caller, otherwise nobody)")
    add("--config", metavar="FILE", help="settings file, as of the monitor")
    add(
        "--set", metavar="NAME=VALUE", dest="settings", action="append", type=name_and_value, default=[],
        help="change a setting: max_sensors, history_days ...; may be repeated",
    )  # fmt: skip
    add("-v", "--verbose", action="store_true", help="log progress to standard error")
    return parser
