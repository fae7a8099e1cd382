"""Regular calls to a host outside are found; what many programs and people do is left alone."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from detecting import found, kinds
from records import ended, request

from detection.detectors.beacon import KEPT, Beacon
from detection.regularity import regularity
from traffic.batch import RecordBatch
from traffic.records import Exchange

CLIENT, SERVER, HOST = "10.0.0.5", "198.51.100.7", "c2.example.com"
BEGIN = 1000.0


def calls(
    times: Iterable[float], client: str = CLIENT, server: str = SERVER, host: str = HOST, agent: str = "x", **end: Any
) -> list[Exchange]:
    """Return an exchange for each time after the begin."""
    made = []
    for time in times:
        asked = request(time=BEGIN + time, client=client, server=server, host=host, user_agent=agent)
        made.append(ended(asked, **{"response_bytes": 300, **end}))
    return made


def every(seconds: float, many: int = 60, jitter: float = 0.0, begin: float = 0.0) -> list[float]:
    """Return times with a random part, the same ones each time."""
    chance, time, times = random.Random(7), begin, []
    for _ in range(many):
        times.append(time)
        time += seconds * (1 + jitter * chance.uniform(-1, 1))
    return times


def people(many: int = 24, after: float = 0.0) -> list[Exchange]:
    """Return visits of others, with browsers."""
    return [
        each
        for number in range(many)
        for each in calls([after + number], client=f"203.0.113.{number}", server="10.0.0.5", agent="Firefox")
    ]


@pytest.mark.parametrize(
    ("times", "within"),
    [(every(2.0), 60), (every(60.0), 1500), (every(60.0, jitter=0.2), 1900), (every(300.0, jitter=0.3), 12_000)],
    ids=["two seconds", "a minute", "a fifth random", "a third random"],
)
def test_a_beacon_is_found_once(times: list[float], within: float) -> None:
    (beacon,) = found("beacon", calls(times))
    assert kinds([beacon]) == [("beacon", CLIENT, "T1071.001")]
    assert (beacon.severity, beacon.host, beacon.server) == ("low", HOST, SERVER)
    assert beacon.time <= BEGIN + within


def test_the_reason_has_the_numbers() -> None:
    (beacon,) = found("beacon", calls(every(2.0)))
    assert beacon.reason == (f"{CLIENT} called {HOST} 23 times, every 2 s: score 100% (intervals 100%, sizes 100%)")


def test_a_user_agent_that_nobody_else_uses_makes_it_worse() -> None:
    (beacon,) = found("beacon", people() + calls(every(2.0, begin=30)))
    assert (beacon.severity, beacon.evidence) == ("medium", "x")
    assert beacon.reason.endswith("; nobody else uses its user agent")


def test_a_user_agent_of_others_too_does_not() -> None:
    (beacon,) = found("beacon", people() + calls(every(2.0, begin=30), agent="Firefox"))
    assert beacon.severity == "low"


def test_a_host_that_is_new_makes_it_worse() -> None:
    (beacon,) = found("beacon", people(1) + calls(every(2.0, begin=4000)))
    assert (beacon.severity, beacon.reason.rpartition("; ")[2]) == ("medium", "the host is new")


def test_a_proxy_inside_is_looked_through() -> None:
    asked = [each._replace(server="10.0.0.3") for each in calls(every(2.0))]
    proxied = [each._replace(request=each.request._replace(target=f"http://{HOST}/")) for each in asked if each.request]
    assert [each.host for each in found("beacon", proxied)] == [HOST]
    assert found("beacon", asked) == []


@pytest.mark.parametrize(
    "exchanges",
    [
        calls(every(10.0), client="203.0.113.9", server="10.0.0.5"),
        calls(every(10.0), server="10.0.0.9"),
        calls(every(10.0, many=22)),
        calls(every(0.2, many=400)),
        calls(every(60.0, jitter=1.0)),
        calls(every(10.0), status=503),
        calls(every(10.0), status=None),
        calls(every(10.0), host="connectivity-check.ubuntu.com"),
        sorted((each for n in range(9) for each in calls(every(10.0), client=f"10.0.1.{n}")), key=lambda e: e.time),
    ],
    ids=[
        "a visitor", "a health check", "few", "load", "random", "errors", "unanswered", "a network check", "a service",
    ],
)  # fmt: skip
def test_ordinary_calls_are_no_beacon(exchanges: list[Exchange]) -> None:
    assert found("beacon", exchanges) == []


def test_sizes_that_differ_are_no_beacon_by_themselves() -> None:
    chance = random.Random(7)
    sized = [each._replace(response_bytes=int(chance.expovariate(1e-4))) for each in calls(every(60.0, jitter=0.3))]
    assert found("beacon", sized) == []


def test_people_who_read_pages_are_rarely_taken_for_one() -> None:
    taken = 0
    for seed in range(100):
        chance, time, times = random.Random(seed), 0.0, []
        for _ in range(60):
            time += chance.expovariate(1 / 20)
            times.append(time)
        taken += len(found("beacon", calls(times)))
    assert taken <= 2


def test_calls_out_of_order_are_left_out() -> None:
    exchanges = calls(every(2.0))
    assert len(found("beacon", exchanges[1::2] + exchanges[::2])) == 1
    assert found("beacon", exchanges[::-1]) == []


def test_public_addresses_can_be_named_as_own() -> None:
    exchanges = calls(every(2.0), client="203.0.113.80")
    assert found("beacon", exchanges) == []
    assert len(found("beacon", exchanges, beacon_own_networks=("203.0.113.80",))) == 1


def test_many_hosts_and_long_series_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detection.detectors.beacon.MAX_PAIRS", 50)
    detector = Beacon()
    hosts = [each for number in range(200) for each in calls([number], host=f"{number}.example.com")]
    assert [*detector.look(RecordBatch(hosts))] == []
    assert len(detector._series) == 50
    list(detector.look(RecordBatch(calls(every(2.0, many=500, begin=300)))))
    assert {len(series.intervals) for series in detector._series.values()} == {0, KEPT}


@pytest.mark.parametrize(
    ("values", "expected"),
    [([60.0] * 30, 1.0), ([60.0, 60.001, 59.999, 60.01] * 9, 1.0), ([58.0, 59.0, 60.0, 61.0, 62.0] * 9, 0.99)],
    ids=["alike", "coinciding quartiles", "symmetric"],
)
def test_regular_values_score_high(values: list[float], expected: float) -> None:
    assert regularity(values, 0.6) == pytest.approx(expected, abs=0.01)


def test_skewed_values_score_low() -> None:
    assert regularity([2.0**n for n in range(30)], 1.0) < 0.2
