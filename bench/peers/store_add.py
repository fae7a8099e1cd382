"""Records into the store: `python -m bench.peers.store_add FILE.pcap`. Prints figures as JSON."""

import json
import sys
import time

from bench.peers.decoder_alone import decoded
from exercise_config import Config
from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch

BATCH = 2000
"""Records that come in `Config.timeout` seconds on a busy host."""
ROUNDS = 5


def main() -> None:
    """Add the records of a capture, in batches, closing buckets as their time passes."""
    config = Config()
    records = list(decoded(sys.argv[1]))
    rates = []
    for _ in range(ROUNDS):
        store = Store(
            load(config.statistics), config.dashboard_bucket_size, config.max_retention_length, config.max_keys
        )
        begin = time.process_time()
        for first in range(0, len(records), BATCH):
            batch = records[first : first + BATCH]
            store.add(RecordBatch(batch))
            store.advance(batch[-1].time)
        rates.append(len(records) / (time.process_time() - begin))
    print(json.dumps({"records/s added, all default statistics": rates}))


if __name__ == "__main__":
    main()
