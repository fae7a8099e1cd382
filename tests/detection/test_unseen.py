"""Requests unlike those that their host usually gets."""

import numpy as np
import pytest
from detecting import BEGIN, CLIENT
from records import exchange, request
from unseen_visits import INJECTION, features_of, found, ordinary, visit

from capture.core import CORE
from detection.detectors.unseen import ADOPTED, Unseen
from detection.unseen import prior
from detection.unseen.anywhere import Anywhere
from detection.unseen.features import FEATURES
from detection.unseen.hosts import MEMORY, Hosts
from detection.unseen.model import KNOWN, STRANGE, Model, pieces
from detection.unseen.usual import AMOUNTS, LEVELS, Requests, from_text, learned, levels_of, to_text
from traffic.features import unpacked
from traffic.finding import Finding
from traffic.records import Exchange

ANYWHERE = Anywhere(from_text(prior.ANYWHERE), prior.LIMIT)

pytestmark = pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core")


def test_an_injection_is_found_where_pages_were_asked_for_and_the_reason_says_why() -> None:
    detector = Unseen()
    assert found(detector, ordinary(200)) == []
    (finding,) = found(detector, [visit(300, INJECTION)])
    assert (finding.rule, finding.client, finding.host, finding.path) == (
        "unseen",
        CLIENT,
        "shop.example.com",
        "/items",
    )
    assert "quotation marks before an operator" in finding.reason
    assert "(never before)" in finding.reason
    assert "1%27" not in finding.reason  # nothing of the content


def test_an_unknown_host_has_no_findings_for_what_is_merely_new() -> None:
    targets = [f"/{word}/{number}?{word}={number}" for number, word in enumerate(("a", "red-shoes", "b", "img") * 5)]
    assert found(Unseen(), [visit(number, target) for number, target in enumerate(targets)]) == []


def test_what_is_strange_anywhere_is_found_at_an_unknown_host_and_the_reason_says_why() -> None:
    (finding,) = found(Unseen(), [visit(0, INJECTION)])
    assert "quotation marks before an operator" in finding.reason
    assert "before)" not in finding.reason  # nothing is known of the host


def test_one_client_cannot_teach_its_attack() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    for number in range(2 * KNOWN):
        found(detector, [visit(300 + number, INJECTION)])
    assert len(found(detector, [visit(400, INJECTION, "203.0.113.77")])) == 1


def test_what_several_clients_ask_for_becomes_usual() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    for number in range(20 * ADOPTED):
        found(detector, [visit(300 + number, "/new?filter=(a%20or%20b)&sort=price(asc)", f"192.0.2.{number % 50}")])
    assert found(detector, [visit(500, "/new?filter=(c%20or%20d)&sort=price(asc)", "192.0.2.99")]) == []


def test_one_attacker_makes_one_finding() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    assert len(found(detector, [visit(300 + number, INJECTION) for number in range(50)])) == 1


def test_clients_that_others_named_are_neither_judged_nor_learned_from() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    named = Finding(BEGIN + 300, "942100", "waf", "high", CLIENT, 0, "10.0.0.2", 80, "", "", "injection")
    assert found(detector, [visit(300, INJECTION)], (named,)) == []
    assert found(detector, [visit(301, INJECTION)]) == []
    assert len(found(detector, [visit(302, INJECTION, "203.0.113.77")])) == 1


def test_clients_of_whom_something_is_merely_noted_are_judged() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    noted = Finding(BEGIN + 300, "new_application", "saas", "info", CLIENT, 0, "10.0.0.2", 80, "", "", "new")
    assert len(found(detector, [visit(300, INJECTION)], (noted,))) == 1


def test_each_host_has_habits_of_its_own() -> None:
    detector = Unseen()
    found(detector, ordinary(200))
    exotic = [visit(number, f"/q?where=price(asc)='{number}'", host="db.example.com") for number in range(200)]
    found(detector, exotic)
    assert found(detector, [visit(300, "/q?where=price(asc)='7'", host="db.example.com")]) == []
    assert len(found(detector, [visit(301, "/q?where=price(asc)='7'")])) == 1


def test_the_same_requests_have_the_same_findings() -> None:
    story = [*ordinary(100), visit(150, INJECTION), *ordinary(50, 200), visit(300, INJECTION, "203.0.113.77")]
    runs = [[finding for start in (0, 90) for finding in found(detector, part(story, start))] for detector in two()]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 2


def two() -> tuple[Unseen, Unseen]:
    return Unseen(), Unseen()


def part(story: list[Exchange], start: int) -> list[Exchange]:
    return story[start : start + 90 if start == 0 else None]


def test_exchanges_without_features_are_left_out() -> None:
    assert found(Unseen(), [exchange(request())]) == []


# what is remembered ---------------------------------------------------------------------------------------------------


def test_the_host_that_was_not_seen_longest_is_forgotten() -> None:
    detector = Unseen(hosts=2)
    for host in ("a.example", "b.example", "c.example", "c.example", "b.example"):
        found(detector, ordinary(5, host=host))
    hosts = detector._model.hosts
    assert len(hosts) == 2
    assert hosts.requests[hosts.places(["c.example", "b.example"])].tolist() == [10, 5 + 5]
    assert hosts.requests[hosts.places(["a.example"])].tolist() == [0]
    assert len(hosts.requests) == 2


def test_more_hosts_in_a_batch_than_are_remembered() -> None:
    detector = Unseen(hosts=3)
    visits = [visit(number, "/", host=f"host{number}.example") for number in range(10)]
    assert found(detector, visits) == []
    assert len(detector._model.hosts) == 3


def test_old_requests_count_less() -> None:
    hosts = Hosts(1)
    places = hosts.places(["a"])
    old, new = unpacked([features_of("/old.php?x=(1)"), features_of("/new")])
    for row in (old, new, new):
        rows = np.tile(row, (MEMORY, 1))
        hosts.learn(np.repeat(places, MEMORY), Requests(rows), np.zeros(MEMORY))
    assert hosts.requests[0] <= MEMORY
    path_form = [feature.name for feature in FEATURES].index("path_form")
    assert hosts.seen[0, path_form, new[path_form]] > hosts.seen[0, path_form, old[path_form]] > 0
    assert hosts.distinct[0, path_form] == 2


def test_counts_of_levels_are_of_all_that_reach_them() -> None:
    hosts = Hosts(1)
    rows = unpacked([features_of("/a/b/c"), features_of("/a")])
    hosts.learn(hosts.places(["a", "a"]), Requests(rows), np.zeros(2))
    depth = AMOUNTS.index([feature.name for feature in FEATURES].index("path_depth"))
    assert hosts.reached[0, depth, :5].tolist() == [2, 2, 1, 1, 0]


@pytest.mark.parametrize("rows", [1, KNOWN, 3 * KNOWN, 1000])
def test_pieces_hold_every_row_once_and_hardly_more_than_double_what_is_known(rows: int) -> None:
    places = np.arange(rows) % 2
    parts = pieces(places, np.array([0, 100]))
    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))
    seen = [0, 100]
    for piece in parts:
        for place in (0, 1):
            count = int((places[piece] == place).sum())
            assert count <= seen[place] + KNOWN
            seen[place] += count


def test_no_rows_have_no_pieces() -> None:
    assert pieces(np.zeros(0, np.intp), np.zeros(0, np.int64)) == []


# what is usual anywhere -----------------------------------------------------------------------------------------------


def test_the_prior_can_be_written_and_read() -> None:
    usual = from_text(prior.TEXT)
    assert usual.chances.shape == (len(AMOUNTS), LEVELS)
    assert from_text(to_text(usual)).chances.tolist() == usual.chances.tolist()
    assert (np.diff(usual.chances, axis=1) <= 0).all()
    with pytest.raises(ValueError, match="reshape"):
        from_text("00")


def test_a_site_with_many_requests_is_but_one_site() -> None:
    plain, odd = unpacked([features_of("/a"), features_of("/a?b=(c)")])
    usual = learned(
        levels_of(np.array([odd] * 100 + [plain] * 10)), ["odd"] * 100 + [f"site {number}" for number in range(10)]
    )
    place = AMOUNTS.index([feature.name for feature in FEATURES].index("parentheses"))
    assert 0.2 < usual.chances[place, 1] < 0.4


def test_small_surprises_make_no_large_one() -> None:
    model = Model(from_text(prior.TEXT), ANYWHERE, 10)
    rows = unpacked([features_of(f"/long/{'segment/' * 6}?{'a=b&' * 30}")])
    assert model.judge(model.hosts.places(["a"]), Requests(rows)).scores[0] < STRANGE
