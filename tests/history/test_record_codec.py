"""Records of sensors as bytes: they come back as they were, and hostile bytes are refused."""

import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_records import bucket, example, hour, record

from history.record import SensorRecord
from history.record_codec import MAX_BYTES, MAX_LISTS, MAX_TEXT, NAME, VERSION, decode, encode
from store.bins import BINS
from store.distribution import LAST
from store.sums import OTHER, Sums

STRANGE: list[Any] = [
    None,
    True,
    -1,
    1.5,
    2**64,
    1e300,
    "",
    "\x1b[2J",
    "\ud800",
    "x" * 70_000,
    [],
    {},
    [[]],
    [0],
    ["a", "a"],
]


def plain(block: bytes) -> Any:
    return json.loads(zlib.decompress(block[1:]))


def made(given: Any) -> bytes:
    return bytes([VERSION]) + zlib.compress(json.dumps(given).encode())


def facts_of(known: SensorRecord) -> object:
    """Return everything in a record, as values that can be compared."""
    buckets = [
        (start, width, [(part.name, part.keys, part.other) for part in parts]) for start, width, parts in known.buckets
    ]
    return known._replace(buckets=()), buckets


@pytest.mark.parametrize("known", [example(), hour(), record(1)])
def test_a_record_comes_back_as_it_was(known: SensorRecord) -> None:
    assert facts_of(decode(encode(known))) == facts_of(known)


amounts = st.builds(Sums, st.integers(0, 2**50), st.integers(0, 2**50), st.integers(0, 2**20).map(float))
keys = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp"]), max_size=9).filter(OTHER.__ne__)


@given(st.dictionaries(keys, amounts, max_size=5))
def test_any_sums_come_back_as_they_were(sums: dict[str, Sums]) -> None:
    known = record(3, bucket(1000, top_paths=sums))
    assert facts_of(decode(encode(known))) == facts_of(known)


def leaves(known: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Iterate over the paths to everything in a value of JSON."""
    yield path
    for key in known if isinstance(known, dict) else range(len(known)) if isinstance(known, list) else ():
        yield from leaves(known[key], (*path, key))


def changed(known: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    known = deepcopy(known)
    place = known
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return known


def check(known: SensorRecord) -> None:
    """Check what the codec says that a decoded record guarantees."""
    assert NAME.fullmatch(known.series.sensor)
    assert known.sequence > 0
    starts = [each.start for each in known.buckets]
    assert starts == sorted(set(starts))
    for _, _, parts in known.buckets:
        assert len({part.name for part in parts}) == len(parts)
        for part in parts:
            assert OTHER not in part.keyed.keys
            assert len(set(part.keyed.keys)) == len(part.keyed.keys)
            "".join(part.keyed.keys).encode()
            keyed = part.keyed
            assert keyed.amounts.shape == (5, len(keyed.keys))
            assert (keyed.amounts >= 0).all()
            assert len(keyed.codes) == len(keyed.hits)
            assert (keyed.hits > 0).all()
            assert (np.diff(keyed.codes) > 0).all()
            assert (keyed.codes % BINS <= LAST).all()
            assert (keyed.codes < len(keyed.keys) * BINS).all()


def is_taken(block: bytes) -> bool:
    try:
        check(decode(block))
    except ValueError:
        return False
    return True


def test_whatever_is_wrong_is_refused_or_harmless() -> None:
    known, refused = plain(encode(example())), 0
    for path in leaves(known):
        for value in STRANGE:
            refused += not is_taken(made(changed(known, path, value)))
    assert refused > 1000


def swap(*path: Any, value: Any) -> Callable[[Any], Any]:
    return lambda known: changed(known, path, value)


FIRST = ("buckets", 0, 2, 0)


@pytest.mark.parametrize(
    "change",
    [
        swap("sensor", value="../etc"),
        swap("spool", value=2**63),
        swap("level", value=4),
        swap("sequence", value=0),
        swap("through", value=1),
        swap("level", value=1),
        swap("facts", 3, value=7),
        swap("buckets", 1, 0, value=1000),
        swap("buckets", 0, 0, value=1001),
        swap(*FIRST, 1, 0, value=OTHER),
        swap(*FIRST, 1, value=["a", "a"]),
        swap(*FIRST, 1, 0, value="\u202e"),
        swap(*FIRST, 2, 0, 0, value="3"),
        swap(*FIRST, 2, 0, 0, value=2.0),
        swap(*FIRST, 2, 0, 0, value=2**60 + 1),
        swap(*FIRST, 3, value=[5, 0]),
        swap(*FIRST, 3, value=[0, 2 * BINS]),
        swap(*FIRST, 3, value=[0, LAST + 1]),
        swap(*FIRST, 4, 0, value=0),
        swap(*FIRST, 6, value=[40, 0]),
        swap("alerts", 0, 2, value=1.0),
        swap("alerts", value=[["a", 1, None, ""]] * 1001),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(change: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="record"):
        decode(made(change(plain(encode(example())))))


def test_each_cut_and_each_flipped_byte_is_refused_or_harmless() -> None:
    block = encode(example())
    for place in range(len(block)):
        with pytest.raises(ValueError, match="record"):
            decode(block[:place])
        with pytest.raises(ValueError, match="record"):  # zlib has a checksum
            decode(block[:place] + bytes([block[place] ^ 0x55]) + block[place + 1 :])
    with pytest.raises(ValueError, match="record"):
        decode(block + b"x")


@pytest.mark.parametrize(
    "text",
    [
        b" " * (MAX_TEXT + 1),
        b"[" * MAX_TEXT,
        b"[" * 100_000,
        b"[" + b"[]," * MAX_LISTS + b"[]]",
        b'{"sequence": ' + b"9" * 5000 + b"}",
        b"NaN",
        b"\xff",
    ],
)
def test_a_bomb_takes_little_memory(text: bytes) -> None:
    block = bytes([VERSION]) + zlib.compress(text)
    tracemalloc.start()
    with pytest.raises(ValueError, match="record"):
        decode(block)
    assert tracemalloc.get_traced_memory()[1] < 4 * MAX_TEXT
    tracemalloc.stop()


def test_a_record_that_nobody_would_decode_is_not_encoded() -> None:
    many = {f"{number:0200}{hash(number * 2.5)}": Sums(number) for number in range(60_000)}
    with pytest.raises(ValueError, match="too large"):
        encode(record(1, bucket(1000, a=many, b=many)))
    with pytest.raises(ValueError, match="record"):
        decode(bytes(MAX_BYTES + 1))
