"""The command line of `exercise.py waf`: what a rule set would have blocked in captured traffic."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from cli.arguments import Arguments, parse_arguments
from cli.build import PROGRAM
from cli.parser import OneLineParser, name_and_value, ports, rows

_EXAMPLES = """\
examples:
  exercise.py waf -r day.pcap                            with the rules of Debian's package modsecurity-crs
  exercise.py waf -r day.pcap --crs /srv/coreruleset     with another Core Rule Set
  exercise.py waf -r mon.pcap -r tue.pcap --paranoia 2   several files, more rules
  exercise.py waf -r day.pcap --crs exclusions.conf --crs /srv/coreruleset
                                                         with exclusions that come before the rules
  exercise.py waf -r day.pcap --keys keys.log -p 443     decrypt TLS first
"""
_MOST_WORKERS = 64


class WafArguments(NamedTuple):
    """The parsed command line."""

    files: tuple[str, ...]
    crs: tuple[str, ...]
    """Rules; empty for those of the settings."""
    fast: bool
    """Whether only rules up to the paranoia level run."""
    workers: int
    """Processes that run the rules."""
    rows: int
    json: bool
    shared: Arguments
    """What is the same as for monitoring."""


def parse_waf(argv: Sequence[str]) -> WafArguments:
    """Return the arguments. --help and wrong usage end the program."""
    parser = waf_parser()
    given = parser.parse_args(argv)
    settings = dict(given.settings)
    for option in ("paranoia", "threshold", "outbound_threshold"):
        if getattr(given, option) is not None:
            settings[f"waf_{option}"] = str(getattr(given, option))
    if given.protocols is not None:
        settings["protocols"] = given.protocols
    shared = replace(
        parse_arguments([]),
        ports=given.port,
        keys=tuple(given.keys),
        config=given.config,
        settings=settings,
        colour=False,
    )
    crs = tuple(filter(None, given.crs))
    return WafArguments(tuple(given.read), crs, given.fast, given.workers, given.rows, given.json, shared)


def waf_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `waf`."""
    parser = OneLineParser(
        prog=f"{PROGRAM} waf",
        description="Print which requests in capture files a web application firewall would have blocked: likely false "
        "positives first, with a rule that excludes each, then attacks by client.",
        epilog=_EXAMPLES.replace("exercise.py", PROGRAM),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("traffic").add_argument
    add("-r", "--read", metavar="FILE", action="append", required=True, help="capture file, may be repeated")
    add("-p", "--port", metavar="PORTS", type=ports, default="any", help="TCP ports: 80 or 80,8080 (default: any)")
    add("--keys", metavar="FILE", action="append", default=[], help="decrypt TLS with this key log, may be repeated")
    add("--protocols", metavar="NAMES", type=_names, help="what to decode besides HTTP/1, as for monitoring")
    add = parser.add_argument_group("rules").add_argument
    add(
        "--crs", metavar="PATH", action="append", default=[],
        help="folder of the OWASP Core Rule Set or file of ModSecurity, may be repeated (default: the setting "
        "waf_rules, otherwise those of Debian)",
    )  # fmt: skip
    add("--paranoia", metavar="N", type=int, choices=range(1, 5), help="paranoia level, 1 to 4")
    add("--threshold", metavar="N", type=rows, help="anomaly score that blocks a request")
    add("--outbound-threshold", metavar="N", type=rows, help="anomaly score that blocks a response")
    add(
        "--fast",
        action="store_true",
        help="run only rules up to the paranoia level; up to several times as fast",
    )
    add = parser.add_argument_group("report").add_argument
    add("-n", "--rows", metavar="N", type=rows, default=20, help="rows of each list (default: 20)")
    add("--json", action="store_true", help="print one JSON object with everything")
    add = parser.add_argument_group("settings").add_argument
    add("--config", metavar="FILE", help="settings file (default: http-monitor/config.toml in $XDG_CONFIG_HOME)")
    add(
        "--set", metavar="NAME=VALUE", dest="settings", action="append", type=name_and_value, default=[],
        help="change a setting, may be repeated",
    )  # fmt: skip
    add(
        "--workers", metavar="N", type=int, choices=range(1, _MOST_WORKERS + 1),
        default=min(os.cpu_count() or 1, _MOST_WORKERS),
        help="processes that run the rules (default: one for each processor)",
    )  # fmt: skip
    return parser


def _names(text: str) -> str:
    return "" if text == "none" else text
