"""What a View says about blocked clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from blocking.block import Block

LISTED: Final = 100
"""Blocks that a View lists, those that offended last."""


@dataclass(frozen=True)
class BlocksView:
    """Holds whom the front refuses, or would refuse in a dry run."""

    fronts: tuple[str, ...]
    """Names of the bouncers, as `nft`."""
    dry_run: bool
    current: int
    """Clients blocked now."""
    total: int
    """Clients blocked since the start."""
    blocks: tuple[Block, ...] = ()
    """Those that offended last, latest first."""
    spared: tuple[tuple[str, int], ...] = ()
    """Offences that blocked nobody, and blocks that made room for others, by reason."""


def blocks_view(
    fronts: Sequence[str], blocks: Sequence[Block], total: int, spared: dict[str, int], *, dry_run: bool
) -> BlocksView:
    """Return the view of these blocks, of which the last ones offended last."""
    listed = tuple(blocks[: -LISTED - 1 : -1])
    return BlocksView(tuple(fronts), dry_run, len(blocks), total, listed, tuple(spared.items()))
