"""`exercise.py blocks` lists whom a running monitor has blocked, lifts a block, and adds one."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from cli.parser import OneLineParser, parse_seconds
from dashboard.screen import Screen
from run.asking import add_whose, answers_of, failed, folder_asked
from run.blocking import BLOCKS
from run.door import Answer, Request, nowhere
from view import figures
from view.cells import visible

_EXAMPLES: Final = """\
examples:
  exercise.py blocks                             whom the running monitor has blocked
  exercise.py blocks lift 203.0.113.7            lift a block; the client is left alone for block_grace
  exercise.py blocks add 203.0.113.7 --seconds 3600 --reason "asked by the abuse desk"

Only the user that the monitor runs as, and root, may do this. docs/protecting.md explains blocking.
"""


def blocks(argv: Sequence[str]) -> int:
    """Run the command; return 0, 1 if no monitor did it, or 2 for wrong usage or settings."""
    parser = blocks_parser()
    given = parser.parse_args(argv)
    folder = folder_asked(parser, given)
    answers = answers_of(folder, _request(given))
    if not answers:
        return failed(f"no monitor with --block is running here: {nowhere(folder)}")
    screen = Screen(sys.stdout)
    if given.command == "list":
        for answer in answers:
            _list(answer, screen)
        return 0
    return _report(given, answers, screen)


def blocks_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `blocks`."""
    parser = OneLineParser(
        prog="exercise.py blocks",
        description="List whom a running monitor has blocked (--block), lift a block, or add one.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command="list", address="", seconds=0.0, reason="", config=None, user="")
    add_whose(parser)
    commands = parser.add_subparsers(metavar="list, lift or add", parser_class=OneLineParser)
    listing = commands.add_parser("list", help="list the blocks")
    listing.set_defaults(command="list")
    lift = commands.add_parser("lift", help="lift the block of an address")
    lift.set_defaults(command="lift")
    lift.add_argument("address", metavar="ADDRESS")
    add = commands.add_parser("add", help="block an address")
    add.set_defaults(command="add")
    add.add_argument("address", metavar="ADDRESS")
    add.add_argument(
        "--seconds", metavar="N", type=parse_seconds, default=0.0, help="how long (default: block_seconds)"
    )
    add.add_argument("--reason", metavar="TEXT", default="", help="why, for the notices and the log")
    for command in (listing, lift, add):
        add_whose(command)
    return parser


def _request(given: argparse.Namespace) -> Request:
    return {"about": BLOCKS, **{name: getattr(given, name) for name in ("command", "address", "seconds", "reason")}}


def _list(answer: Answer, screen: Screen) -> None:
    now, listed = float(answer["now"]), answer["blocks"]
    screen.say(f"{figures.counted(len(listed), 'block')} ({', '.join(answer['fronts'])})")
    for block in listed:
        left = figures.duration(max(0.0, float(block["until"]) - now))
        dry = "dry run, " if block["dry_run"] else ""
        note = f" ({block['note']})" if block["note"] else ""
        said = f"{block['network']:<18} {dry}{left} left  {block['rule']}: {block['reason']}{note}"
        screen.say(f"  {visible(said)}")


def _report(given: argparse.Namespace, answers: Sequence[Answer], screen: Screen) -> int:
    """Say what was done, or why nothing was."""
    for answer in answers:
        for line in answer.get("said", ()):
            screen.say(visible(str(line)))
    if any(answer.get("lifted") for answer in answers):
        screen.say(f"No longer blocked: {visible(given.address)}")
    elif given.command == "lift":
        return failed(f"{given.address} is not blocked")
    errors = [str(answer["error"]) for answer in answers if "error" in answer]
    return failed(errors[0]) if errors else 0
