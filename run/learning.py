"""`exercise.py learn`: reads labels, trains a model and writes it. Start at `learn`.

It captures nothing, so it has the rights of whoever calls it: under sudo, those of the caller.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Final

from capture.privileges import give_up, sudo_caller
from cli.build import PROGRAM
from cli.learn import LearnArguments, parse_learn
from detection.learned.examples import Examples, NotLearnableError, grouped
from detection.learned.inputs import FEATURES, codes_of
from detection.learned.labels import LONGEST_LINE, LabelReader, Labels
from detection.learned.model_file import model_text
from outputs.errors import UnavailableError
from run.outputs import needs
from traffic.batch import RecordTable
from traffic.features import DIGITS
from traffic.records import Exchange

if TYPE_CHECKING:
    from detection.learned.training import Learned

STANDARD_INPUT: Final = "-"
_OWNER_ONLY: Final = 0o600


def learn(argv: Sequence[str]) -> int:
    """Print how well a model does, and write it; return 0, or 1 if the labels do not suffice or a file fails.

    Raises:
        UnavailableError: scikit-learn is missing, or a file cannot be read or written.
    """
    given = parse_learn(argv)
    try:
        from detection.learned import report, training
        from detection.learned.fitting import ForeignTreesError
    except ImportError as missing:
        raise needs("learn", "scikit-learn", "requirements-learn.txt") from missing
    if caller := sudo_caller(os.environ):
        give_up(caller)
    labels = _read(given.labels)
    _say(report.label_lines(labels))
    try:
        examples = _examples(labels, given)
        _say(report.example_lines(labels, examples))
        learned = training.learn(examples, FEATURES, given.false_alarms, _progress)
    except (NotLearnableError, ForeignTreesError) as error:
        print(f"{PROGRAM} learn: {error}", file=sys.stderr)
        return 1
    _say(report.learned_lines(learned, examples, FEATURES, given.false_alarms))
    if given.model is not None:
        _keep(learned, given.model)
    return 0


def _read(paths: Sequence[str]) -> Labels:
    reader = LabelReader(DIGITS)
    for path in paths:
        with _opened(path) as file:
            reader.read(_lines(file))
    return reader.labels()


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 closed below
    except OSError as reason:
        raise UnavailableError(f"cannot read labels from {path}: {reason.strerror}") from reason
    with file:
        yield file


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines; of a longer one than a label can be, the beginning, so that it is counted once."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)


def _examples(labels: Labels, given: LearnArguments) -> Examples:
    table = RecordTable(Exchange, [each.exchange for each in labels.examples])
    return grouped(codes_of(table), labels.examples, given.by)


def _keep(learned: "Learned", path: str) -> None:
    """Write the model beside the file and put it in its place, so that a running monitor never reads a part."""
    text, beside = model_text(learned.model), f"{path}.{os.getpid()}"
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as reason:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise UnavailableError(f"cannot write the model to {path}: {reason.strerror}") from reason
    print(f"\nmodel: {path} ({len(text):,} bytes); use it with: {PROGRAM} --model {path}")


def _progress(form: str) -> None:
    if sys.stderr.isatty():
        print(f"testing: {form} ...", file=sys.stderr)


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)
