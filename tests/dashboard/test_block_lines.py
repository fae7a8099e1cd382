"""Blocked clients on the console, in lines, and in the summary."""

from dataclasses import replace
from datetime import timezone

from view_samples import CALM

from blocking.block import Block, Blocked, Extended, Lifted, Why
from dashboard.block_lines import blocked_lines
from dashboard.console import render
from dashboard.lines import block_line
from dashboard.summary import summary
from view.blocks import LISTED, BlocksView, blocks_view
from view.page import Page

NOW = CALM.now
BLOCK = Block("203.0.113.7", NOW - 60, NOW + 540, "path_scan", "medium", "asked for 30 missing paths", "203.0.113.7")
BLOCKS = BlocksView(
    ("nft",),
    True,
    3,
    5,
    (BLOCK, replace(BLOCK, network="2001:db8::/64", note="through a proxy")),
    (("never blocked", 4),),
)
VIEW = replace(CALM, blocks=BLOCKS)


def shown(height: int | None) -> list[str]:
    return ["".join(piece.text for piece in line) for line in blocked_lines(VIEW, Page(100, height))]


def test_the_console_lists_them() -> None:
    assert shown(None) == [
        "Would be blocked (nft)   3 now   5 since the start   4 never blocked",
        "  203.0.113.7          9 min left  path_scan: asked for 30 missing paths",
        "  2001:db8::/64        9 min left  path_scan: asked for 30 missing paths (through a proxy)",
        "  and 1 more",
    ]
    assert len(shown(24)) == 4
    assert shown(12)[-1] == "  and 2 more"
    assert "would block 3" in render(VIEW, 120, colour=False)
    assert "lock" not in render(CALM, 120, colour=False).lower().replace("clock", "")


def test_the_summary_counts_them() -> None:
    assert "Blocked   5 blocks in a dry run: no front was told" in summary(VIEW)
    assert "Blocked   5 blocks by nft" in summary(replace(VIEW, blocks=replace(BLOCKS, dry_run=False)))


def test_lines_tell_blocks_and_their_ends_but_not_the_end_of_the_run() -> None:
    zone = timezone.utc
    assert block_line(Blocked(NOW, BLOCK), zone).endswith(
        "Blocked 203.0.113.7 for 540 s: path_scan: asked for 30 missing paths"
    )
    assert "its time is over" in block_line(Lifted(NOW, BLOCK, Why.EXPIRED), zone)
    assert block_line(Lifted(NOW, BLOCK, Why.ENDED), zone) == ""
    assert block_line(Extended(NOW, BLOCK), zone) == ""
    assert "\x1b" not in block_line(Blocked(NOW, replace(BLOCK, reason="\x1b[2J")), zone)


def test_a_view_lists_the_latest() -> None:
    many = [replace(BLOCK, network=str(number)) for number in range(LISTED + 5)]
    view = blocks_view(["nft"], many, 200, {}, dry_run=False)
    assert (view.current, len(view.blocks), view.blocks[0].network) == (LISTED + 5, LISTED, str(LISTED + 4))
