"""Kills processes that write a spool and send it, at random moments: `spool_kills.py FOLDER KILLS SEED`.

Each child goes on where the last one was killed. It notes the number of each bucket that was written, and its store is
a folder with a file for each record, as long as nobody kills it.
"""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from sensor_records import FACTS

from fleet.ledger import Counted, Ledger
from fleet.sender import Sender
from fleet.spool import Bounds, Spool
from history.record import Level, SensorRecord, StoreError
from history.record_codec import encode
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums

DAY = 20_000 * 86400.0
SENSOR = "web-1"
STEP = 50
"""Seconds from bucket to bucket, so that there is often another minute, and sometimes another hour."""


def bucket(number: int) -> ClosedBucket:
    keyed = KeyedSums.of_items([(f"key{number % 5}", Sums(number)), ("all", Sums(1))])
    return ClosedBucket(DAY + STEP * number, 10.0, (StatisticSums("hits", keyed, NOTHING),))


class FolderTarget:
    """Keeps each record in a file; a file that is there must have the same bytes."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance = folder, chance
        folder.mkdir(exist_ok=True)

    def send(self, records: Sequence[SensorRecord]) -> None:
        for record in records:
            name = f"{record.series.level.name}-{record.series.spool}-{record.sequence}"
            block, path = encode(record), self._folder / name
            if path.exists() and path.read_bytes() != block:
                (self._folder / "CONFLICT").write_text(name)
            new = path.with_suffix(".new")
            new.write_bytes(block)
            new.replace(path)
        if self._chance.random() < 0.2:
            raise StoreError("the answer was lost")

    def close(self) -> None:
        pass


def opened(folder: Path) -> tuple[Spool, Ledger]:
    spool = Spool(folder / "spool", SENSOR, Bounds(2**22, 1000))
    return spool, Ledger(spool, SENSOR, FACTS, {"hits": "hits"}, 4, 0.5)


def write_until_killed(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    spool, ledger = opened(folder)
    sender = Sender(spool, FolderTarget(folder / "store", chance), "store", time.time, lambda: 0.0)
    sender.start()
    noted = os.open(folder / "noted", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    last = [record.sequence for record in spool.after(Level.BUCKET, 0)]
    number = last[-1] if last else 0  # sequences begin with 1, numbers with 0
    while True:
        start = bucket(number).start
        ledger.write(Counted((bucket(number),), (), start + 10, start + 10))
        os.write(noted, f"{number}\n".encode())
        sender.wake()
        number += 1
        if chance.random() < 0.02:
            ledger.flush()


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(kills):
        child = os.fork()
        if child == 0:
            try:
                write_until_killed(folder, seed + number)
            finally:
                os._exit(1)
        time.sleep(chance.random() * 0.15)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the child failed by itself"
        assert threading.active_count() == 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
