"""The judges of several signals at once: each learns for itself, and all see the same buckets."""

from collections.abc import Sequence
from typing import Any

from alerting_records import Watch, requests
from hypothesis import given, settings, strategies
from records import ended, request

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Learned, LearningRestarted
from alerting.history import AlertHistory
from alerting.rule import Rule
from alerting.signals.dominant_client import DominantClient
from alerting.signals.dominant_section import DominantSection
from alerting.signals.error_ratio_4xx import ErrorRatio4xx
from alerting.signals.error_ratio_5xx import ErrorRatio5xx
from alerting.signals.new_connections import NewConnections
from alerting.signals.request_rate import RequestRate
from alerting.signals.response_time import ResponseTime
from alerting.signals.traffic_drop import TrafficDrop
from alerting.signals.unanswered import Unanswered
from alerting.signals.volume_out import VolumeOut
from alerting.states import State
from alerting.terms import BaselineKind, Terms

BUCKET = 100
RATE = RequestRate(10, BUCKET)


def all_rules() -> list[Rule]:
    return [
        RATE,
        TrafficDrop(60, 0.05),
        ErrorRatio5xx(5, 10),
        ErrorRatio4xx(20, 10),
        ResponseTime(200, 10, 0.1),
        Unanswered(10, 10),
        VolumeOut(300, 10),
        NewConnections(300, 0.05),
        DominantClient(30, 10),
        DominantSection(40, 10),
    ]


class Site:
    """Buckets of records, one after the other."""

    def __init__(self, *rules: Rule, learning: float = BUCKET, previous: Sequence[str] = ()) -> None:
        self.watch = Watch(
            [RATE, *rules], Terms(BUCKET, learning, 86400, baselines=dict.fromkeys(previous, "previous"))
        )
        self.monitor = self.watch.monitor
        self.now = 0.0

    def given(self, *records: Any) -> list[Event]:
        self.watch.add([record._replace(time=self.now + 1) for record in records])
        return self.wait(BUCKET)

    def wait(self, seconds: float) -> list[Event]:
        self.now += seconds
        return self.watch.advance(self.now)


def answers(
    count: int, status: int | None = 200, seconds: float = 0.05, target: str = "/", client: str = "c"
) -> list[Any]:
    return [ended(request(0, client=client, target=target), status, seconds) for _ in range(count)]


def signals(events: Sequence[Event]) -> list[tuple[type[Event], str]]:
    return [(type(event), getattr(event, "signal", "") or event.alert.signal) for event in events]  # type: ignore[union-attr]


def test_only_the_signal_without_traffic_restarts_learning() -> None:
    site = Site(ErrorRatio5xx(5, 10), ResponseTime(200, 10, 0.1))
    rate, errors, times = site.monitor.judges
    assert signals(site.given(*requests(0, 100), *answers(4))) == [(Learned, "request_rate")]
    assert (rate.state, errors.state, times.state) == (State.NORMAL, State.LEARNING, State.LEARNING)
    told = site.given(*requests(0, 100), *answers(50), *answers(50, None))
    assert signals(told) == [(Learned, "error_ratio_5xx"), (Learned, "response_time")]
    assert errors.baseline("") == 0


def test_a_signal_with_a_floor_waits_silently_while_the_request_rate_reports_a_restart() -> None:
    site = Site(Unanswered(10, 10))
    assert [signals(site.wait(BUCKET)) for _ in range(3)] == [[(LearningRestarted, "request_rate")]] * 3


def test_learning_over_several_buckets_uses_their_median() -> None:
    site = Site(ErrorRatio5xx(5, 10), learning=3 * BUCKET)
    site.wait(2 * BUCKET)
    site.given(*requests(0, 300))
    errors = site.monitor.judges[1]
    for failed in (1, 0, 4, 2):
        assert errors.state is State.LEARNING or failed == 2
        site.given(*requests(0, 100), *answers(100 - failed), *answers(failed, 500))
    assert (errors.state, errors.baseline("")) == (State.NORMAL, 1.0)


def test_traffic_below_the_floor_is_learned_so_that_a_flood_is_not() -> None:
    site = Site(VolumeOut(300, 1000), DominantClient(30, 200))
    small = [ended(request(0, client=f"client {number}"), response_bytes=10) for number in range(50)]
    for _ in range(3):
        site.given(*[one.request for one in small], *small)
    flood = [ended(request(0, client="flood"), response_bytes=9000) for _ in range(500)]
    told = site.given(*[one.request for one in flood], *flood)
    assert signals(told) == [(AlertRaised, name) for name in ("request_rate", "volume_out", "dominant_client")]


def test_a_silent_bucket_counts_as_within_the_limit() -> None:
    site = Site(ErrorRatio5xx(5, 10))
    site.given(*requests(0, 100), *answers(100))
    assert signals(site.given(*requests(0, 100), *answers(90), *answers(10, 500))) == [(AlertRaised, "error_ratio_5xx")]
    assert signals(site.given(*answers(5, 500))) == [(AlertDismissed, "error_ratio_5xx")]
    assert site.monitor.judges[1].last is None


def test_a_bucket_at_the_floor_is_judged() -> None:
    site = Site(ErrorRatio5xx(5, 10))
    site.given(*requests(0, 100), *answers(100))
    assert site.given(*requests(0, 100), *answers(4), *answers(5, 500)) == []
    assert len(site.given(*requests(0, 100), *answers(5), *answers(5, 500))) == 1


def test_missing_clients_are_named_after_a_long_learning_phase() -> None:
    site = Site(TrafficDrop(60, 0.05), learning=2 * BUCKET)
    site.wait(BUCKET)
    site.given(*requests(0, 200, "stays"), *requests(0, 200, "goes"))
    (raised,) = site.given(*requests(0, 60, "stays"))
    assert isinstance(raised, AlertRaised)
    clients = {one.name: round(one.share, 2) for one in raised.alert.contributors if one.kind == "client"}
    assert clients == {"goes": 0.71}


def test_rates_are_per_second() -> None:
    site = Site(VolumeOut(300, 1), NewConnections(300, 0.01), TrafficDrop(60, 0.01))
    asked = [request(0, client_port=port) for port in range(50)]
    site.given(*asked, *[ended(one, response_bytes=1000) for one in asked])
    assert [judge.baseline("") for judge in site.monitor.judges[1:]] == [500, 0.5, 0.5]


def test_exactly_the_threshold_is_not_an_alert() -> None:
    site = Site(ErrorRatio5xx(5, 10))
    site.given(*requests(0, 100), *answers(99), *answers(1, 500))
    assert site.given(*requests(0, 100), *answers(94), *answers(6, 500)) == []
    assert len(site.given(*requests(0, 100), *answers(93), *answers(7, 500))) == 1


def test_a_new_server_is_learned_from_its_first_bucket() -> None:
    site = Site(ResponseTime(200, 10, 0.1))
    site.given(*requests(0, 100), *answers(50))
    slow = [one._replace(server_port=8080) for one in answers(50, seconds=5)]
    assert site.given(*requests(0, 100), *slow) == []
    assert site.given(*requests(0, 100), *slow) == []
    slower = [one._replace(server_port=8080) for one in answers(50, seconds=16)]
    (raised,) = site.given(*requests(0, 100), *slower, *answers(50))
    assert isinstance(raised, AlertRaised)
    assert raised.alert.subject == "10.0.0.5:8080"


def test_a_fast_server_never_counts_as_slow() -> None:
    site = Site(ResponseTime(200, 10, 0.1))
    site.given(*requests(0, 100), *answers(50, seconds=0.001))
    assert site.given(*requests(0, 100), *answers(50, seconds=0.09)) == []
    assert len(site.given(*requests(0, 100), *answers(50, seconds=0.2))) == 1


def test_a_proxy_for_all_clients_dominates_without_an_alert() -> None:
    site = Site(DominantClient(30, 10))
    for _ in range(3):
        told = site.given(*requests(0, 100, "proxy"))
    assert told == []
    site = Site(DominantClient(30, 10))
    usual = [request(0, client=f"client {number % 10}") for number in range(100)]
    site.given(*usual)
    (raised,) = site.given(*usual[:50], *requests(0, 50, "crawler"))
    assert isinstance(raised, AlertRaised)
    assert raised.alert.value == 50
    assert [(one.kind, one.name) for one in raised.alert.contributors] == [("client", "crawler")]


def test_volume_and_connections_compared_with_the_previous_buckets() -> None:
    names = ("volume_out", "new_connections")
    site = Site(VolumeOut(300, 10), NewConnections(300, 0.05), previous=names)
    for number in range(5):
        asked = [request(0, client_port=100 * number + port) for port in range(10)]
        site.given(*asked, *[ended(one) for one in asked])
    flood = [request(0, client="flood", client_port=port) for port in range(5000, 5050)]
    told = site.given(*flood, *[ended(one, response_bytes=5000) for one in flood])
    assert signals(told) == [(AlertRaised, name) for name in ("request_rate", "volume_out", "new_connections")]
    for event in told:
        assert isinstance(event, AlertRaised)
        assert event.alert.contributors[0].name == "flood"
        assert event.alert.previous is (event.alert.signal != "request_rate")


def test_durations_by_signal_and_overall() -> None:
    site = Site(ErrorRatio5xx(5, 10))
    site.given(*requests(0, 100), *answers(100))
    for _ in range(3):
        site.given(*requests(0, 200), *answers(100, 500))
    site.given(*requests(0, 200), *answers(100))
    site.given(*requests(0, 100), *answers(100))
    history = site.monitor.history
    assert (history.longest(0, "error_ratio_5xx"), history.longest(0, "request_rate")) == (300, 400)
    assert (history.longest(0), history.average(0), history.number("request_rate")) == (400, 350, 1)
    assert history.longest(0, "unanswered") is None


def test_the_number_of_alerts_is_bounded_and_drops_are_counted() -> None:
    history = AlertHistory(86400, 3)
    for start in range(5):
        history.begin(Alert("request_rate", start, None, 1, 1, 1, 1, 1, SignalUnit.HITS))
        history.finish("request_rate", start + 1)
    assert [alert.start for alert in history.alerts] == [4, 3, 2]
    assert history.forgotten == 2


def records_of(kinds: Sequence[int], start: float) -> list[Any]:
    found: list[Any] = []
    for number, kind in enumerate(kinds):
        asked = request(start + number % BUCKET, client=f"client {kind % 3}", target=f"/{kind % 4}", client_port=kind)
        status = (200, 404, 403, 500, None)[kind % 5]
        found += [asked, ended(asked, status, 0.01 * (kind % 50))]
    return found


@settings(max_examples=60)
@given(
    buckets=strategies.lists(
        strategies.one_of(strategies.just([]), strategies.lists(strategies.integers(0, 99), max_size=60)), max_size=30
    ),
    steps=strategies.lists(strategies.integers(1, 900), max_size=20),
    width=strategies.sampled_from([10, 50, BUCKET]),
)
def test_no_decision_of_any_signal_depends_on_the_size_of_the_steps_or_of_the_buckets_of_the_store(
    buckets: list[list[int]], steps: list[int], width: int
) -> None:
    """Except that a continued alert is reported only once for buckets that time jumped over."""
    previous: dict[str, BaselineKind] = dict.fromkeys(("traffic_drop", "volume_out"), "previous")
    fine, coarse = [
        Watch(
            all_rules(),
            Terms(BUCKET, BUCKET, 86400, 10, previous, previous_buckets=4, changes_per_hour=5, store_bucket=each),
        )
        for each in (10, width)
    ]
    for watch in (fine, coarse):
        watch.add(records_of(range(50), 0))
    wanted, end = list(fine.advance(BUCKET)), BUCKET * (len(buckets) + 3)
    for number, kinds in enumerate(buckets, 1):
        records = records_of(kinds, BUCKET * number)
        fine.add(records)
        coarse.add(records)
        wanted += fine.advance(BUCKET * (number + 1))
    wanted += fine.advance(end)
    now, got = 0.0, []
    for step in steps:
        now = min(now + step, end)
        got += coarse.advance(now)
    got += coarse.advance(end)
    assert [event for event in got if not isinstance(event, AlertContinued)] == [
        event for event in wanted if not isinstance(event, AlertContinued)
    ]
    assert [judge.state for judge in coarse.monitor.judges] == [judge.state for judge in fine.monitor.judges]
    assert coarse.monitor.history.alerts == fine.monitor.history.alerts


def test_the_state_of_the_monitor_is_the_worst_of_all_signals() -> None:
    """An outage is within the limit of the request rate."""
    site = Site(TrafficDrop(60, 0.05), ErrorRatio5xx(5, 10))
    states = [site.monitor.state]
    for seconds in (100, 100, 0, 0, 100, 100):
        site.given(*requests(0, seconds), *answers(seconds))
        states.append(site.monitor.state)
    learning, calm, alert, over = State.LEARNING, State.NORMAL, State.ALERT, State.DISMISSED
    assert states == [learning, calm, calm, alert, alert, over, calm]
    assert site.monitor.judges[0].state is State.NORMAL


def test_learning_in_vain_is_said_until_it_succeeds() -> None:
    site = Site()
    site.wait(BUCKET / 2)
    assert site.monitor.silence == 0
    site.wait(3 * BUCKET)
    assert site.monitor.silence == 3 * BUCKET
    site.given(*requests(0, 10))
    assert site.monitor.silence == 0
    site.monitor.relearn(site.now)
    assert site.monitor.silence == 0
