"""Measures threat intelligence: `python -m bench.indicators [INDICATORS]`; a million if no number is given.

Memory is what the process has grown by once the table is made; look-ups are of values that are not listed, as nearly
all of traffic is, in batches of 1,000 distinct values. A name is looked up with every domain above it.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.measure import table
from detection.intelligence.indicator import Kind
from detection.intelligence.packing import Packed, Packer, Terms
from detection.intelligence.reading import read
from detection.intelligence.table import Feed, Table

BATCH: Final = 1_000
BATCHES: Final = 200
PAGE: Final = 4096

Values = Callable[[random.Random], str]


def main() -> None:
    """Make a list, read it, look values up, and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    content = "\n".join(listed(count)).encode()
    before, begun = _resident(), time.process_time()
    known = Table([Feed("made_up", _packed(content, count))])
    loading, memory = time.process_time() - begun, _resident() - before
    print(
        f"{len(known):,} indicators from {len(content) / 1e6:.0f} MB: {loading:.1f} s of CPU, {memory / 1e6:.0f} MB\n"
    )
    rows = [
        ["name with its parents", _cost(known.domains, _name)],
        ["address", _cost(known.addresses, _address)],
        ["host of a URL", _cost(known.have_urls, _name)],
        ["URL", _cost(lambda values: known.exact(Kind.URL, values), _url)],
        ["JA4", _cost(lambda values: known.exact(Kind.JA4, values), _ja4)],
    ]
    print(table(("look-up", "of one value"), rows))


def listed(count: int) -> Iterator[str]:
    """Yield the lines of a list: half domains, a quarter addresses, the rest URLs, networks and fingerprints."""
    dice = random.Random(1)
    makers = (_name, _address, _name, _url, _name, _address, _name, _ja4, _network, _url)
    for number in range(count):
        yield makers[number % len(makers)](dice)


def _packed(content: bytes, count: int) -> Packed:
    packer = Packer(Terms(most=count))
    packer.take(read(content).entries)
    return packer.packed()


def _cost(look: Callable[[Sequence[str]], Any], make: Values) -> str:
    dice = random.Random(2)
    batches = [[make(dice) for _ in range(BATCH)] for _ in range(BATCHES)]
    begun = time.process_time()  # what others do on this machine does not count
    for batch in batches:
        look(batch)
    return f"{(time.process_time() - begun) / (BATCH * BATCHES) * 1e6:.2f} us"


def _name(dice: random.Random) -> str:
    return f"{dice.getrandbits(40):x}.host{dice.getrandbits(10)}.example{dice.getrandbits(28)}.com"


def _address(dice: random.Random) -> str:
    return f"{dice.randrange(11, 100)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"


def _network(dice: random.Random) -> str:
    return f"{dice.randrange(128, 160)}.{dice.randrange(256)}.{dice.randrange(256)}.0/24"


def _url(dice: random.Random) -> str:
    return f"http://{_name(dice)}/files/{dice.getrandbits(40):x}/setup.exe"


def _ja4(dice: random.Random) -> str:
    return f"t13d1516h2_{dice.getrandbits(48):012x}_{dice.getrandbits(48):012x}"


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    main()
