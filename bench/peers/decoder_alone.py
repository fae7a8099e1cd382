"""The decoder without statistics, store and dashboard: `python -m bench.peers.decoder_alone FILE [tell]`.

It makes every column of requests and exchanges, and reads none. With `tell`, it prints a line for each record: request
target, status, and the target that was answered.
"""

import sys
from collections.abc import Iterator

from capture.intake import COLUMN
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for
from traffic.batch import FLOATS, INTEGERS, TEXTS, Batch
from traffic.limits import Limits
from traffic.records import Exchange, Record, Request


def batches(
    path: str, wanted: frozenset[type] = frozenset(), rows: int = COLUMN, threads: int = 1
) -> Iterator[tuple[Batch, float]]:
    """Iterate over a capture file in batches of at least `rows` records, each with the time it was read up to."""
    source = open_file(path)
    decoder = decoder_for(parse_ports("80"), Limits(), wanted, frozenset(Config.protocols), threads=threads)
    now = 0.0
    while (frames := source.read()) is not None:
        decoder.feed(frames)
        now = max(now, *frames.times[-1:])
        if decoder.waiting >= rows:
            yield decoder.take(), now
    decoder.finish()
    yield decoder.take(), now
    source.close()


def decoded(path: str, wanted: frozenset[type] = frozenset()) -> Iterator[Record]:
    """Iterate over the records of a capture file, including the optional types in `wanted`."""
    for batch, _ in batches(path, wanted):
        yield from batch.records()


def columns(batch: Batch) -> None:
    """Make all columns of requests and exchanges."""
    for kind in (Request, Exchange):
        table = batch.table(kind)
        for name in TEXTS[kind]:
            table.texts(name)
        for name in INTEGERS[kind] | FLOATS[kind]:
            table.numbers(name)


def tell(record: Record) -> None:
    """Print a record."""
    if isinstance(record, Exchange):
        answered = record.request.target if record.request is not None else ""
        print("", record.status or "", answered, sep="\t")
    elif isinstance(record, Request):
        print(record.target, "", "", sep="\t")


def main() -> None:
    """Read the file."""
    wanted = "tell" in sys.argv[2:]
    for batch, _ in batches(sys.argv[1]):
        if wanted:
            for record in batch.records():
                tell(record)
        else:
            columns(batch)


if __name__ == "__main__":
    main()
