"""Tries the model of unseen attacks on requests to hosts that its prior never saw: what it finds, and what it should
not.

The hosts are split by a hash of their names. The prior, and what is strange anywhere, are learned from the ordinary
requests of all parts but one; those of that one are then judged and learned from in their order, as the detector does.
After that come the attacks. Each is sent to one of the hosts that are known by then, in turn, by one of its own
clients: fields of the head that say who asks are those of the last ordinary request, so that an attack is not found by
the tool that the tests are made with. An *aimed* attack is also sent to a path that the host has. Nothing is learned
from attacks.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.unseen_limit import SPLITS, anywhere, parts_of
from bench.unseen_material import Material
from detection.unseen.anywhere import Anywhere
from detection.unseen.features import FEATURES
from detection.unseen.model import KNOWN, Judged, Model, pieces
from detection.unseen.usual import Requests, Usual, learned, levels_of

BATCH: Final = 256
"""Requests in a batch."""
WHO_ASKS: Final = ("header_set", "header_order", "user_agent", "agent_kind", "fields", "longest_field", "host_kind")
WHERE: Final = (
    "method", "path_form", "first_segment", "extension", "path_length", "path_depth", "longest_segment",
    "path_unspeakable", "method_kind",
)  # fmt: skip
_PLACES: Final = {feature.name: place for place, feature in enumerate(FEATURES)}


class Scored(NamedTuple):
    """Requests of a trial: their scores, and those from which on a request to their host is strange."""

    rows: NDArray[np.intp]
    """Their rows in the material."""
    scores: NDArray[np.float64]
    limits: NDArray[np.float64]

    @property
    def strange(self) -> NDArray[np.bool_]:
        """Which of them are found."""
        return self.scores >= self.limits


class Trial(NamedTuple):
    """What was found on one split."""

    ordinary: Scored
    hosts: int
    known: int
    """Sites that are known at the end."""
    attacks: Scored
    """On hosts that are known."""
    aimed: Scored
    unknown: Scored
    """On a host that nobody asked before."""
    near: Scored
    """What is nearly an attack, on hosts that are known."""
    odd: Scored
    """Odd texts that people type, on a host that nobody asked before."""


class Sent(NamedTuple):
    """What is sent to the hosts besides their ordinary requests."""

    attacks: Material
    near: Material
    odd: Material


class Taught(NamedTuple):
    """What was learned from ordinary requests to other hosts."""

    usual: Usual
    anywhere: Anywhere


def taught(ordinary: Material, odd: Material) -> Taught:
    """Learn from ordinary requests and odd texts."""
    return Taught(learned(levels_of(ordinary.features), ordinary.sites), anywhere(ordinary, odd))


def trials(ordinary: Material, sent: Sent) -> Iterator[Trial]:
    """Iterate over the trials, one for each part."""
    parts, parts_of_odd = parts_of(ordinary), parts_of(sent.odd)
    for part in range(SPLITS):
        others = (ordinary.chosen(np.flatnonzero(parts != part)), sent.odd.chosen(np.flatnonzero(parts_of_odd != part)))
        rows = np.flatnonzero(parts == part)
        own = sent._replace(odd=sent.odd.chosen(np.flatnonzero(parts_of_odd == part)))
        found = trial(taught(*others), ordinary.chosen(rows), own)
        yield found._replace(ordinary=found.ordinary._replace(rows=rows))


def trial(known: Taught, ordinary: Material, sent: Sent) -> Trial:
    """Try a model on the hosts of some ordinary requests."""
    model = Model(*known, max(len(set(ordinary.sites)), 1) + 1)
    scores, limits = _in_order(model, ordinary)
    last = {site: row for row, site in enumerate(ordinary.sites)}
    places = model.hosts.places(list(last))
    sites = [site for site, place in zip(last, places.tolist(), strict=True) if model.hosts.requests[place] >= KNOWN]
    rows = [last[site] for site in sites]
    return Trial(
        Scored(np.arange(len(scores)), scores, limits),
        len(set(ordinary.hosts)),
        len(sites),
        _sent(model, sent.attacks, ordinary, rows, WHO_ASKS),
        _sent(model, sent.attacks, ordinary, rows, (*WHO_ASKS, *WHERE)),
        _sent_to_nobody(model, sent.attacks),
        _sent(model, sent.near, ordinary, rows, WHO_ASKS),
        _sent_to_nobody(model, sent.odd),
    )


def _in_order(model: Model, material: Material) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Judge and learn as the detector does; return scores and limits."""
    scores, limits = np.zeros(len(material.sites)), np.zeros(len(material.sites))
    for start in range(0, len(material.sites), BATCH):
        places = model.hosts.places(material.sites[start : start + BATCH])
        features = material.features[start : start + BATCH]
        for piece in pieces(places, model.hosts.requests):
            requests = Requests(features[piece])
            judged = model.judge(places[piece], requests)
            scores[start + piece], limits[start + piece] = judged
            usual = np.flatnonzero(judged.scores < judged.limits)
            model.learn(places[piece[usual]], requests.chosen(usual), judged.scores[usual])
    return scores, limits


def _sent(model: Model, sent: Material, ordinary: Material, known: list[int], borrowed: tuple[str, ...]) -> Scored:
    """Send requests to known hosts in turn, given the last ordinary request of each, which lends some features."""
    if not known or not sent.sites:
        return _scored(model.judge(np.zeros(0, np.intp), Requests(np.zeros((0, len(FEATURES)), np.uint8))))
    turns = np.array(known)[np.arange(len(sent.sites)) % len(known)]
    columns = [_PLACES[name] for name in borrowed]
    features = sent.features.copy()
    features[:, columns] = ordinary.features[turns][:, columns]
    places = model.hosts.places([ordinary.sites[row] for row in turns.tolist()])
    return _scored(model.judge(places, Requests(features)))


def _sent_to_nobody(model: Model, sent: Material) -> Scored:
    place = model.hosts.places(["nobody asked this host before"])[0]
    return _scored(model.judge(np.full(len(sent.sites), place), Requests(sent.features)))


def _scored(judged: Judged) -> Scored:
    return Scored(np.arange(len(judged.scores)), judged.scores, judged.limits)
