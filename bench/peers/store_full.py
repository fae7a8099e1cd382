"""Fills a store with a day of data at its limits: `python -m bench.peers.store_full [BUCKETS]` prints figures as JSON.

Packet time is simulated. Every statistic of texts has more than `max_keys` keys, many of them in each bucket, with
realistic lengths and response times.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from resource import getpagesize

from alerting.monitor import Monitor
from dashboard.console import render
from exercise_config import Config
from run.signals import rules, terms
from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.records import COMPLETE, Exchange, Record, Request
from view.builder import Reading, Run, build_view

START = 1_715_677_200.0
KEYS_OF_BUCKET = 100
"""With 6 statistics and 8640 buckets this makes 5 million cells."""
WIDTH, HEIGHT = 120, 50


def resident() -> int:
    """Return the memory in use in bytes, after a garbage collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


def exchange(number: int, at: float, seconds: float) -> Exchange:
    """Return an exchange with its own keys, answered after `seconds`."""
    agent = (
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0 (of 100 characters or so)"
    )
    host, server = f"tenant-{number}.shop.example.com", f"10.1.{number >> 8}.{number & 255}"
    request = Request(at, "198.18.0.1", 40000, server, 80, "GET", host, f"/section{number}/x", "1.1", agent, "")
    known = (request, 200, 100, 1000, seconds, seconds, "text/html", 0, COMPLETE, at + seconds)
    return Exchange(at, "198.18.0.1", 40000, server, 80, *known)


@dataclass
class Day:
    """What the monitor's main thread owns, as `exercise.py` makes it."""

    config: Config
    store: Store
    monitor: Monitor
    run: Run

    @classmethod
    def new(cls) -> "Day":
        """Return an empty day."""
        config = Config()
        size, kept = config.dashboard_bucket_size, config.max_retention_length
        statistics = load(config.statistics)
        store = Store(statistics, size, kept, config.max_keys)
        monitor = Monitor(rules(config), terms(config))
        return cls(config, store, monitor, Run("eth0 port 80", START, statistics, size, kept, config.max_top_hits))

    def fill(self, buckets: int) -> float:
        """Fill so many buckets, the last one with all keys; return the packet time at the end."""
        random, now = Random(3), START
        keys = self.config.max_keys
        self.monitor.start(now)
        for bucket in range(buckets):
            last = bucket == buckets - 1
            numbers = range(2 * keys) if last else random.choices(range(2 * keys), k=KEYS_OF_BUCKET)
            records: list[Record] = []
            for number in numbers:
                answered = exchange(number, now, random.lognormvariate(-4, 1))
                records += (answered.request, answered) if answered.request is not None else ()
            batch = RecordBatch(records)
            self.store.add(batch)
            self.monitor.add(batch)
            now += self.run.bucket_size
            self.store.advance(now)
            self.monitor.advance(now)
        return now

    def refresh(self, now: float) -> str:
        """Return a screen."""
        view = build_view(now, self.run, self.store, self.monitor, Reading(Health(), 0))
        return render(view, WIDTH, colour=True, height=HEIGHT)

    def close_bucket(self, now: float) -> None:
        """Fill the bucket of `now` with all keys, and close it."""
        random = Random(4)
        numbers = range(2 * self.config.max_keys)
        answered = [exchange(number, now, random.lognormvariate(-4, 1)) for number in numbers]
        self.store.add(RecordBatch([record for one in answered for record in (one.request, one) if record is not None]))
        self.store.advance(now + self.run.bucket_size)


def timed(action: Callable[[], object]) -> float:
    """Return the processor milliseconds of an action."""
    begin = time.process_time()
    action()
    return (time.process_time() - begin) * 1e3


def main() -> None:
    """Fill the store, measure it, and print the figures."""
    before = resident()
    day = Day.new()
    buckets = (
        int(sys.argv[1]) if len(sys.argv) > 1 else day.config.max_retention_length // day.config.dashboard_bucket_size
    )
    now = day.fill(buckets)
    grown = resident() - before
    figures = {
        f"memory of {buckets:,} buckets at the caps, MiB": [grown / 2**20],
        "memory of the whole process then, MiB": [resident() / 2**20],
        f"refresh of the dashboard at {WIDTH}x{HEIGHT}, ms": [timed(lambda: day.refresh(now)) for _ in range(20)],
        "closing a bucket of 2 x max_keys keys, with its records, ms": [timed(lambda: day.close_bucket(now))],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
