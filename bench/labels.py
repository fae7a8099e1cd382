"""What a model that was learned from labels finds on hosts, and among attacks, that it never saw.

Ordinary requests are those of captures and of generated sites, split by a hash of their host. Attacks are those of the
regression tests of the Core Rule Set, split by a hash of the rule that they are meant for, as the tests of a rule are
alike. Each part is judged by a model that learned from the others as `exercise.py learn` does, with the threshold that
it chose there. An attack is sent by one of a host's own clients: the fields that say who asks are those of one of its
ordinary requests, so that it is not known by the tool that the tests are made with. In further trials, all tests of a
family of rules are left out.

Statuses, sizes and times are not known here, so they are the same in all.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.measure import table
from bench.unseen_material import Material, attacks, generated, ordinary, present
from detection.learned.examples import Examples, NotLearnableError
from detection.learned.inputs import FEATURES
from detection.learned.model import Codes, Model
from detection.unseen.features import FEATURES as OF_REQUEST

PARTS: Final = 5
FALSE_ALARMS: Final = 0.001
"""Share of ordinary requests that the threshold may let through, on what was learned from."""
EVERY: Final = 5
"""One of so many generated requests is used."""
WHO_ASKS: Final = (
    "version", "header_set", "header_order", "user_agent", "fields", "longest_field", "agent_kind", "host_kind",
)  # fmt: skip
"""Features of the client rather than of what it asks."""
FAMILIES: Final = {
    "920": "protocol", "930": "local files", "931": "remote files", "932": "commands", "933": "PHP",
    "934": "generic code", "941": "scripts in pages", "942": "SQL", "944": "Java",
}  # fmt: skip
"""Families of rules, by the first digits of their numbers."""
_OTHER: Final = "other"
_WHO: Final = [place for place, feature in enumerate(OF_REQUEST) if feature.name in WHO_ASKS]
_RATE_ROWS: Final = 1000
_ROUNDS: Final = 20


class Trial(NamedTuple):
    """What a model found of what it had not learned from."""

    left_out: str
    form: str
    found: int
    attacks: int
    false: int
    ordinary: int
    near: int
    """Requests found of those that are nearly attacks: tests in which the rule is not to match."""
    nearly: int
    cost: float
    """Seconds of CPU to score a request, in batches of 1,000."""


def measure(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the trials; none without the material or scikit-learn."""
    if not present() or find_spec("sklearn") is None:
        say("labels: no corpus, no Core Rule Set or no scikit-learn")
        return []
    good, (bad, near) = _together(ordinary(), generated()), attacks()
    trials = []
    for name, is_held in _splits(good, bad, quick):
        say(f"labels: {name}")
        trials.append(_trial(name, is_held, good, bad, near)._asdict())
    return trials


def report(results: list[dict[str, Any]]) -> str:
    """Return a table, with a line for all parts together."""
    trials = [Trial(**each) for each in results]
    if not trials:
        return "Not measured: it needs scikit-learn, the corpus (`HTTP_MONITOR_CORPUS`) and the Core Rule Set."
    heads = ("not learned from", "form", "attacks found", "false alarms", "nearly attacks found", "us for a request")
    parts = [each for each in trials if each.left_out.startswith("part")]
    others = [each for each in trials if each not in parts]
    return table(heads, [_row(each) for each in (*parts, _total(parts), *others)])


def facts(results: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return what is saved."""
    return {"trials": results}


def _total(trials: Sequence[Trial]) -> Trial:
    """Add up the trials of all parts."""
    return Trial(
        "all parts",
        "",
        found=sum(each.found for each in trials),
        attacks=sum(each.attacks for each in trials),
        false=sum(each.false for each in trials),
        ordinary=sum(each.ordinary for each in trials),
        near=sum(each.near for each in trials),
        nearly=sum(each.nearly for each in trials),
        cost=max(each.cost for each in trials),
    )


def _row(trial: Trial) -> tuple[str, ...]:
    return (
        trial.left_out,
        trial.form,
        f"{trial.found:,} of {trial.attacks:,} ({_percent(trial.found, trial.attacks)})",
        f"{trial.false:,} of {trial.ordinary:,} ({_percent(trial.false, trial.ordinary)})",
        _percent(trial.near, trial.nearly),
        f"{1e6 * trial.cost:.2f}",
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


class _Held(NamedTuple):
    """What is not learned from."""

    good: NDArray[np.bool_]
    bad: NDArray[np.bool_]


def _splits(good: Material, bad: Material, quick: bool) -> Iterator[tuple[str, _Held]]:
    """Iterate over what is left out in each trial."""
    of_hosts = np.array([_part(host) for host in good.hosts])
    of_rules = np.array([_part(_rule(name)) for name in bad.names])
    for part in range(PARTS):
        yield f"part {part + 1}: hosts and rules", _Held(of_hosts == part, of_rules == part)
    families = np.array([_family(name) for name in bad.names])
    for number, family in enumerate(() if quick else dict.fromkeys(families.tolist())):
        yield f"hosts of part {number % PARTS + 1}, and {family}", _Held(of_hosts == number % PARTS, families == family)


def _together(captured: Material, made: Material) -> Material:
    """Return captured requests and a part of the generated ones, of which there are many more."""
    some = made.chosen(range(0, len(made.names), EVERY))
    lists = (one + other for one, other in zip(captured[1:], some[1:], strict=True))
    return Material(np.concatenate((captured.features, some.features)), *lists)


def _trial(name: str, held: _Held, good: Material, bad: Material, near: Material) -> Trial:
    from detection.learned.training import learn  # needs scikit-learn, which is optional

    examples = _examples(good, bad, ~held.good, ~held.bad)
    tested, sent = good.chosen(np.flatnonzero(held.good)), bad.chosen(np.flatnonzero(held.bad))
    try:
        learned = learn(examples, FEATURES, FALSE_ALARMS)
    except NotLearnableError as error:
        raise SystemExit(f"labels: {name}: {error}") from error
    model = learned.model
    codes = _codes(tested.features)
    return Trial(
        name,
        learned.chosen.form,
        _found(model, _codes(_sent(sent, tested))),
        len(sent.names),
        _found(model, codes),
        len(tested.names),
        _found(model, _codes(_sent(near, tested))),
        len(near.names),
        _cost(model, codes),
    )


def _examples(good: Material, bad: Material, of_good: NDArray[np.bool_], of_bad: NDArray[np.bool_]) -> Examples:
    """Return what is learned from: hosts are groups, and so are the rules that attacks are meant for."""
    known, sent = good.chosen(np.flatnonzero(of_good)), bad.chosen(np.flatnonzero(of_bad))
    codes = _codes(np.concatenate((known.features, _sent(sent, known))))
    names = [f"host {host}" for host in known.hosts] + [f"rule {_rule(name)}" for name in sent.names]
    _, groups = np.unique(names, return_inverse=True)
    return Examples(codes, np.arange(len(names)) >= len(known.names), groups.astype(np.intp), "host")


def _sent(material: Material, to: Material) -> Codes:
    """Have the requests sent by clients of some hosts, in turn."""
    sites = list(dict.fromkeys(to.sites))
    first = {site: row for row, site in reversed(list(enumerate(to.sites)))}
    turns = np.array([first[sites[number % len(sites)]] for number in range(len(material.names))], np.intp)
    features: Codes = material.features.copy()
    features[:, _WHO] = to.features[turns][:, _WHO]
    return features


def _codes(features: Codes) -> Codes:
    """Add the features of outcomes, which are not known."""
    return np.pad(features, ((0, 0), (0, len(FEATURES) - len(OF_REQUEST))))


def _found(model: Model, codes: Codes) -> int:
    return int((model.scores(codes) >= model.threshold).sum())


def _cost(model: Model, codes: Codes) -> float:
    rows = codes[np.arange(_RATE_ROWS) % len(codes)]
    costs = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        model.scores(rows)
        costs.append(time.process_time() - begun)
    return min(costs) / _RATE_ROWS


def _rule(name: str) -> str:
    """Return the rule of a test, or the capture that an attack is from."""
    return name.partition("-")[0]


def _family(name: str) -> str:
    return FAMILIES.get(name[:3], _OTHER)


def _part(text: str) -> int:
    """Return the number of the part that a host or a rule belongs to."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % PARTS
