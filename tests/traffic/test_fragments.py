"""IP reassembly: any order, duplicates and overlaps; limited, and counted when discarded."""

from collections.abc import Iterable

import pytest

from traffic.fragments import Fragments
from traffic.health import Health
from traffic.limits import Budget

WHOLE = bytes(range(256)) * 2
Piece = tuple[int, bool, bytes]


def pieces(size: int) -> list[Piece]:
    return [(at, at + size < len(WHOLE), WHOLE[at : at + size]) for at in range(0, len(WHOLE), size)]


class Case:
    """Fragments, and the resulting counters."""

    def __init__(self, limit: int = 2**20) -> None:
        self.health, self.budget = Health(), Budget(limit)
        self.fragments = Fragments(30.0, self.health, self.budget)

    def add(self, given: Iterable[Piece], ident: bytes = b"a", time: float = 0.0) -> list[bytes]:
        found = [self.fragments.add(time, ident, *piece) for piece in given]
        return [whole for whole in found if whole is not None]


@pytest.mark.parametrize("size", [8, 64, 256])
@pytest.mark.parametrize("backwards", [False, True])
def test_fragments_in_either_order(size: int, backwards: bool) -> None:
    case = Case()
    given = pieces(size)
    assert case.add(reversed(given) if backwards else given) == [WHOLE]
    assert case.budget.used == 0


def test_duplicate_fragments() -> None:
    case = Case()
    assert case.add(piece for piece in pieces(64) for _ in range(2))[0] == WHOLE
    assert case.health.oddities["duplicate IP fragment"] > 0


def test_the_first_copy_of_overlapping_fragments_counts() -> None:
    case = Case()
    (whole,) = case.add([(0, True, b"a" * 16), (8, True, b"b" * 16), (24, False, b"c" * 8)])
    assert whole == b"a" * 16 + b"b" * 8 + b"c" * 8
    assert case.health.oddities["overlapping IP fragments"] == 1


def test_a_datagram_ends_where_its_last_fragment_does() -> None:
    case = Case()
    (whole,) = case.add([(8, True, b"b" * 16), (0, True, b"a" * 8), (16, False, b"c" * 4)])
    assert whole == b"a" * 8 + b"b" * 12


def test_overlaps_that_hide_a_hole_complete_no_datagram() -> None:
    case = Case()
    assert case.add([(0, True, b"a" * 16), (8, True, b"b" * 8), (32, False, b"c" * 8), (0, True, b"a" * 24)]) == []


@pytest.mark.parametrize("piece", [(0, True, b""), (0, True, b"x" * 7), (65528, False, b"x" * 16)])
def test_a_bad_fragment_is_counted(piece: Piece) -> None:
    case = Case()
    assert case.add([piece]) == []
    assert (case.health.oddities["bad IP fragment"], case.budget.used) == (1, 0)


def test_an_incomplete_datagram_times_out_and_is_counted() -> None:
    case = Case()
    case.add(pieces(64)[:-1], time=100.0)
    case.fragments.expire(129.0)
    assert case.budget.used > 0
    case.fragments.expire(130.0)
    assert (case.health.oddities["incomplete IP datagram"], case.budget.used) == (1, 0)


def test_fragments_respect_the_total_buffer() -> None:
    case = Case(limit=100_000)
    for number in range(1000):
        case.add(pieces(64)[:2], number.to_bytes(4, "big"))
        assert case.budget.used <= 100_000
    assert case.health.oddities["incomplete IP datagram"] > 0


def test_a_datagram_of_very_many_fragments_is_given_up() -> None:
    case = Case(limit=2**30)
    assert case.add((8 * n, True, b"x" * 8) for n in range(1, 600)) == []
    assert case.health.oddities["incomplete IP datagram"] == 1


def test_datagrams_are_limited_in_number() -> None:
    case = Case(limit=2**30)
    for number in range(5000):
        case.add(pieces(64)[:1], number.to_bytes(4, "big"))
    assert case.health.oddities["incomplete IP datagram"] == 5000 - 4096
