"""A gateway of many simulated sensors: each has a spool of its own on disk, and one insert carries the records of all.

`python -m bench.fleet_gateway ORDERS`, with ORDERS as JSON. It reads a `Command` from each line of standard input. It
can be killed at any time: what it counted is in the spools, and in the file of progress, which is shared memory.
"""

import json
import os
import random
import select
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.pair import open_target
from bench.simulated import BUCKET_SIZE, FACTS, UNITS, Population, rows, sensor_name
from fleet.ledger import Counted, Ledger
from fleet.spool import Bounds, Spool, Waiting
from history.record import Level, StoreError, Target

BOUNDS: Final = Bounds(size=256 * 2**20, days=3)
KEYS: Final = 1000
"""Maximum keys of a statistic in a record; the simulated sensors have fewer."""
OLDEST: Final = 30
"""Records of a sensor in an insert, beside its newest."""
OLDEST_BYTES: Final = 2**19
MAX_INSERT: Final = 500
"""Records in an insert."""
RETRY: Final = (0.5, 1.5)
"""Seconds before another try, between these at random."""
IDLE: Final = 0.05
COUNTERS: Final = 4
ROWS, INSERTS, FAILURES, LOST = range(COUNTERS)
"""What is counted of a gateway: rows that the store acknowledged, inserts, failed ones, and buckets that a spool had
before the gateway was killed, and not after.
"""


class Orders(NamedTuple):
    """What a gateway is told when it starts."""

    number: int
    gateways: int
    sensors: int
    """Of all gateways; this one has every sensor whose number leaves `number` when divided by `gateways`."""
    seed: int
    begin: float
    """Start of bucket 0, in packet time."""
    folder: str
    ports: list[int]
    """Native ports of the replicas."""

    @property
    def own(self) -> range:
        """The numbers of its sensors."""
        return range(self.number, self.sensors, self.gateways)


class Command(NamedTuple):
    """What a gateway is to do from now on."""

    until: int = 0
    """Number of the last bucket to count."""
    due: float = 0.0
    """When bucket 0 is due, by the clock; each later one is due BUCKET_SIZE seconds later. 0 for at once."""
    sends: bool = True
    ends: bool = False
    """Whether everything pending is to be written, sent, and the gateway to end."""


class Progress:
    """What all gateways did, in a file that outlives them."""

    def __init__(self, path: Path, sensors: int, gateways: int) -> None:
        """Open the file, or make it."""
        size = sensors + gateways * COUNTERS
        made: NDArray[np.int64] = np.memmap(path, np.int64, "r+" if path.exists() else "w+", shape=(size,))
        self.lasts = made[:sensors]
        """Number of each sensor's last bucket that is in its spool."""
        self.counters = made[sensors:].reshape(gateways, COUNTERS)


class Sensor:
    """One simulated sensor."""

    def __init__(self, number: int, folder: Path, chance: float) -> None:
        name = sensor_name(number)
        self.number = number
        self.spool = Spool(folder / name, name, BOUNDS)
        included = self.spool.included(Level.BUCKET)
        left = [record.sequence for record in self.spool.after(Level.BUCKET, included)]
        self.last = max(left, default=included)
        self.ledger = Ledger(self.spool, name, FACTS, UNITS, KEYS, chance)

    def count(self, population: Population, begin: float) -> None:
        """Count the next bucket."""
        bucket = population.bucket(self.number, self.last + 1, begin)
        now = bucket.start + bucket.width
        self.ledger.write(Counted((bucket,), (), now, now))
        self.last += 1

    def waiting(self) -> list[Waiting]:
        """Return what is to be sent next: the newest bucket, and some of the oldest records."""
        newest = self.spool.newest()
        oldest = self.spool.oldest(OLDEST, OLDEST_BYTES)
        if newest is None or any((each.level, each.sequence) == (newest.level, newest.sequence) for each in oldest):
            return oldest
        return [newest, *oldest]


class Gateway:
    """All sensors of a gateway. `connect` opens a target by the port of a replica."""

    def __init__(self, orders: Orders, connect: Callable[[int], Target] = open_target) -> None:
        folder = Path(orders.folder)
        chances = random.Random(orders.seed)
        self._orders, self._connect = orders, connect
        self._population = Population(orders.seed)
        self._progress = Progress(folder / "progress", orders.sensors, orders.gateways)
        self._counters = self._progress.counters[orders.number]
        self._sensors = [Sensor(number, folder / "spools", chances.random()) for number in orders.own]
        for sensor in self._sensors:
            self._counters[LOST] += max(0, int(self._progress.lasts[sensor.number]) - sensor.last)
            self._progress.lasts[sensor.number] = sensor.last
        self._target: Target | None = None
        self._tries = orders.number
        self._turn = 0
        self._retry_at = 0.0

    def count(self, number: int) -> bool:
        """Let each sensor count its next bucket, up to this one. Return whether any did."""
        behind = [sensor for sensor in self._sensors if sensor.last < number]
        for sensor in behind:
            sensor.count(self._population, self._orders.begin)
            self._progress.lasts[sensor.number] = sensor.last
        return bool(behind)

    def send(self) -> bool:
        """Send some of what waits. Return whether there was anything."""
        if time.monotonic() < self._retry_at:
            time.sleep(IDLE)
            return True
        batch = list(self._batch())
        if not batch:
            return False
        try:
            self._connected().send([each.record for _, each in batch])
        except StoreError as error:
            self._failed(error)
            return True
        self._counters[ROWS] += rows(bucket for _, each in batch for bucket in each.record.buckets)
        self._counters[INSERTS] += 1
        for sensor, sent in groupby(batch, itemgetter(0)):
            sensor.spool.acknowledge([each for _, each in sent])
        return True

    def end(self) -> None:
        """Write everything pending."""
        for sensor in self._sensors:
            sensor.ledger.flush()

    def close(self) -> None:
        """Close the spools."""
        for sensor in self._sensors:
            sensor.spool.close()

    def _batch(self) -> Iterator[tuple[Sensor, Waiting]]:
        """Take from each sensor in turn, so that none waits for ever."""
        size = 0
        for _ in self._sensors:
            sensor = self._sensors[self._turn % len(self._sensors)]
            self._turn += 1
            for each in sensor.waiting():
                size += 1
                yield sensor, each
            if size >= MAX_INSERT:
                return

    def _connected(self) -> Target:
        """After a failure, the other replica is tried: what the first one stored must not count twice."""
        if self._target is None:
            self._target = self._connect(self._orders.ports[self._tries % len(self._orders.ports)])
        return self._target

    def _failed(self, error: StoreError) -> None:
        self._counters[FAILURES] += 1
        print(
            f"{time.strftime('%H:%M:%S')} {error}{' (refused)' if error.refused else ''}", file=sys.stderr, flush=True
        )
        if self._target is not None:
            self._target.close()
        self._target = None
        self._tries += 1
        self._retry_at = time.monotonic() + random.uniform(*RETRY)


def commands() -> Iterator[Command | None]:
    """Yield each command from standard input; None if there is none now. End with the input."""
    pending = b""
    while True:
        if not select.select([0], [], [], 0)[0]:
            yield None
            continue
        block = os.read(0, 65536)
        if not block:
            return
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            yield Command(**json.loads(line))


def run(gateway: Gateway) -> None:
    """Do what the commands say, until one says to end or the input ends."""
    command = Command()
    for given in commands():
        command = given or command
        number = command.until
        if command.due:
            number = min(number, int((time.time() - command.due) / BUCKET_SIZE))
        worked = gateway.count(number)
        if command.ends and not worked:
            gateway.end()
        if command.sends:
            worked = gateway.send() or worked
        if command.ends and not worked:
            return
        if not worked:
            time.sleep(IDLE)


def main(argv: list[str]) -> int:
    """Run a gateway."""
    orders: dict[str, Any] = json.loads(argv[0])
    gateway = Gateway(Orders(**orders))
    run(gateway)
    gateway.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
