"""A desk for tests of the full screen: real stores and records, with packet time as the tests say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from records import ended, request

from alerting.events import Event
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from blocking.block_list import BlockList
from dashboard.full.store_desk import StoreDesk
from run.decisions import Decisions
from stats.loading import load
from stats.statistic import Statistic
from store.recent import Recent
from store.store import Store
from store.watched import Watched
from traffic.batch import RecordBatch
from traffic.health import Health
from traffic.records import Request
from view.blocks import blocks_view
from view.builder import Reading, Run, build_view, panel
from view.explanation import explanation
from view.panel import Panel
from view.view import View

START = 1_795_366_800.0
"""17:00:00 2026-11-22 UTC."""
BUCKET, RETENTION = 10, 86400
WINDOWS = (BUCKET, 120, 3600, RETENTION)
STATISTICS = load(
    (
        "request_rate", "status_classes", "top_sections", "top_domains", "top_user_agents", "top_methods",
        "top_status_codes", "uploaded_per_domain", "downloaded_per_domain", "server_response_time",
    )
)  # fmt: skip


VISITS = (
    # host, target, method, status, seconds, bytes, and one in how many
    ("shop.example.com", "/cart/add?item=1", "POST", 303, 0.012, 300, 5),
    ("shop.example.com", "/products/42", "GET", 200, 0.035, 18_000, 1),
    ("shop.example.com", "/reports/yearly", "GET", 200, 1.8, 60_000, 30),
    ("shop.example.com", "/search?q=lamp", "GET", 200, 0.12, 9_000, 4),
    ("api.example.com", "/items?page=2", "GET", 200, 0.008, 2_500, 2),
    ("api.example.com", "/status/500", "GET", 500, 0.05, 300, 25),
    ("static.example.com", "/logo.png", "GET", 304, 0.001, 0, 3),
    ("static.example.com", "/missing", "GET", 404, 0.002, 150, 12),
)
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "curl/8.5", "Googlebot/2.1")


def visits(start: float, seconds: float, rate: float, flood: str = "") -> list[Any]:
    """Requests at an even pace, each before its exchange; the same each time. A client may send three of five."""
    records: list[Any] = []
    for number in range(int(seconds * rate)):
        time = start + number / rate
        for place, (host, target, method, status, taken, size, every) in enumerate(VISITS):
            if (number + place) % (every * 2) == 0:
                client = flood if flood and number % 5 < 3 else f"10.0.0.{number % 7}"
                ends = {"client": client, "server": "10.0.0.21"}
                agent = AGENTS[number % 3]
                asked = request(time, host=host, target=target, method=method, user_agent=agent, **ends)
                seconds = taken * (1 + number % 5 / 10)
                answer = ended(asked, status, seconds, response_bytes=size, request_bytes=100 * (method == "POST"))
                records += [asked, answer]
    return records


class Ledger:
    """The sums of everything, as the session has them."""

    def __init__(self, statistics: Sequence[Statistic] = STATISTICS) -> None:
        self.statistics = statistics
        self.monitor = Monitor([RequestRate(10, 120)], Terms(120, 120, RETENTION), explanation)
        self.store = Store(statistics, BUCKET, RETENTION, 1000)
        self.monitor.start(START)
        self.recent = Recent(50_000, 10_000_000)
        self.source = "eth0 port 80"
        self.watched = Watched()
        self.watched.begin(START)
        self.desk = StoreDesk(self, self.recent, statistics, new_store, WINDOWS)
        self.now = START
        self.told: list[Event] = []
        """What the user's decisions caused."""
        self.decisions = Decisions(self.monitor, lambda: self.now, self.told.extend)
        self.health = Health()
        self.warnings: tuple[str, ...] = ()
        self.ended = False
        self.blocks: BlockList | None = None

    def count(self, records: Sequence[Any], now: float) -> None:
        """Count records, and let it be `now`."""
        batch = RecordBatch(records)
        self.recent.take(batch)
        self.desk.take(batch)
        self.store.add(batch)
        self.monitor.add(batch)
        for record in records:
            if type(record) is Request:
                self.health.requests += 1
        self.health.frames += 5 * len(records)
        self.now = now
        self.watched.advance(now)
        self.store.advance(now)
        self.monitor.advance(now)

    def view(self, window: float | None, rows: int, store: Store | None = None) -> View | None:
        run = Run(self.source, START, self.statistics, BUCKET, RETENTION, rows, self.watched)
        reading = Reading(self.health, dropped=0, warnings=self.warnings)
        view = build_view(self.now, run, store or self.store, self.monitor, reading, None, window)
        blocks = self.blocks
        shown = None if blocks is None else blocks_view(["nft"], blocks.blocks, 2, blocks.spared, dry_run=False)
        return replace(view, ended=self.ended, blocks=shown)

    def lift(self, network: str) -> bool:
        return bool(self.blocks is not None and self.blocks.lift(network, self.now))

    def panel(self, name: str, window: float | None, rows: int, store: Store | None = None) -> Panel:
        statistic = next(each for each in self.statistics if each.name == name)
        return panel(store or self.store, statistic, rows, window)


def new_store(statistics: Sequence[Statistic]) -> Store:
    """As the program makes it."""
    return Store(statistics, BUCKET, RETENTION, 1000)


def burst() -> Ledger:
    """Four quiet minutes after learning, then a burst that raises an alert, which still goes on."""
    ledger = Ledger()
    for minute in range(6):
        ledger.count(visits(START + 60 * minute, 60, 2), START + 60 * (minute + 1))
    ledger.count(visits(START + 360, 130, 5, flood="203.0.113.9"), START + 490)
    return ledger
