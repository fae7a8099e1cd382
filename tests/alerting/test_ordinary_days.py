"""Seven ordinary days raise no alert with the default settings.

Each day rises and falls with a quiet night, the weekend is lower, and everything is noisy: visitors, sizes, times,
occasional errors, crawlers that find nothing, a backup at night. Only the request rate is judged against a learned
baseline at all hours: it is silent if learning started at the busiest time, and no later day exceeds it.

Two monitors watch the same traffic, since making it takes longest. Their stores close a bucket for each window, not
twelve: windows add up whole buckets, and `test_signals.py` shows that no decision depends on how long these are.
"""

from collections.abc import Iterator
from math import cos, pi
from random import Random
from typing import Any

import pytest
from records import request

from alerting.monitor import Monitor
from alerting.rule import Rule
from exercise_config import Config
from run.signals import SIGNALS, rules, terms
from store.batches import BucketedBatch
from traffic.batch import Batch, RecordBatch
from traffic.records import CLOSED, COMPLETE, Exchange, Request

# Two million records take a minute, more on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAY, HOUR = 86400, 3600
MONDAY = 1_699_833_600.0
"""00:00:00 2023-11-13 UTC."""
BUSY = 20
"""Busiest hour; eight hours later it is quietest."""
EVENING, NIGHT = MONDAY + BUSY * HOUR, MONDAY + DAY + 3.5 * HOUR
"""When the monitors start."""
WINDOW = Config().average_bucket_size
"""Seconds that are judged together."""
MOST = 450
"""Requests in a bucket at the busiest time."""


def level(time: float) -> float:
    """Return the share of the busiest time: 1 % at night, and six tenths of it at the weekend."""
    hours = (time - MONDAY) / HOUR
    wave: float = (1 + cos(2 * pi * (hours - BUSY) / 24)) / 2
    weekend = 0.6 if hours // 24 % 7 >= 5 else 1.0
    return float(0.01 + 0.99 * wave**1.5) * weekend


class Days:
    """Traffic of a shop with two servers, by the bucket."""

    def __init__(self, bucket: int, random: Random) -> None:
        self.bucket, self.random = bucket, random
        pages = ("/", "/cart", "/search", "/img", "/api")
        self.clients = [f"198.51.{number >> 8}.{number & 255}" for number in range(2000)]
        self.asked = [
            request(
                client=client,
                client_port=40000 + number % 50,
                server=f"192.0.2.{number % 2}",
                host="shop.example",
                target=page,
                user_agent="",
            )
            for number, client in enumerate(self.clients)
            for page in pages
        ]
        self.crawler = [
            one._replace(client="203.0.113.9", target=f"/old/{n}") for n, one in enumerate(self.asked[:200])
        ]

    def __iter__(self) -> Iterator[tuple[float, list[Any]]]:
        """Iterate over the ends of the buckets, with their records."""
        random = self.random
        for number in range(int(NIGHT + 7 * DAY - EVENING) // self.bucket):
            begin = EVENING + number * self.bucket
            count = round(MOST * level(begin) * random.uniform(0.96, 1.04))
            asked = random.choices(self.asked, k=count)
            if number % 30 < 3:  # a crawler visits ten times a day
                asked += random.choices(self.crawler, k=min(count // 25, 5))
            yield begin + self.bucket, [record for one in asked for record in self.exchange(one, begin)]

    def exchange(self, asked: Request, begin: float) -> tuple[Request, Exchange]:
        random = self.random
        time = begin + random.random() * (self.bucket - 1)
        begun = asked._replace(time=time)
        if random.random() < 0.01:  # the user closed the page
            return begun, _ended(begun, time, None, None, 0, CLOSED)
        status = 404 if asked.target.startswith("/old") else random.choices((200, 404, 403, 500), (960, 30, 8, 2))[0]
        seconds = random.lognormvariate(-3, 0.8)
        size = min(int(random.paretovariate(1.2) * 2000), 5_000_000)
        return begun, _ended(begun, time, status, seconds, size, COMPLETE)


def _ended(asked: Request, time: float, status: int | None, seconds: float | None, size: int, ending: str) -> Exchange:
    who = (asked.client, asked.client_port, asked.server, asked.server_port, asked)
    return Exchange(time, *who, status, 0, size, seconds, seconds, "text/html", 0, ending, time)


def of_web(config: Config) -> list[Rule]:
    """Return the rules for traffic without DNS."""
    return rules(config, ())


class Week:
    """A monitor that starts at some time, and the signals it judged."""

    def __init__(self, start: float, signals: tuple[str, ...]) -> None:
        config = Config(max_retention_length=7 * DAY, signals=signals, dashboard_bucket_size=WINDOW)
        self.start = start
        self.monitor = Monitor(of_web(config), terms(config))
        self.monitor.start(start)
        self.judged: set[str] = set()

    def live(self, batch: Batch, now: float) -> None:
        if now <= self.start:
            return
        self.monitor.add(batch)
        self.monitor.advance(now)
        self.judged |= {judge.rule.name for judge in self.monitor.judges if judge.last is not None}

    @property
    def alerted(self) -> set[str]:
        history = self.monitor.history
        return {judge.rule.name for judge in self.monitor.judges if history.number(judge.rule.name)}


@pytest.fixture(scope="module")
def weeks() -> tuple[Week, Week]:
    """Return a week from the busiest time on, and one from a night on."""
    both = Week(EVENING, Config().signals), Week(NIGHT, SIGNALS)
    for now, records in Days(WINDOW, Random(7)):
        batch = BucketedBatch(RecordBatch(records), WINDOW)
        for week in both:
            week.live(batch, now)
    return both


def test_a_week_raises_nothing(weeks: tuple[Week, Week]) -> None:
    week, _ = weeks
    assert (week.judged, week.alerted) == ({rule.name for rule in of_web(Config())}, set())


def test_a_baseline_learned_at_night_holds_all_week_except_for_the_request_rate(weeks: tuple[Week, Week]) -> None:
    _, week = weeks
    assert week.alerted == {"request_rate"}
    assert week.judged >= {rule.name for rule in of_web(Config())}
