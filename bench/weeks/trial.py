"""Runs the monitor through generated weeks of a site, and says what it found."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alerting.alert import Alert
from alerting.calendar import Calendar
from alerting.events import AlertRaised, Event
from alerting.monitor import Monitor
from alerting.terms import Terms
from bench.weeks.demand import HOLIDAY, START, WINDOW, ZONE, Demand
from bench.weeks.incidents import KINDS, Incident, incident
from bench.weeks.sites import DAY, site
from bench.weeks.traffic import Counters
from exercise_config import Config
from run.signals import SIGNALS, rules, terms
from store.sums import ClosedBucket
from view.explanation import explanation

WEEK: Final = 7 * DAY
WINDOWS: Final = int(WEEK / WINDOW)
AFTER: Final = 3600.0
"""Seconds after an incident in which alerts still belong to it."""
APART: Final = 5 * 3600.0
"""Least time between two incidents."""
LEAST_DEMAND: Final = 0.3
"""Incidents begin when the demand is at least this part of the highest: at night few would notice them."""


@dataclass
class Outcome:
    """What came of the weeks of a site."""

    kind: str
    false: list[int] = field(default_factory=list)
    """False alerts in each ordinary week."""
    found: list[tuple[Incident, float | None, bool]] = field(default_factory=list)
    """Each incident with the windows until it was found, if it was, and whether its key was named."""
    alerts: list[Alert] = field(default_factory=list)
    """All alerts after the weeks of learning."""
    strays: int = 0
    """False alerts in the weeks with incidents."""
    seconds: float = 0.0
    """CPU time of the monitor in a window."""
    series: int = 0
    """Series at the end."""


class Direct(Monitor):
    """A monitor that is given whole windows, which its store has not to count again."""

    def window(self, bucket: ClosedBucket) -> list[Event]:
        """Judge a window."""
        self._take(bucket)
        return self.advance(bucket.start + bucket.width)


def seasonal_terms(config: Config) -> Terms:
    """Return the terms under which every signal has a seasonal baseline."""
    return replace(
        terms(config), baselines=dict.fromkeys(SIGNALS, "seasonal"), calendar=Calendar(ZONE, [HOLIDAY]), retention=DAY
    )


def monitor() -> Direct:
    """Return a monitor with the default signals and those by key, all of them seasonal."""
    by_key = tuple(name for name in SIGNALS if name.startswith("key_"))
    config = Config(dashboard_bucket_size=int(WINDOW), signals=Config().signals + by_key)
    return Direct(rules(config, ()), seasonal_terms(config), lambda alert, rule: explanation(alert, rule, ZONE))


def trial(kind: str, seed: int, learn: int, ordinary: int, rounds: int) -> Outcome:
    """Run weeks to learn, ordinary weeks, and weeks with each kind of incident so many times."""
    demand, watch, outcome = Demand(site(kind, seed), seed), monitor(), Outcome(kind)
    counters = Counters(watch.statistics, demand.names)
    watch.start(START)
    runs = _events(demand, counters, watch, outcome, START, learn * WINDOWS)
    for _ in runs:
        pass
    begin = START + learn * WEEK
    for week in range(ordinary):
        raised = list(_events(demand, counters, watch, outcome, begin + week * WEEK, WINDOWS))
        outcome.false.append(len(raised))
        outcome.alerts += raised
    begin += ordinary * WEEK
    demand.incidents = schedule(demand, begin, seed, rounds)
    end = max((each.end for each in demand.incidents), default=begin) + AFTER
    raised = list(_events(demand, counters, watch, outcome, begin, int((end - begin) // WINDOW) + 1))
    outcome.alerts += raised
    outcome.found = [_found(each, raised) for each in demand.incidents]
    outcome.strays = sum(not any(_belongs(alert, each) for each in demand.incidents) for alert in raised)
    windows = (learn + ordinary) * WINDOWS + int((end - begin) // WINDOW) + 1
    outcome.seconds /= windows
    outcome.series = sum(judge.subjects for judge in watch.judges)
    return outcome


def schedule(demand: Demand, begin: float, seed: int, rounds: int) -> list[Incident]:
    """Return incidents of all kinds, in random order, at times with enough demand."""
    draw = np.random.default_rng([seed, 7])
    kinds = [kind for _ in range(rounds) for kind in KINDS if kind != "bad host" or demand.site.servers > 1]
    most = max(demand.usual(begin + hour * 3600) for hour in range(168))
    found: list[Incident] = []
    now = begin + 4 * 3600
    for kind in draw.permutation(kinds).tolist():
        now += draw.uniform(0, 8 * 3600)
        while demand.usual(now) < LEAST_DEMAND * most:
            now += 1800
        found.append(incident(kind, demand.site, now, demand.usual(now), draw))
        now = found[-1].end + APART
    return found


def _events(
    demand: Demand, counters: Counters, watch: Direct, outcome: Outcome, start: float, count: int
) -> Iterator[Alert]:
    for at, rows in demand.windows(start, count):
        bucket = counters.bucket(at, WINDOW, rows)
        began = time.process_time()
        events = watch.window(bucket)
        outcome.seconds += time.process_time() - began
        yield from (event.alert for event in events if isinstance(event, AlertRaised))


def _found(each: Incident, raised: list[Alert]) -> tuple[Incident, float | None, bool]:
    own = [alert for alert in raised if each.start < alert.start <= each.end + WINDOW]
    if not own:
        return each, None, False
    first = own[0].start
    named = not each.key or any(_names(alert, each.key) for alert in own)
    return each, (first - each.start) / WINDOW, named


def _names(alert: Alert, key: str) -> bool:
    return key in (alert.subject, *(one.name for one in alert.contributors))


def _belongs(alert: Alert, each: Incident) -> bool:
    return each.start < alert.start <= each.end + AFTER
