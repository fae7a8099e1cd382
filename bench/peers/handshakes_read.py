"""The core's TLS handshakes of a file, with all their columns: `python -m bench.peers.handshakes_read FILE`.

It prints how many were established.
"""

import sys

import numpy as np

from capture.intake import COLUMN
from capture.open import open_file
from capture.ports import parse_ports
from run.decoding import decoder_for
from traffic.batch import FLOATS, INTEGERS, TEXTS, Batch
from traffic.limits import Limits
from traffic.records import TlsHandshake


def established(batch: Batch) -> int:
    """Make all columns, and count the handshakes that were established."""
    table = batch.table(TlsHandshake)
    texts = {name: table.texts(name) for name in TEXTS[TlsHandshake]}
    for name in INTEGERS[TlsHandshake] | FLOATS[TlsHandshake]:
        table.numbers(name)
    codes, values = texts["outcome"]
    return int(np.count_nonzero(codes == values.index("established"))) if "established" in values else 0


def main() -> None:
    """Read the file."""
    source, found = open_file(sys.argv[1]), 0
    decoder = decoder_for(parse_ports("443"), Limits(), frozenset({TlsHandshake}), frozenset({"tls"}))
    while (frames := source.read()) is not None:
        decoder.feed(frames)
        if decoder.waiting >= COLUMN:
            found += established(decoder.take())
    decoder.finish()
    print(found + established(decoder.take()))


if __name__ == "__main__":
    main()
