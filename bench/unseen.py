"""Unseen attacks: what the model of requests finds on hosts that its prior never saw, what it should not have found,
and what it costs. See `bench.unseen_trials` for how it is tried, and `bench.unseen_material` for what it is tried on.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.measure import Figure, table
from bench.offline import capture_of
from bench.unseen_material import Material, attacks, browsed, generated, odd_texts, ordinary
from bench.unseen_trials import Sent, Taught, Trial, taught, trial, trials
from capture.open import open_file
from detection.detectors.unseen import Unseen
from detection.unseen.hosts import PER_HOST
from detection.unseen.model import Model
from detection.unseen.reasons import reasons
from detection.unseen.usual import Requests
from exercise_config import Config
from run.decoding import decoder_for
from traffic.batch import Batch
from traffic.limits import Limits
from traffic.records import Exchange

LINES: Final = 30
"""Findings that are printed to be read."""
BATCH: Final = 4000
"""Records in a batch, where cost is measured."""
PACKETS: Final = 200_000
"""Packets of the benchmark's capture."""
ROUNDS: Final = 15
CAMPAIGN: Final = 5
"""Attacks that a client sends."""
FAMILIES: Final = {
    "911": "methods", "913": "scanners", "920": "protocol", "921": "protocol attacks", "922": "multipart",
    "930": "files of the server", "931": "files elsewhere", "932": "commands", "933": "PHP", "934": "other languages",
    "941": "scripts (XSS)", "942": "SQL", "943": "sessions", "944": "Java",
}  # fmt: skip
"""Families of rules by the start of their numbers."""


def measure(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Try the model on each part of the hosts, and on generated sites; measure its cost."""
    say("unseen: reading captures and attacks")
    usual_requests, sent = ordinary(), Sent(*attacks(), odd_texts())
    say("unseen: trials")
    found = list(trials(usual_requests, sent))
    results = [_figures(f"part {part}", each) for part, each in enumerate(found)]
    results.append(_sum(found, sent.attacks) | {"lines": list(_alarms(found, usual_requests))})
    made, known = generated(), taught(usual_requests, sent.odd)
    results.append(_figures("generated", trial(known, made, sent)))
    if (others := browsed()) is not None:
        results.append(_figures("browsing", trial(known, others, sent)))
    say("unseen: cost")
    results.append(_cost())
    results.append({"part": "lines", "lines": list(_lines(known, made, sent.attacks))})
    return results


def report(results: list[dict[str, Any]]) -> str:
    """Return tables, and findings to read."""
    rows = [each for each in results if "ordinary" in each]
    total = next(each for each in results if each["part"] == "all")
    cost = next(each for each in results if each["part"] == "cost")
    lines = next(each for each in results if each["part"] == "lines")
    heads = (
        "hosts", "ordinary requests", "sites", "known", "false alarms", "attacks", "aimed attacks", "at unknown hosts",
        "near-attacks", "odd texts", "limit",
    )  # fmt: skip
    families = table(("rules", "attacks", "found"), (_family(*each) for each in total["families"].items()))
    return "\n\n".join((
        table(heads, (_row(each) for each in rows)),
        f"False alarms: {'; '.join(total['lines']) or 'none'}.",
        f"Clients that send {CAMPAIGN} attacks of a family to unknown hosts: {_percent(total['campaigns'])} are found.",
        families,
        f"Cost of a request to a known host: {cost['core']:.1f} us of CPU in the core, {cost['model']:.1f} us for the "
        f"detector. A host takes {PER_HOST / 1000:.1f} kB, `unseen_hosts` of them "
        f"{Config.unseen_hosts * PER_HOST / 1e6:.0f} MB.",
        "\n".join(f"    {line}" for line in lines["lines"]),
    ))  # fmt: skip


def facts(results: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return what is saved."""
    return {each["part"]: {name: value for name, value in each.items() if name != "part"} for each in results}


def _figures(name: str, found: Trial) -> dict[str, Any]:
    def share(strange: NDArray[np.bool_]) -> float | None:
        return float(strange.mean()) if len(strange) else None

    return {
        "part": name,
        "ordinary": len(found.ordinary.rows),
        "sites": found.hosts,
        "known": found.known,
        "alarms": int(found.ordinary.strange.sum()),
        "attacks": share(found.attacks.strange),
        "aimed": share(found.aimed.strange),
        "unknown": share(found.unknown.strange),
        "near": share(found.near.strange),
        "odd": share(found.odd.strange),
        "limit": float(found.unknown.limits[0]),
    }


def _sum(found: list[Trial], meant: Material) -> dict[str, Any]:
    """Add up all parts; those without known hosts have no attacks on them."""
    known = [each for each in found if len(each.attacks.rows)]
    strange = np.concatenate([each.attacks.strange for each in known])
    names = [meant.names[row] for each in known for row in each.attacks.rows.tolist()]
    families = {}
    for start, title in FAMILIES.items():
        rows = [row for row, name in enumerate(names) if name.startswith(start)]
        if rows:
            families[f"{start} {title}"] = (len(rows) // len(known), float(strange[rows].mean()))
    return {
        "part": "all",
        "ordinary": sum(len(each.ordinary.rows) for each in found),
        "sites": sum(each.hosts for each in found),
        "known": sum(each.known for each in found),
        "alarms": sum(int(each.ordinary.strange.sum()) for each in found),
        "attacks": float(strange.mean()),
        "aimed": float(np.concatenate([each.aimed.strange for each in known]).mean()),
        "unknown": float(np.concatenate([each.unknown.strange for each in found]).mean()),
        "near": float(np.concatenate([each.near.strange for each in known]).mean())
        if len(known[0].near.rows)
        else None,
        "odd": float(np.concatenate([each.odd.strange for each in found]).mean()),
        "campaigns": _campaigns(found, meant),
        "families": families,
    }


def _campaigns(found: list[Trial], meant: Material) -> float:
    """Return the share of clients that are found, if each sends some attacks of a family, chosen by lot, to unknown
    hosts.
    """
    dice, shares = Random(1), []
    for each in found:
        for start in FAMILIES:
            rows = [row for row, name in enumerate(meant.names) if name.startswith(start)]
            dice.shuffle(rows)
            sent = (each.unknown.strange[rows[first : first + CAMPAIGN]] for first in range(0, len(rows), CAMPAIGN))
            shares += [bool(strange.any()) for strange in sent if len(strange) == CAMPAIGN]
    return sum(shares) / max(len(shares), 1)


def _alarms(found: list[Trial], material: Material) -> Iterator[str]:
    for each in found:
        for row in each.ordinary.rows[each.ordinary.strange].tolist():
            yield f"{material.names[row]}, {material.lines[row][:60]}"


def _cost() -> dict[str, Any]:
    """Measure CPU time for a request of the benchmark's capture: with features, and with the detector besides, which
    has seen the same requests before, so that it knows their hosts.
    """
    path, rounds, detector = str(capture_of(PACKETS)), [], Unseen()
    _microseconds(path, True, detector)
    for _ in range(ROUNDS):
        without, described, detected = (
            _microseconds(path, *each) for each in ((False, None), (True, None), (True, detector))
        )
        rounds.append((described - without, detected - described))
    core, model = (Figure.of(each).median for each in zip(*rounds, strict=True))
    return {"part": "cost", "core": core, "model": model}


def _microseconds(path: str, features: bool, detector: Unseen | None) -> float:
    source, decoder = open_file(path), decoder_for(range(2**16), Limits(features=features))
    exchanges, begun = 0, time.process_time()
    while (frames := source.read()) is not None:
        decoder.feed(frames)
        if decoder.waiting >= BATCH:
            exchanges += _looked(decoder.take(), detector)
    decoder.finish()
    exchanges += _looked(decoder.take(), detector)
    seconds = time.process_time() - begun
    source.close()
    return seconds / exchanges * 1e6


def _looked(batch: Batch, detector: Unseen | None) -> int:
    table = batch.table(Exchange)
    for name in ("client", "domain"):  # others make these columns, too
        table.texts(name)
    if detector is not None:
        list(detector.look(batch))
    return len(table)


def _lines(known: Taught, made: Material, meant: Material) -> Iterator[str]:
    """Yield the reasons of findings chosen by lot, at the most visited of the generated sites."""
    site = Counter(made.sites).most_common(1)[0][0]
    rows = [row for row, name in enumerate(made.sites) if name == site]
    model = Model(*known, 1)
    place = model.hosts.places([site])
    model.learn(np.repeat(place, len(rows)), Requests(made.features[rows]), np.zeros(len(rows)))
    chosen = Random(1).sample(range(len(meant.sites)), min(LINES, len(meant.sites)))
    judged = model.judge(np.repeat(place, len(chosen)), Requests(meant.features[chosen]))
    for number, row in enumerate(chosen):
        why = reasons(model, int(place[0]), meant.features[row])
        verdict = f"{judged.scores[number]:.0f}" if judged.scores[number] >= judged.limits[number] else "not found"
        yield f"{meant.names[row]} ({verdict}): {'; '.join(why)}"


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    shares = (each[name] for name in ("attacks", "aimed", "unknown", "near", "odd"))
    counts = (f"{each[name]:,}" for name in ("ordinary", "sites", "known"))
    alarms = f"{each['alarms']} ({100 * each['alarms'] / max(each['ordinary'], 1):.2f} %)"
    limit = f"{each['limit']:.1f}" if "limit" in each else "-"
    return each["part"], *counts, alarms, *map(_percent, shares), limit


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _family(name: str, found: tuple[int, float]) -> tuple[str, ...]:
    count, share = found
    return name, f"{count:,}", f"{100 * share:.0f} %"
