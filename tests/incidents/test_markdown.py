"""Any text becomes code that a Markdown reader shows literally."""

from hypothesis import given, strategies

from incidents.markdown import code, fenced, table


def test_a_text_becomes_a_code_span() -> None:
    assert code("shop.example.com/cart_*item*") == "`shop.example.com/cart_*item*`"


def test_backticks_in_a_text_do_not_end_it() -> None:
    assert code("a`b``c") == "```a`b``c```"
    assert code("`x`") == "`` `x` ``"


def test_lines_and_invisible_characters_are_escaped() -> None:
    assert code("a\nb\x1b[31m\u202e") == r"`a\nb\x1b[31m\u202e`"


def test_an_empty_text_is_a_span_too() -> None:
    assert code("") == "` `"


def test_a_long_text_loses_its_middle() -> None:
    assert len(code("x" * 500)) == 82


def test_a_block_outlasts_the_fences_in_its_lines() -> None:
    assert fenced("a", "````", "b") == ["`````", "a", "````", "b", "`````"]
    assert fenced("a\n```\nb") == ["````", r"a\n```\nb", "````"]


def test_a_table_is_aligned_and_its_cells_have_no_bars() -> None:
    assert table(("", "hits"), [("`a|b`", "1,204"), ("`c`", "7")]) == [
        r"|        |  hits |",
        r"| ------ | ----: |",
        r"| `a\|b` | 1,204 |",
        r"| `c`    |     7 |",
    ]


@given(strategies.text())
def test_no_text_ends_its_span(text: str) -> None:
    span = code(text)
    marks = span[: len(span) - len(span.lstrip("`"))]
    inside = span[len(marks) : -len(marks)]
    assert span.endswith(marks)
    assert "\n" not in span
    assert marks not in inside.replace("`" * (len(marks) + 1), "")
