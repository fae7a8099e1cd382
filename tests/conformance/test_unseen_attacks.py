"""How well unseen attacks are found on hosts that were never learned from: the floor below which it is not to fall."""

import pytest

from bench.unseen_limit import limit, usual_anywhere
from bench.unseen_material import attacks, browsed, generated, odd_texts, ordinary, present
from bench.unseen_trials import Scored, Sent, taught, trial, trials
from capture.core import CORE
from detection.unseen import prior
from detection.unseen.usual import from_text, learned, levels_of, to_text

pytestmark = [
    pytest.mark.skipif(
        not present(), reason="needs the corpus and the Core Rule Set (HTTP_MONITOR_CORPUS, HTTP_MONITOR_CRS)"
    ),
    pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core"),
]
MOST_ALARMS = 0.001
"""Share of the ordinary requests."""
LEAST_FOUND = 0.9
"""Share of the attacks on hosts that are known."""
LEAST_AIMED = 0.8
"""The same, if they are sent to paths that the host has."""
LEAST_ANYWHERE = 0.32
"""The same on hosts of which nothing is known."""
MOST_ODD = 0.2
"""Share of the odd texts that people type, on such hosts."""


def test_attacks_are_found_and_ordinary_requests_are_not() -> None:
    requests, sent = ordinary(), Sent(*attacks(), odd_texts())
    found = list(trials(requests, sent))
    alarms = sum(int(each.ordinary.strange.sum()) for each in found)
    assert alarms <= MOST_ALARMS * len(requests.sites)
    for least, kinds in (
        (LEAST_FOUND, [each.attacks for each in found]),
        (LEAST_AIMED, [each.aimed for each in found]),
        (LEAST_ANYWHERE, [each.unknown for each in found]),
    ):
        assert share(kinds) >= least
    assert share([each.odd for each in found]) <= MOST_ODD
    known = taught(requests, sent.odd)
    if (others := browsed()) is not None:
        assert int(trial(known, others, sent).ordinary.strange.sum()) <= MOST_ALARMS * len(others.sites)
    made, some = generated().chosen(range(20_000)), sent.attacks.chosen(range(0, len(sent.attacks.sites), 10))
    tried = trial(known, made, sent._replace(attacks=some))
    assert int(tried.ordinary.strange.sum()) <= MOST_ALARMS * len(made.sites)
    assert float(tried.attacks.strange.mean()) >= LEAST_FOUND


def share(kinds: list[Scored]) -> float:
    return sum(int(each.strange.sum()) for each in kinds) / sum(len(each.rows) for each in kinds)


def test_what_is_shipped_was_learned_from_the_same_requests_with_the_same_features() -> None:
    """Otherwise: python -m bench.unseen_prior."""
    requests, odd = ordinary(), odd_texts()
    usual = learned(levels_of(requests.features), requests.sites)
    assert to_text(usual) == to_text(from_text(prior.TEXT))
    assert to_text(usual_anywhere(requests, odd)) == to_text(from_text(prior.ANYWHERE))
    assert limit(requests, odd) == prior.LIMIT
