"""A fleet in memory: sensors that count and send visits, a reader without its thread, and the session that watches."""

from collections.abc import Callable, Sequence
from typing import Any

from fleet_double import FleetDouble, SensorDouble
from records import ended, request

from alerting.events import Event
from exercise_config import Config
from fleet.reader import Clock, FleetReader
from run.fleet_desk import FleetDesk
from run.fleet_session import FleetOptions, FleetSession
from run.signals import rules
from stats.loading import load
from store.filtering.sensors import parse_sensors
from view.outlet import Outlet
from view.view import View

START = 1_795_366_800.0
"""17:00:00 2026-11-22 UTC."""
BUCKET = 10
NAMES = (
    "request_rate", "status_classes", "top_sections", "top_domains", "top_user_agents", "top_methods",
    "top_status_codes", "server_response_time",
)  # fmt: skip
WINDOWS = (BUCKET, 120, 3600, 86400)
Visits = Callable[[str, float], Sequence[Any]]


def visits(sensor: str, start: float) -> list[Any]:
    """Return the visits that a sensor sees in a bucket: more with each number in its name, the same each time."""
    number = int("".join(filter(str.isdigit, sensor)) or "1")
    found: list[Any] = []
    for place in range(10 * number):
        host, target = ("shop.example.com", "/cart/1") if place % 3 else ("api.example.com", "/items")
        asked = request(
            start + place * BUCKET / (10 * number + 1), host=host, target=target, client=f"10.0.{number}.{place % 5}"
        )
        status = 500 if number == 3 and place % 10 == 0 else 200
        found += [asked, ended(asked, status, 0.01 * number, response_bytes=1000)]
    return found


class Seen(Outlet):
    """Keeps what a session shows."""

    watches = True

    def __init__(self) -> None:
        self.views: list[View] = []
        self.events: list[Event] = []

    def show(self, view: View, refreshed: bool) -> None:
        self.views.append(view)

    def event(self, event: Event) -> None:
        self.events.append(event)


class FleetScene:
    """Sensors, their store, and a session. Time goes on only in `go`."""

    def __init__(self, only: str = "", by_sensor: bool = False, ignored: Sequence[str] = (), **settings: Any) -> None:
        usual = {"statistics": NAMES, "signals": ("request_rate",), "max_keys": 50}
        judged = {"average_bucket_size": 60, "average_learning_duration": 60}
        self.config = Config(**{**usual, **judged, **settings})
        self.statistics = load(self.config.statistics)
        self.store = FleetDouble()
        self.sensors: dict[str, SensorDouble] = {}
        self.down: set[str] = set()
        """Sensors that count, but cannot send: their records wait."""
        self.waiting: list[Any] = []
        self.wall = START
        self.seen = Seen()
        reader = FleetReader(self.store.again, 86400, 2, BUCKET, Clock(lambda: self.wall, lambda: self.wall))
        options = FleetOptions("fleet db.example.com", parse_sensors(only), by_sensor, tuple(ignored))
        self.session = FleetSession(self.config, self.statistics, reader, [self.seen], options)
        self.reader = reader
        self.desk = FleetDesk(self.session, WINDOWS)

    def add(self, *names: str, **facts: Any) -> "FleetScene":
        """Add sensors."""
        judged = dict.fromkeys(each for rule in rules(self.config) for each in rule.statistics)
        for name in names:
            self.sensors[name] = SensorDouble(name, [*self.statistics, *judged], **facts)
        return self

    def send(self, seconds: float, seen: Visits = visits, silent: Sequence[str] = ()) -> None:
        """Let time pass for the sensors alone: each counts, and sends a record per bucket unless it is silent."""
        for _ in range(int(seconds / BUCKET)):
            start, self.wall = self.wall, self.wall + BUCKET
            for name, sensor in self.sensors.items():
                if name in silent:
                    continue
                sensor.count(seen(name, start))
                record = sensor.record(self.wall, {"frames": 100, "dropped": 0, "requests": 10})
                self.waiting.append(record) if name in self.down else self.store.send([record])

    def begin(self) -> "FleetScene":
        """Begin to watch."""
        self.session.begin(self.wall)
        self.look()
        return self

    def go(self, seconds: float, seen: Visits = visits, silent: Sequence[str] = ()) -> None:
        """Let time pass while somebody watches."""
        for _ in range(int(seconds / BUCKET)):
            self.send(BUCKET, seen, silent)
            self.look()

    def look(self) -> None:
        """Read once, and take what was read."""
        self.reader.read_once()
        while self.session.load(10):
            pass
        self.session.step(self.wall)

    def back(self, name: str) -> None:
        """Let a sensor send what waited."""
        self.down.discard(name)
        self.store.send([record for record in self.waiting if record.series.sensor == name])

    @property
    def now(self) -> float:
        """The time that the session shows."""
        return self.session.now

    def view(self, window: float | None = None) -> View:
        return self.session.view(window, 10)
