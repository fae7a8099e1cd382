import re

from view.page import Line, Page, Piece, Style

ITEMS: list[Line] = [(Piece("one"),), (Piece("two"),), (Piece("three"),)]


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_items_flow_to_the_next_line_where_they_do_not_fit() -> None:
    assert plain(Page(17).flow(ITEMS)) == ["one   two   three"]
    assert plain(Page(16).flow(ITEMS, indent=2)) == ["one   two", "  three"]
    assert plain(Page(3).flow(ITEMS)) == ["one", "two", "three"]
    assert plain(Page(3).flow([])) == []


def test_one_line_takes_what_fits_and_the_first_item_always() -> None:
    assert plain([Page(width).fit(ITEMS) for width in (17, 16, 9, 2)]) == [
        "one   two   three",
        "one   two",
        "one   two",
        "one",
    ]


def test_a_sentence_breaks_between_words_and_keeps_its_style() -> None:
    assert Page(9).wrap("eth0 is down", Style.WARNING, indent=2) == [
        (Piece("eth0 is", Style.WARNING),),
        (Piece("  down", Style.WARNING),),
    ]


def test_a_line_that_is_too_long_is_cut_and_says_so() -> None:
    line = (Piece("dropped ", Style.NAME), Piece("1,204", Style.ALARM), Piece(" packets"))
    assert Page(40).paint(line, colour=False) == " dropped 1,204 packets"
    assert Page(15).paint(line, colour=False) == " dropped 1,204 …"
    assert Page(10).paint(line, colour=False) == " dropped 1…"
    assert Page(13).paint(line, colour=False) == " dropped 1,20…"
    assert Page(10, ascii_only=True).paint(line, colour=False) == " dropped..."


def test_nothing_is_written_behind_the_last_visible_character() -> None:
    assert Page(40).paint((Piece("text  "), Piece("   ", Style.CHART)), colour=True) == " text"
    assert Page(40).paint((Piece("   "),), colour=False) == ""


def test_colour_changes_no_character() -> None:
    line = (Piece("ALERT", Style.BANNER), Piece("  "), Piece("now 3", Style.QUIET))
    coloured = Page(40).paint(line, colour=True)
    assert coloured.count("\x1b[0m") == 2
    assert re.sub(r"\x1b\[\d*m", "", coloured) == Page(40).paint(line, colour=False)
