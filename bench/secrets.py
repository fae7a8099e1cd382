"""Measures what looking for leaks costs: `python -m bench.secrets`, in CPU time of one body, without its decoding.

Ordinary bodies are text and JSON without secrets. Hostile ones are made to keep the search busy: what it looks for,
again and again. Times must grow with the size, not with its square.
"""

import base64
import random
import time
from collections.abc import Callable
from typing import Final

from bench.measure import table
from detection.leaks.finder import Finder
from detection.leaks.rule_files import built_in

ROUNDS: Final = 20
SIZES: Final = (1024, 16_384, 65_536, 262_144)

Body = Callable[[random.Random, int], bytes]


def main() -> None:
    """Measure each kind of body in each size, and print a table."""
    finder = Finder(built_in())
    rows = [[name, *(_cost(finder, make(random.Random(1), size)) for size in SIZES)] for name, make in BODIES.items()]
    print(table(("body", *(f"{size // 1024} KiB" for size in SIZES)), rows))


def _cost(finder: Finder, body: bytes) -> str:
    for _ in finder.find(body):
        pass  # the first search builds tables
    begun = time.process_time()  # what others do on this machine does not count
    for _ in range(ROUNDS):
        for _ in finder.find(body):
            pass
    return f"{(time.process_time() - begun) / ROUNDS * 1e6:,.0f} us"


def _text(dice: random.Random, size: int) -> bytes:
    words = ["".join(dice.choices("etaoinshrdlu", k=dice.randrange(2, 10))) for _ in range(1000)]
    return " ".join(dice.choices(words, k=size // 2)).encode()[:size]


def _json(dice: random.Random, size: int) -> bytes:
    rows = (
        f'{{"id":{dice.getrandbits(50)},"at":17{dice.getrandbits(30):011d},"name":"Ann"}},' for _ in range(size // 40)
    )
    return "".join(rows).encode()[:size]


def _base64(dice: random.Random, size: int) -> bytes:
    return base64.b64encode(dice.randbytes(size))[:size]


def _keywords(dice: random.Random, size: int) -> bytes:
    words = [word for rule in built_in() for word in rule.keywords]
    return " ".join(dice.choices(words, k=size)).encode()[:size]


def _again(text: str) -> Body:
    return lambda dice, size: (text.encode() * size)[:size]


BODIES: Final[dict[str, Body]] = {
    "text": _text,
    "JSON": _json,
    "base64": _base64,
    "keywords": _keywords,
    "digits": lambda dice, size: "".join(dice.choices("0123456789", k=size)).encode(),
    "groups of digits": _again("4111 "),
    "card numbers": _again("visa 4539578763621486 "),
    "IBANs": _again("DE89370400440532013000 "),
    "beginnings of IBANs": _again("DE89"),
    "beginnings of tokens": _again("eyJhbGciOiJI."),
    "beginnings of keys": _again("-----BEGIN PRIVATE KEY-----\\nMIIE"),
    "beginnings of URLs": _again("mysql://a:b"),
}
"""Functions that return a body of a size."""

if __name__ == "__main__":
    main()
