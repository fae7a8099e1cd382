"""Examples in groups, and when there are too few of them to learn from."""

from collections.abc import Sequence

import numpy as np
import pytest
from labelled import bad, good, visit

from detection.learned.examples import Examples, NotLearnableError, grouped
from detection.learned.inputs import codes_of
from detection.learned.labels import Labelled
from detection.learned.model import NEUTRAL
from detection.learned.ranks import ranks
from traffic.batch import RecordTable
from traffic.records import Exchange


def together(good_ones: Sequence[Exchange], bad_ones: Sequence[Exchange], by: str = "") -> Examples:
    labelled = [Labelled(each, is_bad) for is_bad, some in ((False, good_ones), (True, bad_ones)) for each in some]
    return grouped(codes_of(RecordTable(Exchange, [each.exchange for each in labelled])), labelled, by)


def refusal(good_ones: Sequence[Exchange], bad_ones: Sequence[Exchange], by: str = "") -> str:
    with pytest.raises(NotLearnableError) as caught:
        together(good_ones, bad_ones, by)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def of_hosts(count: int, hosts: int, client: str) -> list[Exchange]:
    return [visit(client, number, f"h{number % hosts}.example") for number in range(count)]


def test_examples_are_grouped_by_client() -> None:
    found = together(good(200, 20), bad(60, 10))
    assert (len(found), found.by) == (260, "client")
    assert (found.groups_with(bad=False), found.groups_with(bad=True)) == (20, 10)


def test_with_few_clients_they_are_grouped_by_host() -> None:
    found = together(of_hosts(40, 8, "198.51.100.1"), of_hosts(40, 5, "203.0.113.1"))
    assert (found.by, found.groups_with(bad=False), found.groups_with(bad=True)) == ("host", 8, 5)


def test_too_few_labels_are_refused_with_how_many_are_needed_and_why() -> None:
    assert refusal(good(100), bad(12)) == (
        "100 good and 12 bad labels are too few; at least 30 good and 30 bad ones are needed, because with fewer "
        "nobody can say how often the model is wrong"
    )


def test_labels_of_one_kind_are_refused() -> None:
    assert refusal(good(100), []).startswith("all 100 labels are good; at least 30 good and 30 bad ones are needed")
    assert refusal([], bad(100)).startswith("all 100 labels are bad;")
    assert refusal([], []).startswith("there are no labels;")


def test_labels_of_too_few_clients_and_hosts_are_refused() -> None:
    told = refusal(good(100, 20), bad(60, 2))
    assert told.startswith(
        "good and bad examples come from 20 and 2 clients and 1 and 1 hosts; label some of at least 5"
    )
    assert refusal(good(100, 20), bad(60, 10), "host").startswith("good and bad examples come from 1 and 1 hosts;")


def test_examples_that_look_the_same_with_both_labels_are_counted() -> None:
    twins = [visit(f"203.0.113.{number}", path_length=50) for number in range(30)]
    found = together([*good(40), visit("198.51.100.77", path_length=50)], twins)
    assert found.undecided == 31


def test_the_evidence_for_a_bin_is_counted_by_clients_and_not_by_requests() -> None:
    codes = np.array([[1]] * 1000 + [[2]] * 6 + [[3]] * 6 + [[4]] * 12, np.uint8)
    is_bad = np.array([True] * 1000 + [True] * 6 + [False] * 6 + [True] * 6 + [False] * 6)
    groups = np.array([0] * 1000 + [1, 2, 3, 4, 5, 6] + [7, 8, 9, 10, 11, 12] + [*range(1, 13)])
    found = ranks(Examples(codes, is_bad, groups, "client"), 0)
    assert found[1] == NEUTRAL, "one client says nothing about others, however often it comes"
    assert found[2] > NEUTRAL + 20
    assert found[3] < NEUTRAL - 20
    assert abs(int(found[4]) - NEUTRAL) <= 5
    assert found[99] == NEUTRAL
