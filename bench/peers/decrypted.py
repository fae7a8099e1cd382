"""The core's exchanges of HTTP over TLS: `python -m bench.peers.decrypted FILE KEYS`.

It prints the exchanges that were decrypted, and the seconds of processor time that the core took.
"""

import sys
import time
from pathlib import Path

import numpy as np

from capture.intake import COLUMN
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.batch import Batch
from traffic.records import Exchange


def answered(batch: Batch) -> int:
    """Return how many exchanges have a status."""
    return int(np.count_nonzero(batch.table(Exchange).numbers("status") == 200))


def main() -> None:
    """Read the file."""
    source, found, spent = open_file(sys.argv[1]), 0, 0.0
    decoder = decoder_for(parse_ports("443"), limits(Config()), frozenset(), frozenset(Config.protocols), secrets=True)
    decoder.add_secrets(Path(sys.argv[2]).read_bytes())
    while (frames := source.read()) is not None:
        begun = time.process_time()
        decoder.feed(frames)
        spent += time.process_time() - begun
        if decoder.waiting >= COLUMN:
            found += answered(decoder.take())
    decoder.finish()
    print(found + answered(decoder.take()), spent)


if __name__ == "__main__":
    main()
