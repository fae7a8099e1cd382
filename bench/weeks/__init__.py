"""Generated weeks of four kinds of site, with labelled incidents: what the seasonal baselines find, and what they
report although nothing happened.

The seed of the figures is not the one by which the baselines were adjusted.
"""

from collections.abc import Callable, Sequence
from multiprocessing import Pool
from random import Random
from statistics import median
from typing import Any, Final

from bench.measure import table
from bench.weeks.sites import KINDS
from bench.weeks.trial import Outcome, trial
from exercise_config import Config

SEED: Final = 70
"""Seed of the printed figures; 1 to 19, 31, 57 and 61 to 69 were looked at."""
LEARN, ORDINARY, ROUNDS = 3, 12, 1
"""Weeks to learn, ordinary weeks, and incidents of each kind."""
QUICK: Final = (2, 2, 1)
"""The same for `--quick`."""
SOON: Final = 2
"""Windows until an incident is found soon."""
LONGEST_FIRST: Final = ("media", "shop", "api", "blog")
"""The kinds of site, those first that take longest."""
PROCESSES: Final = 2
SERIES_BYTES: Final = 32_000
"""What a series takes, measured with tracemalloc and rounded up."""


def measure(quick: bool, say: Callable[[str], None]) -> list[Outcome]:
    """Run all kinds of site."""
    numbers = QUICK if quick else (LEARN, ORDINARY, ROUNDS)
    found = {}
    with Pool(PROCESSES) as pool:
        for outcome in pool.imap_unordered(_run, [(kind, SEED, *numbers) for kind in LONGEST_FIRST]):
            say(f"weeks: {outcome.kind}")
            found[outcome.kind] = outcome
    return [found[kind] for kind in KINDS]


def report(outcomes: Sequence[Outcome]) -> str:
    """Write the tables."""
    sites = [_site_row(each) for each in outcomes]
    head = (
        "site", "false alerts in each ordinary week", "of the default signals", "beside incidents", "found", "named",
        "in two buckets",
    )  # fmt: skip
    kinds = list(dict.fromkeys(one.kind for each in outcomes for one, _, _ in each.found))
    incidents = [_kind_row(kind, outcomes) for kind in kinds]
    costs = [
        (each.kind, f"{1000 * each.seconds:.1f} ms", str(each.series), f"{each.series * SERIES_BYTES / 1e6:.1f} MB")
        for each in outcomes
    ]
    return "\n\n".join(
        (
            table(head, sites),
            table(("incident", "found", "median of buckets until found"), incidents),
            table(("site", "CPU time of the monitor in a bucket of 120 s", "seasons", "memory"), costs),
        )
    )


def facts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures."""
    found = [windows for each in outcomes for _, windows, _ in each.found]
    known = [windows for windows in found if windows is not None]
    return {
        "false": {each.kind: each.false for each in outcomes},
        "found": len(known),
        "incidents": len(found),
        "soon": sum(windows <= SOON for windows in known),
    }


def lines(outcomes: Sequence[Outcome], number: int) -> str:
    """Return so many of the lines that explain alerts, chosen at random."""
    texts = [alert.explanation for each in outcomes for alert in each.alerts]
    return "\n".join(Random(SEED).sample(texts, min(number, len(texts))))


def _run(given: tuple[str, int, int, int, int]) -> Outcome:
    return trial(*given)


def _site_row(each: Outcome) -> tuple[str, ...]:
    windows = [number for _, number, _ in each.found if number is not None]
    named = sum(named for *_, named in each.found)
    soon = sum(number <= SOON for number in windows)
    total = len(each.found)
    weeks = " ".join(map(str, each.false))
    default = sum(alert.signal in Config().signals for alert in each.alerts[: sum(each.false)])
    shares = (f"{count} of {total}" for count in (len(windows), named, soon))
    return each.kind, weeks, str(default), str(each.strays), *shares


def _kind_row(kind: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    all_of = [windows for each in outcomes for one, windows, _ in each.found if one.kind == kind]
    known = [windows for windows in all_of if windows is not None]
    return kind, f"{len(known)} of {len(all_of)}", f"{median(known):.0f}" if known else "-"
