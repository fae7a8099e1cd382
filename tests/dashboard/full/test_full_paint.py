"""Lines become what Textual draws: in the colours of a theme, safe, as wide as told, and no more of it than changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem, ColorType
from textual.geometry import Region

from dashboard.full.paint import (
    COLOURED,
    DARK,
    LIGHT,
    PLAIN,
    TERMINAL,
    ScreenPage,
    changed,
    first_palette,
    next_palette,
    strip,
)
from dashboard.full.terminal import carries_unicode, light_background
from view.cells import cells
from view.page import Line, Piece, Style

LINE: Line = (Piece("hot "), Piece("shop", Style.NAME))


@pytest.mark.parametrize("palette", [*COLOURED, PLAIN])
def test_every_style_looks_like_something(palette: object) -> None:
    assert set(DARK.looks) == set(Style)


def test_no_theme_tells_anything_by_colour_alone() -> None:
    """What matters differs from plain text by weight, line or reversal without any colour."""
    plain = PLAIN.looks[Style.PLAIN]
    for style in (Style.ALARM, Style.WARNING, Style.BANNER, Style.CURSOR, Style.FOCUS, Style.KEY, Style.FOUND):
        assert PLAIN.looks[style] != plain
    for look in PLAIN.looks.values():
        assert all(part is None or part.type is ColorType.DEFAULT for part in (look.color, look.bgcolor))


def test_the_theme_of_the_terminal_asks_for_eight_colours_and_its_own_background() -> None:
    for look in TERMINAL.looks.values():
        parts = [part for part in (look.color, look.bgcolor) if part is not None]
        assert all(part.type in (ColorType.DEFAULT, ColorType.STANDARD) for part in parts)
        assert all(part.number is None or part.number < 8 for part in parts)


@pytest.mark.parametrize(
    ("colour", "system", "light", "palette"),
    [
        (True, ColorSystem.TRUECOLOR, False, DARK),
        (True, ColorSystem.EIGHT_BIT, True, LIGHT),
        (True, ColorSystem.STANDARD, True, TERMINAL),
        (True, None, False, PLAIN),
        (False, ColorSystem.TRUECOLOR, False, PLAIN),
    ],
)
def test_the_theme_to_begin_with(colour: bool, system: ColorSystem | None, light: bool, palette: object) -> None:
    assert first_palette(colour, system, light) is palette


def test_themes_go_round_and_without_colours_there_is_one() -> None:
    assert next_palette(next_palette(next_palette(DARK))) is DARK
    assert next_palette(PLAIN) is PLAIN


def test_a_line_takes_exactly_its_room() -> None:
    for room in (4, 8, 20):
        drawn = strip(LINE, room, DARK)
        assert drawn.cell_length == room
        assert sum(cell_len(segment.text) for segment in drawn) == room


def test_only_what_changed_is_drawn_again() -> None:
    same = [LINE, LINE]
    assert changed(same, same, 20) == []
    other: Line = (Piece("hot "), Piece("cart", Style.NAME))
    assert changed(same, [LINE, other], 20) == [Region(4, 1, 4, 1)]
    longer: Line = (*LINE, Piece("!"))
    assert changed(same, [longer, LINE], 20) == [Region(8, 0, 12, 1)]
    assert changed(same, [LINE], 20) == [Region(0, 1, 20, 1)]


@given(st.text(max_size=40))
def test_text_from_outside_is_measured_by_textual_as_by_us(text: str) -> None:
    shown = ScreenPage(80).text(text)
    assert cell_len(shown) == cells(shown)
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("environ", "encoding", "unicode"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "C.utf8"}, None, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "POSIX"}, "utf-8", False),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", False),
        ({"LANG": "en_US.UTF-8"}, "latin-1", False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, "utf-8", False),
        ({}, "utf-8", False),
    ],
)
def test_unicode_where_the_locale_has_it(environ: dict[str, str], encoding: str | None, unicode: bool) -> None:
    assert carries_unicode(environ, encoding) is unicode


@pytest.mark.parametrize(("value", "light"), [("0;15", True), ("15;0", False), ("0;default;7", True), ("", False)])
def test_a_light_background_is_what_the_terminal_says(value: str, light: bool) -> None:
    assert light_background({"COLORFGBG": value}) is light
