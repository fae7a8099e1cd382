"""Blocked clients on the console: how many there are, and those that offended last. Pure."""

from blocking.block import Block
from view import figures
from view.blocks import BlocksView
from view.page import Line, Page, Piece, Style
from view.view import View

SHARE = 12
"""On a screen, one line in this many may list blocks."""


def blocked_lines(view: View, page: Page) -> list[Line]:
    """Say how many clients are blocked, then list those that offended last; on a screen, as many as fit."""
    blocks = view.blocks
    if blocks is None:
        return []
    most = len(blocks.blocks) if page.height is None else max(1, page.height // SHARE)
    shown = blocks.blocks[:most]
    lines = [page.fit([(Piece(heading(blocks), Style.HEADING),), *((Piece(each),) for each in account(blocks))])]
    lines += [(Piece("  "), *block_line(block, view.now, page)) for block in shown]
    if hidden := blocks.current - len(shown):
        lines.append((Piece(f"  and {figures.count(hidden)} more", Style.QUIET),))
    return lines


def heading(blocks: BlocksView) -> str:
    """Return what is done to the clients, and by which fronts."""
    return f"{'Would be blocked' if blocks.dry_run else 'Blocked'} ({', '.join(blocks.fronts)})"


def account(blocks: BlocksView) -> list[str]:
    """Say how many there are, and how many offences blocked nobody."""
    said = [f"{figures.count(blocks.current)} now", f"{figures.count(blocks.total)} since the start"]
    return [*said, *(f"{figures.count(times)} {why}" for why, times in blocks.spared)]


def block_line(block: Block, now: float, page: Page) -> Line:
    """Describe a block: whom, for how long, and why."""
    left = f"{figures.duration(block.left(now))} left"
    said = f"{block.rule}: {block.reason}" + (f" ({block.note})" if block.note else "")
    start = f"{page.text(block.network):<18} {left:>12}  "
    return (
        Piece(start, Style.NAME),
        Piece(page.text(said, max(10, page.width - len(start) - 2)), Style.ALARM if block.note else Style.PLAIN),
    )
