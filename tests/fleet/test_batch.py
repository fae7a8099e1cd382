"""Batches of records on the wire."""

import pytest

from fleet import batch
from fleet.batch import batches, blocks_of


def test_a_batch_is_read_as_it_was_written() -> None:
    blocks = [b"", b"one", b"x" * 70_000]
    [made] = batches(blocks)
    assert blocks_of(made) == blocks
    assert list(batches([])) == []
    assert blocks_of(b"") == []


@pytest.mark.parametrize("cut", range(1, 14))
def test_what_is_cut_off_is_malformed(cut: int) -> None:
    [made] = batches([b"one", b"four"])
    if cut == 8:
        assert blocks_of(made[:-cut]) == [b"one"]
    else:
        with pytest.raises(ValueError, match="cut off"):
            blocks_of(made[:-cut])


def test_batches_keep_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_RECORDS", 3)
    monkeypatch.setattr(batch, "MAX_BATCH", 40)
    blocks = [b"a" * 10, b"b" * 10, b"c" * 10, b"d", b"e", b"f", b"g"]
    made = list(batches(blocks))
    assert [len(blocks_of(each)) for each in made] == [2, 3, 2]
    assert [block for each in made for block in blocks_of(each)] == blocks
    with pytest.raises(ValueError, match="too many records"):
        blocks_of(b"\0\0\0\0" * 4)
