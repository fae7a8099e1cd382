"""How well unseen attacks are found on hosts that were never learned from: the floor below which it is not to fall."""

import pytest

from bench.unseen_material import attacks, generated, ordinary, present
from bench.unseen_trials import trial, trials
from capture.core import CORE
from detection.unseen import prior
from detection.unseen.usual import from_text, learned, to_text

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
LEAST_ANYWHERE = 0.1
"""The same on hosts of which nothing is known."""


def test_attacks_are_found_and_ordinary_requests_are_not() -> None:
    requests, (meant, near) = ordinary(), attacks()
    found = list(trials(requests, meant, near))
    alarms = sum(int(each.ordinary.strange.sum()) for each in found)
    assert alarms <= MOST_ALARMS * len(requests.sites)
    for least, kinds in (
        (LEAST_FOUND, [each.attacks for each in found]),
        (LEAST_AIMED, [each.aimed for each in found]),
        (LEAST_ANYWHERE, [each.unknown for each in found]),
    ):
        assert sum(int(each.strange.sum()) for each in kinds) >= least * sum(len(each.rows) for each in kinds)
    made = generated().chosen(range(20_000))
    tried = trial(learned(requests.features, requests.sites), made, meant.chosen(range(0, len(meant.sites), 10)))
    assert int(tried.ordinary.strange.sum()) <= MOST_ALARMS * len(made.sites)
    assert float(tried.attacks.strange.mean()) >= LEAST_FOUND
    # What is shipped was learned from the same requests with the same features: python -m bench.unseen_prior
    assert to_text(learned(requests.features, requests.sites)) == to_text(from_text(prior.TEXT))
