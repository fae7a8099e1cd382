"""Makes text safe to show, and cuts and pads it to a width in terminal cells. Pure.

Widths are those of wcwidth, so that wide characters, combining characters and emoji keep columns straight.
"""

import unicodedata

import wcwidth

MARKS = 3
"""Combining marks kept on one character; a pile of more would cover the lines above."""

INVISIBLE = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810)} | {0x034F, 0x17B4, 0x17B5}
"""Marks that show nothing, or change the width of the character before them: variation selectors and joiners."""
BLANK = {0x2800, 0x3164, 0xFFA0}
"""Printable letters that look like a space."""
RIGHT_TO_LEFT = {"R", "AL", "AN"}
"""Bidirectional classes that make some terminals swap the columns of a row."""


def visible(text: str, ascii_only: bool = False) -> str:
    r"""Escape every character that would not show or would move what is around it, as `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0  # that the last character can still take
    for character in text:
        if _is_mark(character):
            keep = marks > 0
            marks -= 1
        else:
            keep = _shows(character)
            marks = MARKS if keep else 0
        keep = keep and (character.isascii() or not ascii_only)
        shown.append(character if keep else _escaped(character))
    return "".join(shown)


def cells(text: str) -> int:
    """Count the cells that visible text takes."""
    return len(text) if text.isascii() else wcwidth.wcswidth(text)


def cut_end(text: str, width: int, ellipsis: str) -> str:
    """Cut the end off a text that is wider than `width` cells, and put an ellipsis there."""
    if cells(text) <= width:
        return text
    kept = _head(list(wcwidth.iter_graphemes(text)), width - len(ellipsis))
    return kept + ellipsis[: max(0, width)]


def cut_middle(text: str, width: int, ellipsis: str) -> str:
    """Cut the middle out of a text that is wider than `width` cells, and put an ellipsis there."""
    if cells(text) <= width:
        return text
    room = width - len(ellipsis)
    if room < 2:
        return cut_end(text, width, ellipsis)
    characters = list(wcwidth.iter_graphemes(text))
    tail = _head(characters[::-1], room // 2, backwards=True)
    return _head(characters, room - room // 2) + ellipsis + tail


def pad_right(text: str, width: int) -> str:
    """Pad a text with spaces to `width` cells."""
    return text + " " * (width - cells(text))


def _head(characters: list[str], width: int, backwards: bool = False) -> str:
    kept = ""
    for character in characters:
        longer = character + kept if backwards else kept + character
        if cells(longer) > width:
            break
        kept = longer
    return kept


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and ord(character) not in INVISIBLE


def _shows(character: str) -> bool:
    return (
        character.isprintable()
        and wcwidth.wcwidth(character) > 0
        and ord(character) not in BLANK
        and unicodedata.bidirectional(character) not in RIGHT_TO_LEFT
    )


def _escaped(character: str) -> str:
    if character.isascii():
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{ord(character):02x}")
    return character.encode("ascii", "backslashreplace").decode("ascii")
