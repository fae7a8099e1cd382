"""Keys that were never here: how much traffic they may have."""

from random import Random

from seasons import Driven

from alerting.newcomers import KNOWN_AFTER, Newcomers
from alerting.signals.key_drop import KeyDrop
from alerting.signals.key_requests import KeyRequests

SITE = {"shop/": 5.0, "shop/cart": 2.0}


def visitors(random: Random) -> dict[str, float]:
    """Return the requests per second of networks, other ones in each window."""
    return {f"198.51.{random.randrange(256)}.0/24": random.expovariate(10) for _ in range(5)}


def lived(days: float = 2) -> Driven:
    driven = Driven(KeyRequests(150, 100))
    for _ in range(int(days * 720)):
        assert driven.keys(SITE | visitors(driven.random), 8.0) == set()
    return driven


def test_a_crawler_that_was_never_here_is_found_at_once_and_ends_when_it_is_gone() -> None:
    driven = lived()
    crawler = {"192.0.2.0/24": 3.0}
    assert driven.keys(SITE | visitors(driven.random) | crawler, 11.0) == {"192.0.2.0/24"}
    assert driven.comparison.change("192.0.2.0/24") is None
    (verdict,) = driven.verdicts(SITE | crawler, 11.0)
    assert (verdict.value, verdict.subject) == (3.0, "192.0.2.0/24")
    assert 0 < verdict.baseline < 0.1
    assert driven.keys(SITE | visitors(driven.random) | crawler, 11.0) == {"192.0.2.0/24"}
    assert not any(driven.keys(SITE | visitors(driven.random), 8.0) for _ in range(20))


def test_a_flood_hides_no_crawler_of_the_next_day_and_what_is_accepted_is_usual() -> None:
    driven = lived()
    found = [driven.keys(SITE | {"203.0.113.0/24": 20.0}, 27.0) for _ in range(10)]
    assert all(found)
    for _ in range(720):
        driven.keys(SITE | visitors(driven.random), 8.0)
    assert driven.keys(SITE | {"192.0.2.0/24": 4.0}, 11.0) == {"192.0.2.0/24"}
    driven.comparison.accept("192.0.2.0/24", 4.0, driven.now)
    found = [driven.keys(SITE | {"192.0.2.0/24": 4.0}, 11.0) for _ in range(5)]
    assert not any(found[1:])


def test_on_the_first_day_nobody_knows_what_newcomers_have() -> None:
    assert lived(0.5).keys(SITE | {"192.0.2.0/24": 3.0}, 10.0) == set()


def test_what_newcomers_have_every_day_is_usual_after_a_week() -> None:
    """Each day another machine fetches everything in ten minutes."""
    driven = lived()
    days = []
    for day in range(20):
        machine = {f"10.9.{day}.0/24": 3.0}
        found = [driven.keys(SITE | machine, 10.0) for _ in range(5)]
        days.append(any(found))
        assert not any(driven.keys(SITE, 7.0) for _ in range(715))
    assert days == sorted(days, reverse=True)
    assert 1 <= sum(days) <= 13


def test_only_requests_are_judged_so() -> None:
    driven = Driven(KeyDrop(70, 1))
    for _ in range(2 * 720):
        driven.keys(SITE, 7.0)
    assert driven.keys(SITE | {"shop/new": 9.0}, 16.0) == set()


def test_who_learns_again_forgets_what_newcomers_had() -> None:
    driven = lived()
    driven.comparison.clear()
    assert driven.keys(SITE | {"192.0.2.0/24": 3.0}, 10.0) == set()


def test_a_host_that_is_the_whole_site_is_no_newcomer() -> None:
    driven = Driven(KeyRequests(150, 100))
    for _ in range(2 * 720):
        assert driven.keys(SITE | {"shop": 7.0}, 7.0) == set()
    assert driven.keys(SITE | {"shop": 10.0, "192.0.2.0/24": 3.0}, 10.0) == {"192.0.2.0/24"}


def test_the_floor_is_the_least_limit_and_what_is_beyond_is_learned_slowly() -> None:
    found = Newcomers()
    for _ in range(KNOWN_AFTER):
        found.enter({"a": 0.2, "c": 0.1})
        found.learn({}, set())
    assert found.limit(0.8) is None
    found.enter({"b": 2.0, "a": 0.1})
    assert (found.largest, found.rate, found.limit(0.8)) == ("b", 2.0, 0.8)
    found.learn({}, {"b"})
    assert 0.4 < (found.limit(0.0) or 0) < 0.42


def test_one_that_got_a_season_teaches_nothing() -> None:
    found = Newcomers()
    found.enter({"shop": 5.0})
    found.learn({"shop"}, set())
    for _ in range(KNOWN_AFTER):
        found.enter({})
        found.learn({"shop"}, set())
    assert (found.largest, found.limit(0.8)) == ("", 0.8)
