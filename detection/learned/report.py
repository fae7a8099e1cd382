"""What `exercise.py learn` prints: labels, figures, the threshold, and what tells good from bad. Pure."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Final

from detection.learned.examples import FOLDS, Examples
from detection.learned.figures import SURE, Spread
from detection.learned.labels import Labels
from detection.learned.training import Learned, Tested, Weight, best_of
from detection.learned.words import tendency
from detection.unseen.features import Feature

NAMED: Final = 8
"""Features that are named."""
NAMED_LINES: Final = 3
"""Line numbers that are named."""
REASONS: Final = 5
"""Reasons for wrong lines that are named."""
_FORMS: Final = {"linear": "linear (logistic regression)", "trees": "trees (gradient boosting)"}


def label_lines(labels: Labels) -> Iterator[str]:
    """Say what is wrong with the labels."""
    for problem in labels.problems[:REASONS]:
        yield f"left out: {problem.sentence}"
    if more := sum(problem.total for problem in labels.problems[REASONS:]):
        yield f"left out: {more:,} more lines for other reasons"
    if labels.contradicted:
        named = ", ".join(f"{number:,}" for number in labels.contradicted[:NAMED_LINES])
        yield (
            f"contradictory: {len(labels.contradicted):,} exchanges had the other label before; the later one counts "
            f"(lines {named})"
        )


def example_lines(labels: Labels, examples: Examples) -> Iterator[str]:
    """Say what there is to learn from."""
    bad = int(examples.bad.sum())
    counts = (
        f"{count:,} {word} of {examples.groups_with(is_bad):,} {examples.by}s"
        for count, word, is_bad in ((len(examples) - bad, "good", False), (bad, "bad", True))
    )
    also = [f"{labels.taken_back:,} taken back"] if labels.taken_back else []
    also += [f"{labels.repeated:,} given twice"] if labels.repeated else []
    yield f"labels: {', '.join((*counts, *also))}"
    if examples.undecided:
        yield f"{examples.undecided:,} of them look the same as others with the other label: no model tells them apart"


def learned_lines(learned: Learned, examples: Examples, features: Sequence[Feature], wanted: float) -> Iterator[str]:
    """Say how right the model is, and what it looks at."""
    yield ""
    yield f"tested on {examples.by}s that were not learned from, in {FOLDS} parts (mean ± standard deviation)"
    yield f"  {'':<30}{'precision':>15}{'recall':>15}{'false alarms':>15}"
    yield from (_row(tested, tested is learned.chosen) for tested in learned.tested)
    yield f"  * chosen: {_why(learned)}"
    yield ""
    yield from _threshold_lines(learned.chosen, wanted)
    yield ""
    yield "what makes an exchange bad, by its part in the scores of bad ones"
    yield from (_weight_line(weight, features) for weight in learned.weights[:NAMED])


def _row(tested: Tested, chosen: bool) -> str:
    name = f"{'* ' if chosen else '  '}{_FORMS[tested.form]}"
    return (
        f"  {name:<30}{_percent(tested.precision):>15}{_percent(tested.recall):>15}"
        f"{f'{100 * tested.hits.false_alarms:.2f} %':>15}"
    )


def _why(learned: Learned) -> str:
    best = best_of(learned.tested)
    return "finds most" if learned.chosen is best else "the simpler one, as the other is not clearly better"


def _threshold_lines(chosen: Tested, wanted: float) -> Iterator[str]:
    """Say what the threshold lets through, and how sure that is."""
    found = chosen.hits
    yield (
        f"threshold: score {100 * chosen.threshold:.1f} %: finds {found.found:,} of {found.bad:,} bad ones, and "
        f"{found.false:,} of {found.good:,} good ones (at most {100 * wanted:g} % were allowed)"
    )
    if found.good * wanted < 1:
        yield (
            f"  {found.good:,} good ones are too few to measure {100 * wanted:g} %: none was allowed, but "
            f"{100 * SURE / found.good:.2g} % are still possible; label {SURE / wanted:,.0f} to be sure"
        )


def _weight_line(weight: Weight, features: Sequence[Feature]) -> str:
    return f"  {100 * weight.share:3.0f} %  {tendency(features[weight.column], weight.direction)}"


def _percent(spread: Spread) -> str:
    return "-" if isnan(spread.mean) else f"{100 * spread.mean:.1f} ± {100 * spread.deviation:.1f} %"
