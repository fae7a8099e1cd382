"""The decoder alone on a capture of DNS, with every column of its lookups: `python -m bench.peers.dns_alone FILE`."""

import sys

from capture.intake import COLUMN
from capture.open import open_file
from capture.ports import parse_ports
from run.decoding import decoder_for
from traffic.batch import FLOATS, INTEGERS, TEXTS, Batch
from traffic.limits import Limits
from traffic.records import DnsLookup


def columns(batch: Batch) -> None:
    """Make all columns of lookups."""
    table = batch.table(DnsLookup)
    for name in TEXTS[DnsLookup]:
        table.texts(name)
    for name in INTEGERS[DnsLookup] | FLOATS[DnsLookup]:
        table.numbers(name)


def main() -> None:
    """Read the file."""
    source = open_file(sys.argv[1])
    decoder = decoder_for(parse_ports("80"), Limits(), frozenset({DnsLookup}), frozenset({"dns"}))
    while (frames := source.read()) is not None:
        decoder.feed(frames)
        if decoder.waiting >= COLUMN:
            columns(decoder.take())
    decoder.finish()
    columns(decoder.take())
    source.close()


if __name__ == "__main__":
    main()
