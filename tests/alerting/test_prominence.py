"""Which subjects get a season: those that matter for days."""

import copy
from math import inf

import pytest

from alerting import prominence
from alerting.prominence import Prominence

DAY = 720.0
"""Buckets."""
WHOLE = inf
"""Nothing is the whole traffic."""


def busy(days: float, **traffic: float) -> Prominence:
    """Return the prominence after days with the same traffic in each bucket."""
    found = Prominence()
    found.take({name: amount * days * DAY for name, amount in traffic.items()}, WHOLE, days * DAY)
    return found


def test_subjects_with_a_share_of_the_largest_are_prominent() -> None:
    found = busy(1, host=1000, section=50, page=49)
    assert [found.is_prominent(name) for name in ("host", "section", "page", "unknown")] == [True, True, False, False]


def test_in_the_first_bucket_shares_are_those_of_that_bucket() -> None:
    found = Prominence()
    found.take({"host": 10, "section": 2}, WHOLE, 1)
    assert found.is_prominent("section")


def test_a_subject_that_is_the_whole_traffic_is_not_prominent_and_one_that_becomes_it_is_forgotten() -> None:
    found = Prominence()
    for rest, prominent, forgotten in [(0.08, False, False), (0.5, True, False), (0.01, False, True)]:
        for _ in range(20):
            found.take({"shop": 1.0, "static": rest}, 1 + rest, DAY)
        assert (found.is_prominent("shop"), found.has_faded("shop")) == (prominent, forgotten)
        assert not found.is_small("shop")
    assert found.is_small("new")


def test_a_burst_of_one_bucket_does_not_make_a_subject_prominent() -> None:
    found = busy(2, host=100, network=0.5)
    for _ in range(3):
        found.take({"host": 100, "network": 500}, WHOLE, 1)
    assert not found.is_prominent("network")


def test_a_subject_that_stays_becomes_prominent_and_one_that_leaves_is_forgotten_after_days() -> None:
    found = busy(2, host=100, old=20)
    buckets_until: dict[str, int] = {}
    for bucket in range(10 * int(DAY)):
        found.take({"host": 100, "new": 20}, WHOLE, 1)
        if found.is_prominent("new"):
            buckets_until.setdefault("new", bucket)
        if found.has_faded("old"):
            buckets_until.setdefault("old", bucket)
    assert DAY / 6 < buckets_until["new"] < 2 * DAY
    assert 2 * DAY < buckets_until["old"] < 7 * DAY


def test_the_mean_is_that_of_the_last_days() -> None:
    found = Prominence()
    assert found.mean("host") == 0
    for _ in range(3 * int(DAY)):
        found.take({"host": 10.0}, WHOLE, 1)
    assert found.mean("host") == pytest.approx(10)
    for _ in range(2 * int(DAY)):
        found.take({"host": 20.0, "new": 1.0}, WHOLE, 1)
    assert 15 < found.mean("host") < 20
    assert 0 < found.mean("new") < 1


def test_without_traffic_nothing_fades() -> None:
    found = Prominence()
    found.take({"": 0.0}, WHOLE, 1)
    assert found.is_prominent("")
    assert not found.has_faded("")


def test_years_do_not_change_shares() -> None:
    found = busy(1, host=100, section=10)
    later = copy.deepcopy(found)
    for _ in range(2000):
        later.take({"host": 100 * DAY, "section": 10 * DAY, "page": DAY}, WHOLE, DAY)
    names = ("host", "section", "page")
    assert [later.is_prominent(name) for name in names] == [True, True, False]


def test_names_without_end_take_no_more_memory_than_is_allowed() -> None:
    found = Prominence()
    for bucket in range(50):
        found.take({"host": 1000.0} | {f"{bucket}-{number}": 1.0 for number in range(100)}, WHOLE, 1)
        assert len(found) <= prominence.MAX_CANDIDATES
    assert found.is_prominent("host")
