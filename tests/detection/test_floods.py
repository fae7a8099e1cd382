"""Floods of requests and of random paths are found, also from many clients; crowds and test benches are left alone."""

import re

import pytest
from detecting import CLIENT, found, kinds, visits

from detection.loading import load
from detection.rates import Rates
from detection.variety import Variety
from exercise_config import Config
from traffic.batch import RecordBatch
from traffic.records import Exchange

FLOOR = {"request_flood_floor": 600, "random_paths_floor": 600}
"""Smaller than the default, so that the tests are fast."""
BEGIN = 99_990.0
ATTACK = BEGIN + 600


def people(begin: float = BEGIN, seconds: int = 660, rate: int = 1, agent: str = "Firefox") -> list[Exchange]:
    """Return the visits of 40 clients, to ten pages."""
    return [
        each
        for number in range(seconds * rate)
        for each in visits(
            [f"/{number % 10}"], begin=begin + number / rate, client=f"198.51.{number % 40}.1", agent=agent
        )
    ]


def mixed(*parts: list[Exchange]) -> list[Exchange]:
    return sorted((each for part in parts for each in part), key=lambda each: each.time)


def from_network(begin: float = ATTACK, agent: str = "Firefox") -> list[Exchange]:
    return [
        each
        for n in range(1000)
        for each in visits(["/"], begin=begin + n / 20, client=f"203.0.113.{n % 50}", agent=agent)
    ]


def from_botnet(agent: str = "bot") -> list[Exchange]:
    return [
        each
        for n in range(1000)
        for each in visits(["/"], begin=ATTACK + n / 20, client=f"203.0.{n % 50}.9", agent=agent)
    ]


# request_flood --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "client", "who"),
    [
        (visits(["/"] * 1000, begin=ATTACK, step=0.05), CLIENT, CLIENT),
        (from_network(), "", "the network 203.0.113.0/24"),
        (from_botnet(), "", "the user agent bot"),
    ],
    ids=["a client", "a network", "a user agent"],
)
def test_a_flood_is_found_once_within_a_minute(attack: list[Exchange], client: str, who: str) -> None:
    (flood,) = found("request_flood", mixed(people(), attack), **FLOOR)
    assert kinds([flood]) == [("request_flood", client, "T1499.002")]
    assert flood.severity == "medium"
    assert re.fullmatch(f"{who} made 60. of 63. requests in a minute; usually there are 60 in all", flood.reason)
    assert flood.time <= ATTACK + 60


@pytest.mark.parametrize(
    "exchanges",
    [
        people(),
        people(rate=20, seconds=330),
        mixed(people(), people(begin=ATTACK, rate=40, seconds=60)),
        mixed(people(), visits(["/"] * 400, begin=ATTACK)),
        mixed(people(rate=20, seconds=60, begin=ATTACK), people(), visits(["/"] * 500, begin=ATTACK, step=0.1)),
    ],
    ids=["people", "many people", "a crowd that comes at once", "a busy client", "a small part"],
)
def test_ordinary_visits_are_no_flood(exchanges: list[Exchange]) -> None:
    loud = [each for each in found("request_flood", exchanges, **FLOOR) if each.severity != "low"]
    assert loud == []


def test_a_client_that_always_asks_so_much_is_no_flood() -> None:
    constant = visits(["/"] * 13_200, begin=BEGIN, step=0.05)
    (first, *others) = found("request_flood", mixed(people(), constant), size=100, **FLOOR)
    assert (first.severity, others) == ("low", [])


@pytest.mark.parametrize("warm", [[], visits(["/"] * 700, begin=BEGIN, step=1.0)], ids=["at once", "after a while"])
def test_a_test_bench_makes_no_finding_that_alerts(warm: list[Exchange]) -> None:
    bench = visits(["/"] * 5000, begin=ATTACK + 101, step=0.01, client="127.0.0.1")
    assert {each.severity for each in found("request_flood", warm + bench, size=1000, **FLOOR)} == {"low"}


# random_paths ---------------------------------------------------------------------------------------------------------


def test_random_paths_are_found_once_within_a_minute() -> None:
    attack = visits([f"/{number:x}" for number in range(1000)], begin=ATTACK, step=0.05)
    (flood,) = found("random_paths", mixed(people(), attack), **FLOOR)
    assert kinds([flood]) == [("random_paths", CLIENT, "T1499.002")]
    assert (flood.severity, flood.server) == ("medium", "10.0.0.5")
    assert flood.time <= ATTACK + 60
    assert flood.reason.startswith(f"{CLIENT} asked 10.0.0.5 for random paths: 9")


def test_random_paths_of_many_clients_have_none() -> None:
    attack = [
        each for n in range(1000)
        for each in visits([f"/{n:x}"], begin=ATTACK + n / 20, client=f"203.0.{n % 50}.9")
    ]  # fmt: skip
    (flood,) = found("random_paths", mixed(people(), attack), size=50, **FLOOR)
    assert (flood.client, flood.reason[:12]) == ("", "many clients")


@pytest.mark.parametrize(
    "exchanges",
    [
        people(rate=20, seconds=330),
        mixed(people(), visits([f"/{number}" for number in range(200)], begin=ATTACK)),
        mixed(people(), visits([f"/page/{n % 200}" for n in range(2000)], begin=ATTACK, step=0.02)),
    ],
    ids=["people", "few", "a crawler on a small site"],
)
def test_ordinary_paths_are_not_random(exchanges: list[Exchange]) -> None:
    assert found("random_paths", exchanges, size=50, **FLOOR) == []


def test_random_paths_are_found_where_a_few_visitors_usually_ask_for_nothing_twice() -> None:
    night = [each for n in range(40) for each in visits([f"/{n % 7}"], begin=BEGIN + 15 * n)]
    attack = visits([f"/{number:x}" for number in range(1000)], begin=ATTACK, step=0.05)
    (flood,) = found("random_paths", night + attack, **FLOOR)
    assert (flood.severity, flood.client) == ("medium", CLIENT)


def test_an_interface_with_a_number_in_each_path_is_low_once_and_then_usual() -> None:
    constant = visits([f"/items/{number}" for number in range(13_200)], begin=BEGIN, step=0.05)
    assert [each.severity for each in found("random_paths", constant, size=100, **FLOOR)] == ["low"]


# What they count with -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["request_flood", "random_paths"])
def test_requests_out_of_order_are_found_too(name: str) -> None:
    attack = visits([f"/{number:x}" for number in range(1000)], begin=ATTACK, step=0.05)
    assert len(found(name, people(seconds=600) + attack[1::2] + attack[::2], **FLOOR)) == 1


@pytest.mark.parametrize("name", ["request_flood", "random_paths", "credential_stuffing"])
def test_random_clients_hosts_and_paths_do_not_fill_the_memory(name: str) -> None:
    (detector,) = load([name], vars(Config()))
    tables = [table for table in vars(detector).values() if isinstance(table, Rates)]
    for table in tables:
        table._max_keys = 50
    for number in range(300):
        (one,) = visits(["/login"], method="POST", status=401, client=f"198.51.{number}.1", agent=f"{number}")
        assert one.request is not None
        asked = one.request._replace(host=f"{number}.example.com")
        list(detector.look(RecordBatch([one._replace(request=asked, server=f"10.0.{number}.1")])))
    assert all(len(table._current) <= 51 for table in tables)
    assert len(getattr(detector, "_samples", ())) <= 20


def test_what_is_usual_is_known_after_a_while_and_without_the_current_window() -> None:
    rates = Rates(60)
    for number in range(20):
        assert rates.usual("a") == (None if number < 12 else pytest.approx(10)), number
        rates.add("a", 1000.0 + 30 * number, 5)
    rates.add("a", 1000.0 + 30 * 20, 1000)
    assert rates.usual("a") == pytest.approx(10)
    assert rates.total("a", 1600.0) == 1005


@pytest.mark.parametrize(("silence", "usual"), [(30 * 60.0, 20), (7200.0, None), (-3600.0, None)])
def test_silence_counts_and_a_long_one_or_another_clock_begins_anew(silence: float, usual: float | None) -> None:
    rates = Rates(60)
    for number in range(40):
        rates.add("a", 9990.0 + 30 * number, 25)
    rates.add("b", 9990.0 + 30 * 39 + silence)
    assert rates.usual("a") == (None if usual is None else pytest.approx(usual, abs=1))


def test_a_heavy_key_is_found_however_late() -> None:
    rates = Rates(60, max_keys=10)
    for number in range(1000):
        rates.add(f"{number}", 1000.0)
    counts = [rates.add("heavy", 1000.0) for _ in range(5)]
    assert (counts, rates.full > 0) == ([1, 2, 3, 4, 5], True)


def test_variety_is_the_share_of_distinct_texts_in_a_sample() -> None:
    variety = Variety(30, most=4)
    variety.add(1000.0, "aabcdef")
    assert (variety.sampled, variety.share, variety.usual) == (4, 0.75, None)
    for number in range(1, 12):
        variety.add(1000.0 + 30 * number, "ab")
    assert variety.usual == pytest.approx((0.75 + 10) / 11)
