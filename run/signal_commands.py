"""`exercise.py signals` lists the signals of a running monitor, and tells it what to do with them."""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, Final

from alerting.alert import SignalUnit
from cli.parser import OneLineParser
from dashboard.screen import Screen
from run.asking import add_whose, answers_of, failed, folder_asked
from run.decisions import CHOICES
from run.door import Answer, nowhere
from run.obeying import LONGEST_MUTE, SIGNALS
from view import figures
from view.badge import WORDS
from view.cells import visible

_EXAMPLES: Final = """\
examples:
  exercise.py signals                            how each signal of the running monitor stands
  exercise.py signals accept request_rate        the present rate is usual; its alert ends
  exercise.py signals relearn                    all signals learn again, as after a release
  exercise.py signals mute response_time --for 2h
  exercise.py signals acknowledge                all active alerts were seen
  exercise.py signals baseline request_rate seasonal    compare it with the usual at that hour of the week

All but the first are kept over a restart, with the history. Only the user that the monitor runs as, and root, may do
this. docs/learning.md explains it.
"""
COMMANDS: Final = {
    "relearn": ("learn again: all signals, or one; active alerts end", "Learning again"),
    "accept": ("take the present as usual: a signal, or all that alert", "Accepted as usual"),
    "mute": ("send no notices of a signal, for a time or until that is ended", "Muted"),
    "unmute": ("end that, for a signal or all", "No longer muted"),
    "acknowledge": ("the active alert of a signal was seen, or all of them", "Acknowledged"),
    "baseline": ("compare a signal with something else, which it learns: fixed, previous or seasonal", "New baseline"),
}
"""What each command does, and what is said when it is done."""
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_COLUMNS: Final = ("signal", "state", "baseline", "expected", "limit", "now", "")
_NUMBERS: Final = ("expected", "limit", "now")


def signals(argv: Sequence[str]) -> int:
    """Run the command; return 0, 1 if no monitor did it, or 2 for wrong usage or settings."""
    parser = signals_parser()
    given = parser.parse_args(argv)
    folder = folder_asked(parser, given)
    told = {name: getattr(given, name) for name in ("command", "name", "seconds", "kind")}
    answers = answers_of(folder, {"about": SIGNALS, **told})
    if not answers:
        return failed(f"no monitor is running here: {nowhere(folder)}")
    screen = Screen(sys.stdout)
    for answer in answers:
        _tell(given.command, answer, screen)
    errors = [f"{answer['source']}: {answer['error']}" for answer in answers if "error" in answer]
    for error in errors:
        failed(error)
    return int(bool(errors))


def signals_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `signals`."""
    parser = OneLineParser(
        prog="exercise.py signals",
        description="List the signals of the running monitors, or tell them to learn again, to take the present as "
        "usual, to mute a signal, that an alert was seen, or what to compare a signal with.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command="list", name="", seconds=0.0, kind="", config=None, user="")
    add_whose(parser)
    names = f"list, {', '.join(COMMANDS)}"
    commands = parser.add_subparsers(metavar=names, parser_class=OneLineParser)
    listing = commands.add_parser("list", help="list the signals")
    listing.set_defaults(command="list")
    add_whose(listing)
    for name, (told, _) in COMMANDS.items():
        command = commands.add_parser(name, help=told)
        command.set_defaults(command=name)
        add_whose(command)
        command.add_argument("name", metavar="SIGNAL", nargs=None if name in ("mute", "baseline") else "?", default="")
        if name == "mute":
            command.add_argument(
                "--for",
                dest="seconds",
                metavar="TIME",
                type=length_of,
                default=0.0,
                help="how long: 30m, 2h, 7d (default: until it is unmuted)",
            )
        if name == "baseline":
            command.add_argument(
                "kind",
                metavar="KIND",
                choices=CHOICES,
                help="fixed: what is learned from now on; previous: the previous buckets; seasonal: the usual at that "
                "hour of the week; setting: as the settings say",
            )
    return parser


def length_of(text: str) -> float:
    """Return the seconds of a length of time such as `90s`, `30m`, `2h` or `7d`; a plain number is in seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text)
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if not 0 < seconds <= LONGEST_MUTE:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time such as 30m, 2h or 7d")
    return seconds


def _tell(command: str, answer: Answer, screen: Screen) -> None:
    source = visible(str(answer["source"]))
    if "error" in answer:
        return
    if command == "list":
        screen.say(source)
        for line in _table([_COLUMNS, *(_row(signal, answer["now"]) for signal in answer["signals"])]):
            screen.say(f"  {line}")
        return
    done = ", ".join(map(str, answer["done"])) or "nothing to do"
    screen.say(f"{source}: {COMMANDS[command][1]}: {visible(done)}")


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [visible("  ".join(map(_aligned, row, widths, _COLUMNS)).rstrip()) for row in rows]


def _aligned(cell: str, width: int, column: str) -> str:
    return f"{cell:>{width}}" if column in _NUMBERS else f"{cell:<{width}}"


def _row(signal: dict[str, Any], now: float) -> tuple[str, ...]:
    unit = SignalUnit(signal["unit"])
    expected, limit, value = (
        figures.NOTHING if signal[name] is None else figures.signal_value(float(signal[name]), unit)
        for name in ("baseline", "limit", "value")
    )
    side = "" if signal["limit"] is None else "< " if signal["low"] else "> "
    state = WORDS.get(str(signal["state"]), str(signal["state"])).lower()
    kind = "seasonal" if signal["seasonal"] else "previous" if signal["previous"] else "fixed"
    return str(signal["name"]), state, kind, expected, f"{side}{limit}", value, _remark(signal, now)


def _remark(signal: dict[str, Any], now: float) -> str:
    until = signal["muted_until_timestamp_seconds"]
    muted = f"muted until {figures.since(until, now, None)}" if until is not None else "muted"
    remarks = (
        (f"of {signal['subject']}", signal["subject"]),
        ("baseline chosen", signal["baseline_chosen"]),
        (muted, signal["muted"]),
        ("flapping", signal["flapping"]),
        ("too little traffic", signal["silent"]),
        ("try seasonal", signal["season_offer"]),
    )
    return ", ".join(word for word, holds in remarks if holds)
