"""Generated weeks: their sums are those of the store, and the default seasonal baselines stand a short trial."""

from itertools import pairwise

import pytest
from records import ended, request

from alerting.contributors import largest
from alerting.window import Window
from bench.weeks import LONGEST_FIRST
from bench.weeks.demand import START, WINDOW, Demand
from bench.weeks.incidents import KINDS as INCIDENTS
from bench.weeks.sites import KINDS, site
from bench.weeks.traffic import OUTCOMES, Counters
from bench.weeks.trial import monitor, schedule, trial
from store.store import Store
from traffic.batch import RecordBatch


def test_no_kind_of_site_is_left_out() -> None:
    assert sorted(LONGEST_FIRST) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sums_of_a_window_are_those_that_the_store_counts(kind: str) -> None:
    statistics = monitor().statistics
    demand = Demand(site(kind, 1), 1)
    ((_, rows),) = demand.windows(START + 12 * 3600, 1)
    made = Window.empty(statistics, START, START + WINDOW)
    made.add(Counters(statistics, demand.names).bucket(START, WINDOW, rows))
    names, records = demand.names, []
    for place in range(len(rows.client)):
        host, _, path = names.section[rows.section[place]].partition("/")
        asked = request(
            START + 1,
            client=names.client[rows.client[place]],
            server=names.server[rows.server[place]],
            host=host,
            target=f"/{path}",
            user_agent=names.agent[rows.agent[place]],
        )._replace(ordinal=1 if rows.first[place] else 2)
        status, ending = OUTCOMES[rows.outcome[place]]
        seconds = 0.0 if status is None else float(rows.seconds[place])
        records += [asked, ended(asked, status, seconds, ending=ending, response_bytes=int(rows.size[place]))]
    counted = Window.empty(statistics, START, START + WINDOW)
    store = Store(statistics, WINDOW, 86400, 1000)
    store.on_close(counted.add)
    store.add(RecordBatch(records))
    store.advance(START + 2 * WINDOW)
    for each in statistics:
        one, other = made.of(each), counted.of(each)
        assert (one.total, largest(one.names(), 20)) == (other.total, largest(other.names(), 20)), each.name
        for name, _ in largest(one.names(), 3) if each.timed else ():
            assert one.times(name) == other.times(name)


def test_the_same_seed_makes_the_same_weeks_and_incidents() -> None:
    first, again = (Demand(site("shop", 5), 5) for _ in range(2))
    for (_, one), (_, other) in zip(first.windows(START, 3), again.windows(START, 3), strict=True):
        assert one.section.tolist() == other.section.tolist()
    incidents = schedule(first, START, 5, 2)
    assert incidents == schedule(again, START, 5, 2)
    assert sorted(each.kind for each in incidents) == sorted([*INCIDENTS, *INCIDENTS])
    assert all(one.end <= two.start for one, two in pairwise(incidents))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_week_of_a_business_has_no_more_than_one_false_alert_and_its_incidents_are_found() -> None:
    outcome = trial("api", 3, 1, 1, 1)
    assert max(outcome.false) <= 1
    found = [windows for _, windows, _ in outcome.found if windows is not None]
    assert len(found) >= len(outcome.found) - 2
    assert sum(windows <= 2 for windows in found) >= len(outcome.found) / 2
