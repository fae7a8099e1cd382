"""The page of `b`: the clients that a front refuses, one of which can be lifted."""

from collections.abc import Sequence

from blocking.block import Block
from dashboard.block_lines import account, block_line, heading
from dashboard.full.desk import Scene
from dashboard.full.keys import BLOCKS
from dashboard.full.paint import ScreenPage
from dashboard.full.program_screen import bindings
from dashboard.full.state import ScreenState
from dashboard.full.text_screens import TextScreen
from store.filtering.narrowing import term
from view import cells
from view.page import EMPTY, Line, Piece, Style
from view.view import View

HEADING = 2
"""Lines above the list."""
NONE = "nobody is blocked"
OFF = "no front is told whom to refuse; restart with --block: see docs/protecting.md"


def block_page(view: View, chosen: int, page: ScreenPage) -> list[Line]:
    """List the blocks; the chosen one stands out, and is explained below the list."""
    blocks = view.blocks
    if blocks is None:
        return [(Piece(OFF, Style.QUIET),)]
    title: Line = (Piece(heading(blocks), Style.HEADING), *(Piece(f"   {each}") for each in account(blocks)))
    lines = [title, EMPTY]
    for place, block in enumerate(blocks.blocks):
        line = block_line(block, view.now, page)
        lines.append(_chosen(line, page) if place == chosen else line)
    if not blocks.blocks:
        return [*lines, (Piece(NONE, Style.QUIET),)]
    return [*lines, EMPTY, *_about(blocks.blocks[chosen], page)]


def _about(block: Block, page: ScreenPage) -> list[Line]:
    """Say all about a block."""
    lines: list[Line] = []
    facts = (
        ("Blocked", block.network),
        ("Since", page.moment(block.since)),
        ("Until", f"{page.moment(block.until)}, unless it offends again"),
        ("Offences", str(block.offences)),
        ("Rule", f"{block.rule} ({block.severity})"),
        ("Reason", block.reason),
        *((("Attention", block.note),) if block.note else ()),
    )
    for name, value in facts:
        lines += page.named(name, page.text(value))
    return lines


def _chosen(line: Line, page: ScreenPage) -> Line:
    return (Piece(cells.pad_right("".join(piece.text for piece in line), page.width), Style.CURSOR),)


class BlockScreen(TextScreen):
    """Lists the blocks, and lifts the selected one."""

    KEYS = BLOCKS
    BINDINGS = bindings(BLOCKS)

    def __init__(self, state: ScreenState) -> None:
        super().__init__(state)
        self._network = ""
        """The selected block: it keeps the selection while others come and go."""
        self._place = 0

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """List the blocks."""
        if scene is None:
            return ()
        networks = self._networks()
        if self._network in networks:
            self._place = networks.index(self._network)
        self._place = max(0, min(self._place, len(networks) - 1))
        self._network = networks[self._place] if networks else ""
        return block_page(scene.view, self._place, page)

    def _networks(self) -> list[str]:
        scene = self.state.scene
        blocks = scene.view.blocks if scene is not None else None
        return [block.network for block in blocks.blocks] if blocks is not None else []

    def action_move(self, by: int) -> None:
        """Select another block, and scroll to it."""
        networks = self._networks()
        self._place = max(0, min(self._place + by, len(networks) - 1))
        self._network = networks[self._place] if networks else ""
        line = self._place + HEADING
        self.first = min(max(self.first, line + 2 - self.body.size.height), line if self._place else 0)
        self.draw()

    def action_first(self) -> None:
        """Select the first block."""
        self.action_move(-self._place)

    def action_last(self) -> None:
        """Select the last block."""
        self.action_move(len(self._networks()))

    def term(self) -> str:
        """Return the filter's term for the selected client."""
        return term("client", self._network) if self._network and "/" not in self._network else ""

    def action_lift(self) -> None:
        """Lift the selected block."""
        network = self._network
        if network and self.state.desk.lift(network):
            self.tell(f"no longer blocked: {network}")
        else:
            self.say(NONE)
