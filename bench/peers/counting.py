"""Counts and judges batches: `python -m bench.peers.counting FILE.pcap ROWS` prints us per transaction as JSON.

It works as the main thread does, with all default statistics and signals, in batches of so many records, but without
decoding and without a screen. Each round decodes again, because a batch keeps the columns made from it.
"""

import json
import sys
import time

from bench.peers.decoder_alone import batches
from capture.intake import Status
from capture.source import Counters
from exercise_config import Config
from run.session import Session
from stats.loading import load
from traffic.health import Health
from traffic.records import Exchange

ROUNDS = 5


def main() -> None:
    """Count the whole capture for several rounds."""
    print(json.dumps([microseconds(sys.argv[1], int(sys.argv[2])) for _ in range(ROUNDS)]))


def microseconds(path: str, rows: int) -> float:
    """Return the processor microseconds per transaction of the capture."""
    config, status = Config(), Status(Health(), Counters(0, 0), ())
    session = Session(config, load(config.statistics), path, [], [])
    known = list(batches(path, rows=rows))
    transactions = sum(len(batch.table(Exchange)) for batch, _ in known)
    session.start(known[0][1])
    begun = time.process_time()
    for batch, now in known:
        session.count(batch)
        session.judge(now, status)
    return (time.process_time() - begun) * 1e6 / transactions


if __name__ == "__main__":
    main()
