"""Measures one point of a curve: `python -m bench.peers.growth connections|keys NUMBER FILE.pcap`.

It prints as JSON the microseconds per packet or record, and the MB by which the decoder or the store grew.
"""

import json
import sys
import time
from random import Random
from typing import Final

from bench.conversation import Ends, Faults, SimulatedConnection
from bench.peers.store_full import START, exchange, resident
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch
from traffic.decoder import Decoder
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.frames import Frames

RECORDS: Final = 100_000
BATCH: Final = 2_000


def handshakes(number: int) -> list[Frame]:
    """Return the handshakes of so many connections, a minute before the first capture starts."""
    frames: list[Frame] = []

    def capture(at: int, data: bytes) -> None:
        frames.append(Frame(at / 1e6, LINKTYPE_ETHERNET, data, len(data)))

    random = Random(5)
    for index in range(number):
        ends = Ends(0x0A000000 + index // 50_000, 10_000 + index % 50_000, 0xC0000201, 80)
        SimulatedConnection(ends, capture, random, Faults(0, 0, 0)).open(int((START - 60) * 1e6) + index)
    return sorted(frames, key=lambda frame: frame.time)


def with_connections(number: int, path: str) -> tuple[float, float]:
    """Decode the capture while so many connections are open."""
    source = open_file(path)
    batches = []
    while (batch := source.read()) is not None:
        batches.append(batch)
    opening = handshakes(number)
    before = resident()
    decoder = Decoder(parse_ports("80"))
    decoder.feed(Frames.of(opening))
    grown = resident() - before
    begin = time.process_time()
    for batch in batches:
        decoder.feed(batch)
    return (time.process_time() - begin) * 1e6 / sum(map(len, batches)), grown / 1e6


def with_keys(number: int) -> tuple[float, float]:
    """Count records with so many different keys in turn."""
    config = Config()
    exchanges = [exchange(index * 7919 % number, START, 0.01) for index in range(min(number, RECORDS))]
    records = [record for one in exchanges for record in (one.request, one) if record is not None]
    before = resident()
    store = Store(load(config.statistics), config.dashboard_bucket_size, config.max_retention_length, config.max_keys)
    begin = time.process_time()
    added = 0
    while added < RECORDS:
        for first in range(0, len(records), BATCH):
            store.add(RecordBatch(records[first : first + BATCH]))
        added += len(records)
    store.advance(START + config.dashboard_bucket_size)
    return (time.process_time() - begin) * 1e6 / added, (resident() - before) / 1e6


def main() -> None:
    """Measure the requested point."""
    kind, number, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    print(json.dumps(with_connections(number, path) if kind == "connections" else with_keys(number)))


if __name__ == "__main__":
    main()
