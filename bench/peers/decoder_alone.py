"""Our decoder without statistics, store and dashboard: `python -m bench.peers.decoder_alone FILE [tell]`.

With `tell`, a line for each record: request target, status, and the target that was answered.
"""

import sys
from collections.abc import Iterator

from capture.open import open_file
from capture.ports import parse_ports
from command.opening import decoder_for
from traffic.limits import Limits
from traffic.records import Exchange, Record, Request


def decoded(path: str, wanted: frozenset[type] = frozenset()) -> Iterator[Record]:
    """The records of a capture file, batch by batch; of the optional ones those that are wanted."""
    source = open_file(path)
    decoder = decoder_for(parse_ports("80"), Limits(), wanted)
    while (frames := source.read()) is not None:
        decoder.feed(frames)
        yield from decoder.take().records()
    decoder.finish()
    yield from decoder.take().records()
    source.close()


def tell(record: Record) -> None:
    """Print what was found."""
    if isinstance(record, Exchange):
        answered = record.request.target if record.request is not None else ""
        print("", record.status or "", answered, sep="\t")
    elif isinstance(record, Request):
        print(record.target, "", "", sep="\t")


def main() -> None:
    """Read the file."""
    wanted = "tell" in sys.argv[2:]
    for record in decoded(sys.argv[1]):
        if wanted:
            tell(record)


if __name__ == "__main__":
    main()
