"""Writes Markdown (CommonMark with tables) that is also easy to read as plain text. Pure.

Texts from the wire are only put into code, where no markup, link or HTML works: see `code` and `fenced`.
"""

import re
from collections.abc import Sequence
from typing import Final

from view import cells

LONGEST: Final = 80
"""Cells of a text in a table."""
_BACKTICKS: Final = re.compile("`+")


def code(text: str) -> str:
    """Return any text as a code span on one line, cut in its middle if it is long."""
    shown = cells.cut_middle(cells.visible(text), LONGEST, "…") or " "
    marks = "`" * (_longest_run(shown) + 1)
    space = " " * ("`" in (shown[0], shown[-1]))
    return f"{marks}{space}{shown}{space}{marks}"


def fenced(*lines: str, language: str = "") -> list[str]:
    """Return any lines as a block of code."""
    shown = [cells.visible(line) for line in lines]
    marks = "`" * max(3, *(_longest_run(line) + 1 for line in shown))
    return [marks + language, *shown, marks]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return a table that is aligned in plain text too: the first `left` columns to the left, others to the right."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in (headings, *rows)]
    widths = [max(3, *map(cells.cells, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width if place < left else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    return [_row(line, widths, left) for line in (lines[0], rule, *lines[1:])]


def _row(line: Sequence[str], widths: Sequence[int], left: int) -> str:
    spaces = [" " * (width - cells.cells(cell)) for cell, width in zip(line, widths, strict=True)]
    padded = [cell + space for cell, space in zip(line[:left], spaces, strict=False)]
    padded += [space + cell for cell, space in zip(line[left:], spaces[left:], strict=True)]
    return f"| {' | '.join(padded)} |"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
