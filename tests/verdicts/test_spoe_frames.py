"""SPOP on the wire: numbers, typed values, frames, and what is none."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from verdicts.spoe.frames import (
    NOTIFY,
    Frame,
    Message,
    frame_in,
    framed,
    items,
    items_in,
    messages,
    messages_in,
    variables,
    variables_in,
)
from verdicts.spoe.values import Cursor, Value, WrongFrame, number, typed


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (0, "00"),
        (239, "ef"),
        (240, "f0 00"),
        (2287, "ff 7f"),
        (2288, "f0 80 00"),
        (264431, "ff ff 7f"),
        (264432, "f0 80 80 00"),
        (33818863, "ff ff ff 7f"),
        (33818864, "f0 80 80 80 00"),
    ],
)
def test_numbers_have_the_lengths_of_the_specification(value: int, wire: str) -> None:
    assert number(value) == bytes.fromhex(wire)
    assert Cursor(bytes.fromhex(wire)).number() == value


@given(some.integers(0, 2**64 - 1))
def test_every_number_survives(value: int) -> None:
    cursor = Cursor(number(value))
    assert (cursor.number(), cursor.at_end) == (value, True)


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("00", None),
        ("01", False),
        ("11", True),
        ("02 05", 5),
        ("03 05", 5),
        ("04 ff f0 fe fe fe fe fe fe fe 0e", -1),
        ("06 cb 00 71 09", ip_address("203.0.113.9")),
        ("07 20010db8000000000000000000000001", ip_address("2001:db8::1")),
        ("08 03 616263", "abc"),
        ("09 02 00ff", b"\0\xff"),
    ],
)
def test_values_have_the_types_of_the_specification(wire: str, value: Value) -> None:
    cursor = Cursor(bytes.fromhex(wire))
    assert cursor.value() == value
    assert cursor.at_end


_VALUES: Any = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(0, 2**32 - 1),
    some.binary(max_size=300),
    some.text(some.characters(max_codepoint=255), max_size=300),
    some.ip_addresses(),
)
_TABLES: Any = some.dictionaries(some.text(some.characters(max_codepoint=255), max_size=20), _VALUES, max_size=20)


@given(_VALUES)
def test_every_value_survives(value: Value) -> None:
    cursor = Cursor(typed(value))
    assert (cursor.value(), cursor.at_end) == (value, True)


@given(_TABLES, _TABLES, some.integers(0, 2**40), some.integers(0, 2**40))
def test_every_frame_survives(one: dict[str, Value], other: dict[str, Value], stream: int, count: int) -> None:
    sent = [Message("check-request", one), Message("other", other)]
    frame = frame_in(framed(Frame(NOTIFY, True, stream, count, messages(sent)))[4:])
    assert frame[:4] == (NOTIFY, True, stream, count)
    assert messages_in(frame.payload) == sent
    assert variables_in(variables(one)) == one
    assert items_in(items(other)) == other


@pytest.mark.parametrize("read", [frame_in, items_in, messages_in, variables_in])
@given(body=some.binary(max_size=400))
def test_any_bytes_are_read_or_are_no_frame(read: Callable[[bytes], object], body: bytes) -> None:
    with suppress(WrongFrame):
        read(body)


@pytest.mark.parametrize("wire", ["", "f0", "f0 " + "80 " * 20, "0f", "08 05 61", "06 00", "ff " * 30])
def test_what_ends_early_or_never_is_no_value(wire: str) -> None:
    with pytest.raises(WrongFrame):
        Cursor(bytes.fromhex("08") + bytes.fromhex(wire)).value()
