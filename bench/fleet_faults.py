"""What is killed during the benchmark of a fleet, and when: the same for the same seed. Pure."""

import random
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple


class Victim(Enum):
    """What is killed."""

    SENSORS = "sensors"
    REPLICA = "replica"
    ZOOKEEPER = "ZooKeeper"


SHARES: Final = {Victim.SENSORS: 3, Victim.REPLICA: 2, Victim.ZOOKEEPER: 1}
"""How often each is chosen."""
PAUSE: Final = (10.0, 25.0)
"""Seconds between the end of a fault and the next one."""
DOWN: Final = {Victim.SENSORS: (0.0, 5.0), Victim.REPLICA: (3.0, 15.0), Victim.ZOOKEEPER: (3.0, 12.0)}
"""Seconds until it is started again."""


class Fault(NamedTuple):
    """Something is killed, and started again."""

    at: float
    """Seconds since the start."""
    victim: Victim
    which: int
    """Chooses among several, divided by their number."""
    down: float
    """Seconds until it is started again."""

    @property
    def over(self) -> float:
        """When it is started again."""
        return self.at + self.down


def faults(seed: int) -> Iterator[Fault]:
    """Yield faults for ever, one after the other. The first three are of all kinds, so a short run has them too."""
    chosen = random.Random(seed)
    first = chosen.sample(list(Victim), len(Victim))
    time = 0.0
    while True:
        time += chosen.uniform(*PAUSE)
        victim = first.pop() if first else chosen.choices(list(SHARES), list(SHARES.values()))[0]
        fault = Fault(time, victim, chosen.randrange(2**20), chosen.uniform(*DOWN[victim]))
        yield fault
        time = fault.over
