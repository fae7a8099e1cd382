"""The command line of `exercise.py answer`: gives fronts the verdict of a rule set before they let a request pass."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from cli.arguments import Arguments, parse_arguments
from cli.build import PROGRAM
from cli.parser import OneLineParser, name_and_value, rows
from cli.settings import plainly_configured
from exercise_config import Config
from outputs.log.formats import FORMATS
from verdicts.listening import Place, place_of

_EXAMPLES: Final = """\
examples:
  exercise.py answer --spoe 127.0.0.1:12345                  for HAProxy; everything is only logged (shadow)
  exercise.py answer --spoe /run/waf.sock --route '/ enforce' --crs /srv/coreruleset --log verdicts.log
  exercise.py answer --auth-request 9080 --route '/ shadow' --route '/admin enforce closed 100ms'
                                                             for nginx; /admin is refused if undecided

docs/protecting.md has the configuration of the fronts.
"""
_MOST_WORKERS: Final = 64


class AnswerArguments(NamedTuple):
    """The parsed command line."""

    spoe: tuple[Place, ...]
    auth_request: tuple[Place, ...]
    workers: int
    """Processes that run the rules."""
    parent: int
    """Descriptor at whose end the program ends; -1 for none."""
    verbose: bool
    config: Config
    shared: Arguments
    """What is the same as for monitoring: the log."""


def parse_answer(argv: Sequence[str]) -> AnswerArguments:
    """Return the arguments with the settings. --help and wrong usage end the program.

    Raises:
        SettingError: a setting is wrong.
    """
    parser = answer_parser()
    given = parser.parse_args(argv)
    if not given.spoe and not given.auth_request:
        parser.error("nobody could ask: use --spoe or --auth-request")
    settings = dict(given.settings)
    for option in ("paranoia", "threshold", "deadline"):
        if getattr(given, option) is not None:
            settings[f"waf_{option}"] = str(getattr(given, option))
    if given.log_format is not None:
        settings["log_format"] = given.log_format
    if given.user is not None:
        settings["user"] = given.user
    config = plainly_configured(given.config, settings)
    config = replace(
        config,
        waf_rules=tuple(filter(None, given.crs)) or config.waf_rules,
        indicators=tuple(given.indicators) or config.indicators,
        waf_routes=(*given.routes, *_others(config.waf_routes, given.routes)),
        log_records=("findings",),
    )
    shared = replace(parse_arguments([]), log=given.log, verbose=given.verbose, colour=False)
    return AnswerArguments(
        tuple(given.spoe), tuple(given.auth_request), given.workers, given.parent, given.verbose, config, shared
    )


def _others(routes: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return the routes of the settings that no option replaces."""
    replaced = {text.split()[0] for text in given if text.split()}
    return [text for text in routes if text.split()[:1] and text.split()[0] not in replaced]


def answer_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `answer`."""
    parser = OneLineParser(
        prog=f"{PROGRAM} answer",
        description="Tell a reverse proxy for each request whether a web application firewall would block it, within a "
        "deadline. Until a route says enforce, nothing is refused.",
        epilog=_EXAMPLES.replace("exercise.py", PROGRAM),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("who asks").add_argument
    add(
        "--spoe", metavar="ADDRESS", type=_place, action="append", default=[],
        help="listen here for HAProxy (SPOE): PORT, HOST:PORT or the path of a Unix socket; may be repeated",
    )  # fmt: skip
    add(
        "--auth-request", metavar="ADDRESS", type=_place, action="append", default=[],
        help="listen here for nginx (auth_request), in the same way",
    )  # fmt: skip
    add = parser.add_argument_group("rules").add_argument
    add(
        "--crs", metavar="PATH", action="append", default=[],
        help="folder of the OWASP Core Rule Set or file of ModSecurity, may be repeated (default: the setting "
        "waf_rules, otherwise those of Debian)",
    )  # fmt: skip
    add("--paranoia", metavar="N", type=int, choices=range(1, 5), help="paranoia level, 1 to 4")
    add("--threshold", metavar="N", type=rows, help="anomaly score that blocks a request")
    add(
        "--indicators", metavar="FILE", action="append", default=[],
        help="file with indicators, as for monitoring: a listed client or host counts like a rule; may be repeated",
    )  # fmt: skip
    add(
        "--route", metavar="ROUTE", dest="routes", action="append", default=[],
        help="how requests for a path or host are judged, such as '/admin enforce closed 100ms'; may be repeated "
        "(default: '/ shadow open')",
    )  # fmt: skip
    add(
        "--deadline",
        metavar="MS",
        type=rows,
        help="milliseconds for an answer where a route does not say (default: 50)",
    )
    add(
        "--workers", metavar="N", type=int, choices=range(1, _MOST_WORKERS + 1),
        default=min(os.cpu_count() or 1, _MOST_WORKERS),
        help="processes that run the rules (default: one for each processor)",
    )  # fmt: skip
    add = parser.add_argument_group("output").add_argument
    add(
        "--log",
        metavar="FILE",
        help="append a line for each request that is blocked, would be, or is undecided; - is standard output",
    )
    add("--log-format", metavar="FORMAT", choices=sorted(FORMATS), help=f"{', '.join(sorted(FORMATS))} (default: ecs)")
    add("-v", "--verbose", action="store_true", help="print status lines though standard error is not a terminal")
    add = parser.add_argument_group("settings").add_argument
    add("--user", metavar="NAME", help="as root, switch to this user (default: the sudo caller, otherwise nobody)")
    add("--config", metavar="FILE", help="settings file (default: http-monitor/config.toml in $XDG_CONFIG_HOME)")
    add(
        "--set", metavar="NAME=VALUE", dest="settings", action="append", type=name_and_value, default=[],
        help="change a setting, may be repeated",
    )  # fmt: skip
    add("--parent", metavar="FD", type=int, default=-1, help=argparse.SUPPRESS)
    return parser


def _place(text: str) -> Place:
    try:
        return place_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
