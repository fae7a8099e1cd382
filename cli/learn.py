"""The command line of `exercise.py learn`: trains a model from exchanges that people have labelled."""

import argparse
from collections.abc import Sequence
from typing import Final, NamedTuple

from cli.build import PROGRAM
from cli.parser import OneLineParser

_EXAMPLES: Final = """\
examples:
  exercise.py --labels marks.json                     mark exchanges on the full screen: - is bad, + is good
  jq -c 'select(."url.path" | startswith("/wp-")) | .label = "bad"' log.json >> marks.json
                                                      label lines of the log
  exercise.py learn --labels marks.json               say how well a model would do
  exercise.py learn --labels marks.json --model site.model
                                                      and keep it
  exercise.py --model site.model                      find requests that look like the bad ones
"""
FALSE_ALARMS: Final = 0.1
"""Percent of the good exchanges that may be above the threshold, unless the user says otherwise."""


class LearnArguments(NamedTuple):
    """The parsed command line."""

    labels: tuple[str, ...]
    """Files with labels."""
    model: str | None
    """Where the model is kept; None keeps none."""
    by: str
    """What is held out as a whole: `client` or `host`; empty chooses."""
    false_alarms: float
    """Largest share of good exchanges above the threshold."""


def parse_learn(argv: Sequence[str]) -> LearnArguments:
    """Return the arguments. --help and wrong usage end the program."""
    given = learn_parser().parse_args(argv)
    return LearnArguments(tuple(given.labels), given.model, given.by or "", given.false_alarms / 100)


def learn_parser() -> argparse.ArgumentParser:
    """Return the parser for the arguments of `learn`."""
    parser = OneLineParser(
        prog=f"{PROGRAM} learn",
        description="Learn from labelled exchanges what bad ones look like, print how often that is right for clients "
        "that were not learned from, and keep the model for --model. Needs scikit-learn; see docs/learning.md.",
        epilog=_EXAMPLES.replace("exercise.py", PROGRAM),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--labels", metavar="FILE", action="append", required=True,
        help="lines of the log with a label: good or bad, may be repeated; - is standard input",
    )  # fmt: skip
    add("--model", metavar="FILE", help="write the model to this file (default: only print how well it does)")
    add(
        "--by", choices=("client", "host"),
        help="test on clients or on hosts that were not learned from (default: clients, or hosts if there are too few)",
    )  # fmt: skip
    add(
        "--false-alarms", metavar="PERCENT", type=percent, default=FALSE_ALARMS,
        help=f"choose the threshold so that at most this share of good exchanges is found (default: {FALSE_ALARMS})",
    )  # fmt: skip
    return parser


def percent(text: str) -> float:
    """Return a share in percent, for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 50:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to 50 percent")
    return number
