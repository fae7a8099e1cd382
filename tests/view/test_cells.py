import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from view.cells import cells, cut_end, cut_middle, pad_right, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shop.example.com/cart", "shop.example.com/cart"),
        ("münchen 日本語 👩", "münchen 日本語 👩"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb\r\nc\x00", "a\\tb\\r\\nc\\x00"),
        ("\u202eevil", "\\u202eevil"),
        ("a\u200bb", "a\\u200bb"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
        ("no\u00a0break", "no\\xa0break"),
        ("אב 1", "\\u05d0\\u05d1 1"),
        ("\ud800", "\\ud800"),
        ("⚠\ufe0f", "⚠\\ufe0f"),
        ("👩\u200d👧", "👩\\u200d👧"),
        ("e\u0301t", "e\u0301t"),
        ("\u0301t", "\\u0301t"),
        ("\u202e\u0301", "\\u202e\\u0301"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "\\u0301" * 2),
        ("\u3164", "\\u3164"),
    ],
)
def test_what_would_not_show_or_would_move_its_surroundings_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_other_than_ascii_is_escaped_where_it_cannot_be_written() -> None:
    assert visible("ü 日 👩", ascii_only=True) == "\\xfc \\u65e5 \\U0001f469"


def test_wide_characters_take_two_cells_and_combining_ones_none() -> None:
    assert [cells("ab"), cells("日本"), cells("e\u0301"), cells("👩")] == [2, 4, 1, 2]


@pytest.mark.parametrize(
    ("width", "cut"),
    [(12, "abcdefghijkl"), (11, "abcde…hijkl"), (4, "ab…l"), (3, "a…l"), (2, "a…"), (1, "…"), (0, "")],
)
def test_the_middle_is_cut(width: int, cut: str) -> None:
    assert cut_middle("abcdefghijkl", width, "…") == cut


def test_a_wide_character_is_never_halved() -> None:
    assert cut_end("日本語", 5, "…") == "日本…"
    assert cut_end("日本語", 4, "…") == "日…"
    assert cut_middle("日本語日本語", 6, "…") == "日…語"


@given(st.text(), st.integers(0, 30), st.booleans())
def test_any_text_fits_where_it_is_put(text: str, width: int, ascii_only: bool) -> None:
    shown = visible(text, ascii_only)
    assert wcwidth.wcswidth(shown) >= 0
    for cut in (cut_end, cut_middle):
        assert cells(cut(shown, width, "...")) <= width
        assert cells(pad_right(cut(shown, width, "…"), width)) == width
