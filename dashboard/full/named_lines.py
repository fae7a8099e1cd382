"""Names and values, one below the other. Pure."""

from view import cells
from view.page import Line, Page, Piece, Style

NAMES = 20
"""Cells of the names."""


def named_lines(name: str, value: str, page: Page) -> list[Line]:
    """The value beside its name, cut anywhere into lines: targets have no words."""
    room = max(10, page.width - NAMES)
    parts: list[str] = []
    rest = value
    while rest or not parts:
        part = cells.cut_end(rest, room, "")
        parts.append(part)
        rest = rest[len(part) :]
    return [
        (Piece(f"{name if not place else '':<{NAMES}}", Style.QUIET), Piece(part)) for place, part in enumerate(parts)
    ]
